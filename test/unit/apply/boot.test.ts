import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readGeneration } from '../../../src/apply/generation.js';
import { type ApplyTimer, apply, clear, recover, restoreAtBoot, rollback } from '../../../src/apply/index.js';
import { nowhere, readPosition, writePosition } from '../../../src/apply/position.js';
import type { Link, Links } from '../../../src/bridges/index.js';
import { Failure } from '../../../src/diagnostics/index.js';
import { FakeRoute } from '../../../src/netlink/index.js';
import { rebuildRuleset, ruleDigest } from '../../../src/ruleset/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { bareLink } from '../../support/bare-link.js';
import { portRule, tableOf } from './random-ruleset.js';
import { TestKernel } from './test-kernel.js';
import { type TestWorld, testWorld } from './test-world.js';

const author = { user: 'anna', version: '0.1.0' };
const MAX = 'net.netfilter.nf_conntrack_max';
const position = '/var/lib/ringwall/position.json';
const copy = '/var/lib/ringwall/position-copy.json';
const fileOf = (generation: number, name: string) => `/var/lib/ringwall/generations/${generation}/${name}`;
const origin = { file: 'etc/network/interfaces', line: 1 };

/** Each generation has a rule for the port of its number. */
async function applied(count: number, links: Links | null = null): Promise<TestWorld> {
  const world = testWorld();
  for (let port = 1; port <= count; port += 1) await applyPort(world, port, links);
  return world;
}

const applyPort = (world: TestWorld, port: number, links: Links | null = null, timer?: ApplyTimer) =>
  apply(world, {
    firewall: {
      ruleset: { tables: [tableOf([{ name: 'in', rules: [portRule(port), portRule(port + 50)] }])] },
      sysctls: [{ name: MAX, value: 1000 + port, origin }],
    },
    links,
    sources: new Map(),
    node: 'pve1',
    author,
    timer,
  });

/** The same records over a kernel that has just started. */
const rebooted = (world: TestWorld, route = new FakeRoute()): TestWorld => ({
  ...world,
  nftables: new TestKernel(),
  sysctls: new FakeSysctls(),
  route,
});

async function portsOf({ nftables }: TestWorld): Promise<number[]> {
  const known = new Map(Array.from({ length: 100 }, (_, port) => [ruleDigest(portRule(port)), port]));
  return (await nftables.read()).tables.flatMap(({ chains }) =>
    chains.flatMap(({ rules }) => rules.map(({ digest }) => known.get(digest ?? '') ?? -1)),
  );
}

const failureOf = async (act: () => Promise<unknown>): Promise<Failure> => {
  try {
    await act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

const damage = ({ files }: TestWorld, path: string): void => files.writeAtomically(path, '{');

describe('after a boot', () => {
  test('the rules come from the batch and nothing is compared; the settings follow', async () => {
    const world = rebooted(await applied(2));
    expect(await restoreAtBoot(world)).toEqual({ generation: 2, confirmed: 2, warnings: [] });
    expect(await portsOf(world)).toEqual([2, 52]);
    expect([world.nftables.loads, world.nftables.commits.length]).toEqual([1, 0]);
    expect(world.sysctls.read(MAX)?.value).toBe(1002);
    expect(readPosition(world.state).current).toBe(2);
  });

  test('it is done again without harm, and over whatever the kernel holds', async () => {
    const world = rebooted(await applied(2));
    await restoreAtBoot(world);
    await world.nftables.addForeignRule({ family: 'inet', name: 'ringwall' }, 'in', portRule(9), 0);
    expect(await restoreAtBoot(world)).toEqual({ generation: 2, confirmed: 2, warnings: [] });
    expect(await portsOf(world)).toEqual([2, 52]);
  });

  test('what a run that was killed had begun to write is removed', async () => {
    const world = rebooted(await applied(1));
    const begun = [`${position}.new-77`, `${copy}.new-77`];
    for (const path of begun) world.files.writeAtomically(path, '{"current":');
    expect(await restoreAtBoot(world)).toEqual({ generation: 1, confirmed: 1, warnings: [] });
    expect([...world.files.dump().keys()].filter((path) => begun.includes(path))).toEqual([]);
  });

  test('the generation that was gone back to comes back, and that of a clear', async () => {
    const world = await applied(3);
    await rollback(world, { generation: 1, author });
    const first = rebooted(world);
    expect((await restoreAtBoot(first)).generation).toBe(1);
    expect(await portsOf(first)).toEqual([1, 51]);
    await clear(first, author);
    const second = rebooted(first);
    expect(await restoreAtBoot(second)).toEqual({ generation: 4, confirmed: 4, warnings: [] });
    expect((await second.nftables.read()).tables).toEqual([]);
  });

  test('without anything applied there is nothing to restore', async () => {
    expect(await restoreAtBoot(testWorld())).toEqual({ generation: null, confirmed: null, warnings: [] });
    const empty = testWorld();
    empty.files.makeDirectory('/var/lib/ringwall');
    expect(await restoreAtBoot(empty)).toEqual({ generation: null, confirmed: null, warnings: [] });
  });

  test('a run that was cut short before its generation was in force is dropped', async () => {
    const world = rebooted(await applied(2));
    writePosition(world.state, {
      ...readPosition(world.state),
      current: 1,
      confirmed: 1,
      applying: { generation: 2, action: 'apply', rules: null, links: false },
    });
    expect(await restoreAtBoot(world)).toEqual({ generation: 1, confirmed: 1, warnings: [] });
    expect(await portsOf(world)).toEqual([1, 51]);
    expect(readPosition(world.state).applying).toBeNull();
    expect(world.files.list('/var/lib/ringwall/generations')).toEqual(['1']);
  });
});

describe('a pending change', () => {
  const pendingOf = (back: number | null) => ({
    generation: 2,
    back,
    bootId: 'earlier',
    deadline: 1,
    until: '2026-01-01T00:00:00.000Z',
  });

  test('is dropped for what was confirmed', async () => {
    const world = rebooted(await applied(2));
    writePosition(world.state, { ...readPosition(world.state), confirmed: 1, pending: pendingOf(1) });
    expect(await restoreAtBoot(world)).toEqual({ generation: 1, confirmed: 1, warnings: [] });
    expect(await portsOf(world)).toEqual([1, 51]);
    expect(readPosition(world.state)).toMatchObject({ current: 1, confirmed: 1, pending: null, unconfirmed: [2] });
  });

  test('is never what is restored, whatever is damaged', async () => {
    const world = rebooted(await applied(3));
    damage(world, fileOf(1, 'meta.json'));
    writePosition(world.state, { ...readPosition(world.state), confirmed: 1, pending: pendingOf(1), unconfirmed: [3] });
    expect((await failureOf(() => restoreAtBoot(world))).code).toBe('nothing-restored');
  });

  test('before which nothing was kept leaves nothing, in a kernel that was not started anew, either', async () => {
    const world = await applied(2);
    writePosition(world.state, { ...readPosition(world.state), confirmed: null, pending: pendingOf(null) });
    expect(await restoreAtBoot(world)).toEqual({ generation: null, confirmed: null, warnings: [] });
    expect((await world.nftables.read()).tables).toEqual([]);
    expect(readPosition(world.state)).toMatchObject({ current: null, confirmed: null, pending: null });
  });

  test('that was the first of all and was cut short before it was stored is dropped, too', async () => {
    const world = testWorld();
    world.files.makeDirectory('/var/lib/ringwall');
    writePosition(world.state, {
      ...nowhere,
      applying: { generation: 1, action: 'apply', rules: null, links: false },
      pending: { ...pendingOf(null), generation: 1, deadline: null },
    });
    expect(await restoreAtBoot(world)).toEqual({ generation: null, confirmed: null, warnings: [] });
    expect(readPosition(world.state)).toEqual(nowhere);
  });
});

describe('when something is damaged', () => {
  const notTaken = 'the kernel does not take rules.batch of generation 2 (EOPNOTSUPP)';

  test('a batch this kernel refuses is no obstacle: the rules are planned anew', async () => {
    const world = rebooted(await applied(2));
    const errors = [{ operation: null, errno: 'EOPNOTSUPP', detail: null }];
    world.nftables.beforeLoad = async () => ({ ok: false, reason: 'refused', errors });
    expect(await restoreAtBoot(world)).toEqual({ generation: 2, confirmed: 2, warnings: [notTaken] });
    expect(await portsOf(world)).toEqual([2, 52]);
  });

  test('it is packed', async () => {
    const world = await applied(2);
    const { nftables, state } = world;
    const { firewall } = readGeneration(state, 2);
    const whole = await nftables.encode(rebuildRuleset(firewall?.ruleset ?? { tables: [] }), null);
    const stored = world.files.read(fileOf(2, 'rules.batch')) ?? new Uint8Array();
    expect(gunzipSync(stored)).toEqual(Buffer.from(whole));
    expect(stored.length).toBeLessThan(whole.length);
  });

  test('nor is one that cannot be read', async () => {
    const world = rebooted(await applied(2));
    damage(world, fileOf(2, 'rules.batch'));
    expect(await restoreAtBoot(world)).toEqual({
      generation: 2,
      confirmed: 2,
      warnings: [`${fileOf(2, 'rules.batch')} is damaged: it is not what was written: its checksum is wrong`],
    });
    expect(await portsOf(world)).toEqual([2, 52]);
  });

  test('what is left of a generation without its rules is passed over for the newest before it', async () => {
    const world = rebooted(await applied(4));
    damage(world, fileOf(4, 'meta.json'));
    damage(world, fileOf(3, 'rules.batch'));
    damage(world, fileOf(3, 'ruleset.json'));
    const { generation, confirmed, warnings } = await restoreAtBoot(world);
    expect([generation, confirmed]).toEqual([2, 4]);
    expect(warnings.map((warning) => warning.replace(/ is damaged: .*/, ''))).toEqual([
      fileOf(4, 'meta.json'),
      fileOf(3, 'rules.batch'),
      fileOf(3, 'ruleset.json'),
    ]);
    expect(await portsOf(world)).toEqual([2, 52]);
    expect(readPosition(world.state).current).toBe(2);
  });

  test('and where there is none before it, for one after it', async () => {
    const world = await applied(3);
    await rollback(world, { generation: 1, author });
    const again = rebooted(world);
    damage(again, fileOf(1, 'meta.json'));
    expect((await restoreAtBoot(again)).generation).toBe(2);
  });

  test('settings that cannot be read are a warning', async () => {
    const world = rebooted(await applied(2));
    damage(world, fileOf(2, 'settings.json'));
    const { generation, warnings } = await restoreAtBoot(world);
    expect([generation, warnings.length]).toEqual([2, 1]);
    expect(warnings[0]).toContain('settings.json is damaged');
  });

  test.each([
    ['cut short', (w: TestWorld) => damage(w, position), 'its checksum is wrong or missing'],
    ['gone', (w: TestWorld) => w.files.remove(position), 'it is missing'],
    [
      'with another number in it',
      (w: TestWorld) => {
        const text = Buffer.from(w.files.read(position) ?? []).toString();
        w.files.writeAtomically(position, text.replace('"confirmed":1', '"confirmed":2'));
      },
      'its checksum is wrong or missing',
    ],
  ])('a position %s is that of its copy, and is mended', async (_what, spoil, reason) => {
    const world = await applied(3);
    await rollback(world, { generation: 1, author });
    const again = rebooted(world);
    const text = again.files.dump().get(position);
    spoil(again);
    const { generation, confirmed, warnings } = await restoreAtBoot(again);
    expect([generation, confirmed, warnings.length]).toEqual([1, 1, 1]);
    expect(warnings[0]).toMatch(new RegExp(`^${position} is damaged: .*${reason}$`));
    expect(again.files.dump().get(position)).toBe(text);
  });

  test('a copy that is damaged is mended by the next run', async () => {
    const world = await applied(2);
    const text = world.files.dump().get(copy);
    damage(world, copy);
    expect(await restoreAtBoot(rebooted(world))).toMatchObject({ generation: 2, warnings: [] });
    damage(world, copy);
    await recover(world);
    expect(world.files.dump().get(copy)).toBe(text);
  });

  test('when both are damaged, the newest generation that needed no confirming is restored', async () => {
    const world = await applied(2);
    const timer = { seconds: 60, extend: false, startWatchmen: async () => {} };
    await applyPort(world, 3, null, timer);
    for (const path of [position, copy]) damage(world, path);
    const again = rebooted(world);
    expect(await restoreAtBoot(again)).toMatchObject({ generation: 2, confirmed: null });
    expect(readPosition(again.state)).toMatchObject({ current: 2, confirmed: 2, pending: null, unconfirmed: [3] });
  });

  test('and none where all were on trial', async () => {
    const world = testWorld();
    await applyPort(world, 1, null, { seconds: 60, extend: false, startWatchmen: async () => {} });
    for (const path of [position, copy]) damage(world, path);
    const again = rebooted(world);
    expect((await failureOf(() => restoreAtBoot(again))).code).toBe('nothing-restored');
    expect((await again.nftables.read()).tables).toEqual([]);
  });

  test('so is a host that has lost all its generations', async () => {
    const world = rebooted(await applied(2));
    world.files.remove('/var/lib/ringwall/generations');
    expect((await failureOf(() => restoreAtBoot(world))).code).toBe('nothing-restored');
  });

  test('when nothing can be restored it says why', async () => {
    const world = rebooted(await applied(2));
    for (const generation of [1, 2]) damage(world, fileOf(generation, 'meta.json'));
    const { code, message } = await failureOf(() => restoreAtBoot(world));
    expect(code).toBe('nothing-restored');
    expect(message).toContain(fileOf(1, 'meta.json'));
    expect(message).toContain(fileOf(2, 'meta.json'));
  });

  test('records that cannot be written keep nothing from being restored', async () => {
    const world = rebooted(await applied(2));
    world.files.trouble.changesLeft = { count: 0, errno: 'EROFS', once: false };
    const { generation, warnings } = await restoreAtBoot(world);
    expect([generation, warnings.length]).toEqual([2, 1]);
    expect(await portsOf(world)).toEqual([2, 52]);
  });

  test('another run is waited for by nobody', async () => {
    const world = rebooted(await applied(1));
    const lock = world.files.lock('/var/lib/ringwall/lock');
    expect((await failureOf(() => restoreAtBoot(world))).code).toBe('locked');
    if (lock.held) lock.release();
  });

  test('any file cut short at any 64th byte gives that generation or the one before it, whole', async () => {
    const original = await applied(2);
    const paths = [...original.files.dump()].flatMap(([path, text]) =>
      text !== null && path.startsWith('/var/lib/ringwall/') && !path.endsWith('/lock') ? [path] : [],
    );
    expect(paths.length).toBeGreaterThan(8);
    const before = readPosition(original.state);
    let restored = 0;
    for (const path of paths) {
      const whole = original.files.read(path) ?? new Uint8Array();
      for (let length = 0; length < whole.length; length += 64) {
        const world = rebooted(original);
        world.files.writeAtomically(path, whole.subarray(0, length));
        const { generation } = await restoreAtBoot(world);
        expect(await portsOf(world)).toEqual(generation === 2 ? [2, 52] : [1, 51]);
        if (generation === 1) expect(path).toBe(fileOf(2, 'meta.json'));
        world.files.writeAtomically(path, whole);
        writePosition(world.state, before);
        restored += 1;
      }
    }
    expect(restored).toBeGreaterThan(paths.length);
  });
});

describe('links', () => {
  const host = (...names: string[]) =>
    new FakeRoute({
      links: [{ ...bareLink('lo', 1), up: true }, ...names.map((name, index) => bareLink(name, index + 2))],
      addresses: [],
      routes: [],
      forwarding: [],
    });
  const common = { origin, start: 'auto', addresses: [], gateways: [] } as const;
  const vlan = (parent: string, id: number): Link => ({
    ...common,
    kind: 'vlan',
    name: `${parent}.${id}`,
    parent: { name: parent, origin },
    id,
    protocol: '802.1q',
  });
  const desired: Links = {
    links: [
      { ...common, kind: 'physical', name: 'en0' },
      { ...common, kind: 'physical', name: 'en1' },
      vlan('en0', 5),
      vlan('en1', 6),
      { ...vlan('en1.6', 7), name: 'en1.6.7' },
    ],
    guestPorts: [],
    unmanaged: [],
  };
  const namesOf = async ({ route }: TestWorld) => (await route.read()).links.map(({ name }) => name);

  test('are brought where all hardware is there', async () => {
    const world = { ...testWorld(), route: host('en0', 'en1') };
    await applyPort(world, 1, desired);
    const again = rebooted(world, host('en0', 'en1'));
    expect(await restoreAtBoot(again)).toEqual({ generation: 1, confirmed: 1, warnings: [] });
    expect(await namesOf(again)).toEqual(['lo', 'en0', 'en1', 'en0.5', 'en1.6', 'en1.6.7']);
    expect((await again.route.read()).links.every(({ up }) => up)).toBe(true);
  });

  test('whose hardware is not there yet are left out, with what stands on them', async () => {
    const world = { ...testWorld(), route: host('en0', 'en1') };
    await applyPort(world, 1, desired);
    const again = rebooted(world, host('en0'));
    expect(await restoreAtBoot(again)).toEqual({
      generation: 1,
      confirmed: 1,
      warnings: [
        'en1: is not there',
        'en1.6: cannot be made: en1 is not there',
        'en1.6.7: cannot be made: en1.6 is not there',
      ],
    });
    expect(await namesOf(again)).toEqual(['lo', 'en0', 'en0.5']);
    expect(await portsOf(again)).toEqual([1, 51]);
  });

  test('that the kernel refuses leave the rules in force', async () => {
    const world = { ...testWorld(), route: host('en0', 'en1') };
    await applyPort(world, 1, desired);
    const route = host('en0', 'en1');
    const failure = new Failure('route-refused', 'no: EPERM');
    route.perform = async () => ({ tried: 1, refusal: { place: 0, failure } });
    const again = rebooted(world, route);
    const { generation, warnings } = await restoreAtBoot(again);
    expect([generation, warnings.length]).toEqual([1, 1]);
    expect(warnings[0]).toContain('no: EPERM');
    expect(await portsOf(again)).toEqual([1, 51]);
  });
});
