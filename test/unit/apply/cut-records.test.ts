import { expect, test } from 'vitest';
import {
  apply,
  clear,
  counters,
  history,
  preview,
  recover,
  rollback,
  status,
  type World,
} from '../../../src/apply/index.js';
import { desiredLinks, type Links } from '../../../src/bridges/index.js';
import { Failure } from '../../../src/diagnostics/index.js';
import { memoryFiles } from '../../../src/ports/index.js';
import { ruleDigest } from '../../../src/ruleset/index.js';
import { readSite } from '../../../src/site/index.js';
import { portRule, tableOf } from './random-ruleset.js';
import { type TestWorld, testWorld } from './test-world.js';

const author = { user: 'anna', version: '0.1.0' };
const STEP = 64;

const interfaces = (address: string): Links => {
  const text = `auto vmbr0\niface vmbr0 inet static\n\taddress ${address}/24\n\tbridge-ports none\n`;
  const files = memoryFiles({ '/etc/network/interfaces': text });
  return desiredLinks(readSite(files, { root: '/', hostname: 'pve1', now: 0 }).site).links;
};

const links = [1, 2, 3, 4].map((number) => interfaces(`192.0.2.${number}`));

const wanted = (number: number) => ({
  firewall: { ruleset: { tables: [tableOf([{ name: 'in', rules: [portRule(number, 1)] }])] }, sysctls: [] },
  links: links[number - 1] ?? null,
});
const request = (number: number) => ({ ...wanted(number), sources: new Map([['a.fw', 'x']]), node: 'pve1', author });

async function settled(): Promise<TestWorld> {
  const world = testWorld();
  await apply(world, request(1));
  await apply(world, request(2));
  return world;
}

/** A third change whose run ended as if the power went, after the first of its steps. */
async function cutShort(): Promise<TestWorld> {
  const world = await settled();
  const { route } = world;
  const broken: World['route'] = {
    read: () => route.read(),
    perform: async (operations, excuse) => {
      await route.perform(operations.slice(0, 1), excuse);
      throw new Error('the power went');
    },
    apply: (operation) => route.apply(operation),
    rename: (link, name) => route.rename(link, name),
    move: (link, to) => route.move(link, to),
    close: () => route.close(),
  };
  await expect(apply({ ...world, route: broken }, request(3))).rejects.toThrow('the power went');
  return world;
}

/** A third change that nobody confirmed in its time, and that is still in force. */
async function notConfirmed(): Promise<TestWorld> {
  const world = await settled();
  await apply(world, { ...request(3), timer: { seconds: 0, extend: false, startWatchmen: async () => {} } });
  return world;
}

/** The number of the generation whose rules the kernel holds, 0 for none, and those whose addresses are there. */
async function held({ nftables, route }: TestWorld): Promise<{ rules: number; links: number[] }> {
  const [table] = (await nftables.read()).tables;
  const digests = table?.chains.flatMap(({ rules }) => rules.map(({ digest }) => digest)) ?? [];
  expect(digests.length).toBeLessThanOrEqual(1);
  const rules = [1, 2, 3, 4].find((number) => digests.includes(ruleDigest(portRule(number, 1)))) ?? 0;
  const { addresses } = await route.read();
  return { rules, links: addresses.map(({ address }) => Number(address.split('.').at(-1))) };
}

const commands: Readonly<Record<string, (world: TestWorld) => unknown>> = {
  plan: (world) => preview(world, wanted(4)),
  apply: (world) => apply(world, request(4)),
  rollback: (world) => rollback(world, { author }),
  'rollback 1': (world) => rollback(world, { generation: 1, author }),
  clear: (world) => clear(world, author),
  recover: (world) => recover(world),
  status: (world) => status(world),
  counters: (world) => counters(world, wanted(4).firewall.ruleset),
  history: ({ state }) => history(state),
};

/** What each of them may leave in the kernel when it works. */
const leaves: Readonly<Record<string, readonly number[]>> = {
  apply: [4],
  'rollback 1': [1],
  clear: [0],
  recover: [2, 3],
};

test.each([
  ['settled', settled],
  ['of a run that was cut short', cutShort],
  ['of a change that was not confirmed', notConfirmed],
] as const)(
  'records %s, each cut at every 64th byte: a command works or says what is damaged',
  async (_what, make) => {
    const whole = (await make()).files.dump();
    const records = [...whole].filter(([path, text]) => path.startsWith('/var/lib/ringwall/') && text);
    const outcomes = { worked: 0, refused: 0 };
    for (const [path, text] of records) {
      for (let length = 0; length < (text?.length ?? 0); length += STEP) {
        for (const [name, command] of Object.entries(commands)) {
          const world = await make();
          world.files.writeAtomically(path, world.files.read(path)?.subarray(0, length) ?? '');
          const before = await held(world);
          const failure: unknown = await Promise.resolve()
            .then(() => command(world))
            .then(
              () => null,
              (error: unknown) => error,
            );
          const after = await held(world);
          const told = `${name} with ${path} cut at ${length}: ${failure}`;
          if (failure === null) {
            outcomes.worked += 1;
            // A run that was cut short is settled first, so the rules may go back to what they were.
            expect(leaves[name] ?? [1, 2, 3, before.rules], told).toContain(after.rules);
            if (name === 'apply') expect(after.links, told).toContain(4);
            // Where nobody can tell any more what was there before, what has come stays.
            if (name === 'recover' && !path.includes('generations/2'))
              expect(after, told).toEqual({ rules: 2, links: [2] });
          } else {
            outcomes.refused += 1;
            expect(failure, told).toBeInstanceOf(Failure);
            expect(failure, told).toMatchObject({ code: expect.stringMatching(/^(damaged-file|no-generation)$/) });
            expect([2, 3], told).toContain(after.rules);
          }
        }
      }
    }
    expect(records.length).toBeGreaterThanOrEqual(13);
    expect(outcomes.worked).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(100);
  },
  240_000,
);
