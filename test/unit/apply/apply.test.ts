import { describe, expect, test } from 'vitest';
import { storedGenerations } from '../../../src/apply/generation.js';
import {
  apply as bringKernel,
  clear,
  fitToKernel,
  history,
  readSources,
  rollback,
  status,
  type World,
} from '../../../src/apply/index.js';
import { readPosition } from '../../../src/apply/position.js';
import { settle } from '../../../src/apply/settle.js';
import { Failure } from '../../../src/diagnostics/index.js';
import { FakeRoute } from '../../../src/netlink/index.js';
import { type MemoryFiles, memoryClock, memoryFiles, memoryProcesses } from '../../../src/ports/index.js';
import {
  type Operation,
  type Rule,
  type Ruleset,
  ruleDigest,
  type TransactionResult,
} from '../../../src/ruleset/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { helperRule, portRule, tableOf } from './random-ruleset.js';
import { TestKernel } from './test-kernel.js';

interface TestWorld extends World {
  readonly nftables: TestKernel;
  readonly sysctls: FakeSysctls;
  readonly files: MemoryFiles;
}

function world(): TestWorld {
  const files = memoryFiles({ '/var/lib/placeholder': '' });
  let now = Date.UTC(2026, 0, 1);
  const clock = {
    ...memoryClock(),
    now: () => {
      now += 60_000;
      return now;
    },
  };
  const state = { files, path: '/var/lib/ringwall' };
  return {
    files,
    state,
    clock,
    nftables: new TestKernel(),
    sysctls: new FakeSysctls(),
    route: new FakeRoute(),
    processes: memoryProcesses({}),
  };
}

const author = { user: 'anna', version: '0.1.0' };
const sources = new Map<string, string | Uint8Array>([
  ['etc/pve/firewall/100.fw', '[RULES]\nIN ACCEPT\n'],
  ['etc/pve/firewall/cluster.fw', Uint8Array.of(0xff, 0x0a)],
]);
const ruleset = (...ports: number[]): Ruleset => ({
  tables: [tableOf([{ name: 'in', rules: ports.map((port, index) => portRule(port, index + 1)) }])],
});
const apply = (to: World, ...ports: number[]) =>
  bringKernel(to, {
    firewall: { ruleset: ruleset(...ports), sysctls: [] },
    links: null,
    sources,
    node: 'pve1',
    author,
  });

const queueRule: Rule = {
  matches: [],
  statements: [{ kind: 'queue', first: 0, last: 3 }],
  origin: { file: 'etc/pve/firewall/100.fw', line: 4 },
};

const back = (from: World, generation?: number) => rollback(from, { generation, author });

/** The ports of the rules the kernel holds; null when our table is not there. */
async function kernelPorts({ nftables }: TestWorld): Promise<number[] | null> {
  const [table] = (await nftables.read()).tables;
  if (table === undefined) return null;
  const known = new Map(Array.from({ length: 100 }, (_, port) => [ruleDigest(portRule(port)), port]));
  return table.chains.flatMap(({ rules }) => rules.map(({ digest }) => known.get(digest ?? '') ?? -1));
}

describe('apply', () => {
  test('brings the kernel there, records it, and the second time does nothing', async () => {
    const w = world();
    const first = await apply(w, 1, 2);
    expect(first.generation).toBe(1);
    expect(await kernelPorts(w)).toEqual([1, 2]);
    const records = w.files.dump();
    expect(await apply(w, 1, 2)).toEqual({ generation: 1, changes: [], warnings: [], pending: null });
    expect(w.nftables.commits).toHaveLength(1);
    expect(w.files.dump()).toEqual(records);
  });

  test('keeps the sources byte for byte, and who, when and what', async () => {
    const w = world();
    await apply(w, 1);
    await apply(w, 2);
    expect(readSources(w.state, 1)).toEqual(
      new Map<string, string | Uint8Array>([
        ['etc/pve/firewall/100.fw', '[RULES]\nIN ACCEPT\n'],
        ['etc/pve/firewall/cluster.fw', Uint8Array.of(0xff, 0x0a)],
      ]),
    );
    expect(history(w.state).entries).toEqual([
      expect.objectContaining({ generation: 2, user: 'anna', summary: '1 updated', current: true, confirmed: true }),
      expect.objectContaining({
        generation: 1,
        time: '2026-01-01T00:01:00.000Z',
        summary: '3 created',
        node: 'pve1',
        current: false,
      }),
    ]);
  });

  test('repairs drift under a new generation', async () => {
    const w = world();
    await apply(w, 1, 2);
    await w.nftables.addForeignRule({ family: 'inet', name: 'ringwall' }, 'in', portRule(9), 1);
    expect((await apply(w, 1, 2)).changes.map(({ action }) => action)).toEqual(['delete']);
    expect(await kernelPorts(w)).toEqual([1, 2]);
  });

  test('records a kernel that already holds the rules but has no generation', async () => {
    const w = world();
    await apply(w, 1);
    w.files.remove('/var/lib/ringwall');
    expect(await apply(w, 1)).toEqual({ generation: 1, changes: [], warnings: [], pending: null });
    expect((await status(w)).generation).toBe(1);
  });

  test('goes on when the record of the current generation is damaged', async () => {
    const w = world();
    await apply(w, 1);
    w.files.writeAtomically('/var/lib/ringwall/generations/1/ruleset.json', '{');
    expect(await apply(w, 1)).toEqual({ generation: 2, changes: [], warnings: [], pending: null });
  });
});

describe('somebody else commits in between', () => {
  const foreign = (w: TestWorld, times: number) => {
    w.nftables.beforeCommit = async (attempt) => {
      if (attempt <= times)
        await w.nftables.addForeignRule({ family: 'inet', name: 'ringwall' }, 'in', portRule(50 + attempt), 0);
      return undefined;
    };
  };

  test('three times: planned again, and the foreign rules are gone', async () => {
    const w = world();
    await apply(w, 1);
    foreign(w, 4);
    await apply(w, 2);
    expect(await kernelPorts(w)).toEqual([2]);
  });

  test('each time: refused, nothing recorded', async () => {
    const w = world();
    await apply(w, 1);
    foreign(w, 100);
    await expect(apply(w, 2)).rejects.toThrow('another program changed the ruleset each of the 4 times');
    expect(history(w.state).entries.map(({ generation }) => generation)).toEqual([1]);
    expect(readPosition(w.state)).toMatchObject({ current: 1, applying: null });
  });
});

describe('the kernel', () => {
  test('refuses: the source line and the kernel’s words, and the old generation stays', async () => {
    const w = world();
    await apply(w, 1);
    w.nftables.beforeCommit = async () => ({
      ok: false,
      reason: 'refused',
      errors: [
        { operation: null, errno: 'EINVAL', detail: null },
        { operation: 1, errno: 'ENOENT', detail: 'rule.expressions[2]' },
      ],
    });
    await expect(apply(w, 2)).rejects.toThrow(
      '100.fw:1: the kernel refused this rule of the chain inet/in: ENOENT (something it refers to is not there, or this kernel lacks a module for it): rule.expressions[2]',
    );
    expect(history(w.state).entries.map(({ generation }) => generation)).toEqual([1]);
    expect(await kernelPorts(w)).toEqual([1]);
  });

  // nft_table_lookup answers EPERM when the table's owner is another socket (nf_tables_api.c).
  test('refuses to delete a table another program owns, and says that it may be owned', async () => {
    const w = world();
    await apply(w, 1);
    const errors = [{ operation: 0, errno: 'EPERM', detail: 'table.name' }];
    w.nftables.beforeCommit = async () => ({ ok: false, reason: 'refused', errors });
    await expect(clear(w, author)).rejects.toThrow(
      'the kernel refused to delete the table inet ringwall: EPERM (the table belongs to a running program (flags owner), or this one lacks CAP_NET_ADMIN): table.name',
    );
  });

  test.each<[string, boolean]>([
    ['took it', true],
    ['did not take it', false],
  ])('gives no answer and %s: read back and brought there', async (_name, took) => {
    const w = world();
    await apply(w, 1);
    w.nftables.beforeCommit = async (attempt): Promise<TransactionResult | undefined> => {
      if (attempt !== 2) return undefined;
      if (took) await w.nftables.force(replaceBy(2));
      return { ok: false, reason: 'unknown' };
    };
    const { changes } = await apply(w, 2);
    expect(changes.map(({ action, kind }) => `${action} ${kind}`)).toEqual(['update rule']);
    expect(await kernelPorts(w)).toEqual([2]);
    expect(w.nftables.commits).toHaveLength(2);
  });

  test('lacks a feature: one line for each, with the guests that need it', async () => {
    const w = world();
    w.nftables.features = { ...w.nftables.features, bridgeConntrack: false, bridgeReject: false, bridgeName: false };
    const guests: Ruleset = {
      tables: [
        {
          family: 'bridge',
          name: 'ringwall',
          sets: [],
          maps: [
            {
              name: 'in',
              type: 'ifname',
              elements: [100, 101, 102].map((id) => ({
                key: `tap${id}i0`,
                verdict: { kind: 'goto', chain: `guest-${id}` },
                origin: { file: `etc/pve/nodes/pve1/qemu-server/${id}.conf`, line: 1 },
              })),
            },
          ],
          chains: [
            {
              name: 'group',
              rules: [
                {
                  matches: [],
                  statements: [{ kind: 'reject', with: 'tcp reset' }],
                  origin: { file: 'etc/pve/firewall/cluster.fw', line: 9 },
                },
              ],
            },
            {
              name: 'guest-100',
              rules: [
                {
                  matches: [{ kind: 'flags', field: 'ct state', test: 'any', mask: 6 }],
                  statements: [{ kind: 'verdict', verdict: { kind: 'accept' } }],
                  origin: null,
                },
              ],
            },
            {
              name: 'guest-101',
              rules: [
                {
                  matches: [],
                  statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain: 'group' } }],
                  origin: null,
                },
              ],
            },
            { name: 'guest-102', rules: [] },
            {
              name: 'forward',
              base: { hook: 'forward', priority: 0, policy: 'accept' },
              rules: [
                {
                  matches: [],
                  statements: [{ kind: 'dispatch', field: 'meta ibrname', map: 'vnets' }],
                  origin: null,
                },
              ],
            },
          ],
        },
      ],
    };
    await expect(
      bringKernel(w, { firewall: { ruleset: guests, sysctls: [] }, links: null, sources, node: 'pve1', author }),
    ).rejects.toThrow(
      'this kernel has no connection tracking in the bridge family (nf_conntrack_bridge), needed by the rules of guest 100\n' +
        'cluster.fw:9: this kernel has no reject in the bridge family (nft_reject_bridge), needed by the rules of guest 101\n' +
        'this kernel has no names of bridges in the bridge family (nft_meta_bridge)',
    );
    expect(w.nftables.commits).toEqual([]);
  });

  test('has no queue for the bridge family: the rest is applied, and that is no drift', async () => {
    const w = world();
    w.nftables.features = { ...w.nftables.features, bridgeQueue: false };
    const chain = (queued: boolean): Ruleset => ({
      tables: [tableOf([{ name: 'in', rules: queued ? [portRule(1), queueRule] : [portRule(1)] }], 'bridge')],
    });
    const fitted = await fitToKernel(chain(true), w.nftables);
    expect(fitted.ruleset).toEqual(chain(false));
    expect(fitted.warnings).toEqual([
      '100.fw:4: this kernel has no queue in the bridge family (nft_queue): what the rules let in is handed to no queue',
    ]);
    await bringKernel(w, {
      firewall: { ruleset: chain(true), sysctls: [] },
      links: null,
      sources,
      node: 'pve1',
      author,
    });
    expect(await kernelPorts(w)).toEqual([1]);
    expect((await status(w)).drift).toEqual([]);
    w.nftables.features = { ...w.nftables.features, bridgeQueue: true };
    expect(await fitToKernel(chain(true), w.nftables)).toEqual({ ruleset: chain(true), warnings: [] });
    await bringKernel(w, {
      firewall: { ruleset: chain(true), sysctls: [] },
      links: null,
      sources,
      node: 'pve1',
      author,
    });
    w.nftables.features = { ...w.nftables.features, bridgeQueue: false };
    expect((await back(w, 2)).changes.map(({ action }) => action)).toEqual(['delete']);
  });

  test('has no module for a helper: the rest is applied, and that is no drift', async () => {
    const w = world();
    const helpers = (['ftp', 'sane'] as const).map((name) => ({
      ...({ name, type: name, protocol: 'tcp', l3proto: 'inet' } as const),
      origin: { file: 'etc/pve/nodes/pve1/host.fw', line: 3 },
    }));
    const both: Ruleset = {
      tables: [{ ...tableOf([{ name: 'in', rules: [helperRule('ftp'), helperRule('sane'), portRule(1)] }]), helpers }],
    };
    w.nftables.missingHelpers = new Set(['sane']);
    const fitted = await fitToKernel(both, w.nftables);
    expect(fitted.warnings).toEqual([
      'host.fw:3: this kernel has no connection tracking helper sane (nf_conntrack_sane): it is left out',
    ]);
    expect(fitted.ruleset.tables[0]?.helpers).toEqual(helpers.slice(0, 1));
    expect(fitted.ruleset.tables[0]?.chains[0]?.rules).toEqual([helperRule('ftp'), portRule(1)]);

    await bringKernel(w, { firewall: { ruleset: both, sysctls: [] }, links: null, sources, node: 'pve1', author });
    expect((await status(w)).drift).toEqual([]);
    w.nftables.missingHelpers = new Set();
    expect(await fitToKernel(both, w.nftables)).toEqual({ ruleset: both, warnings: [] });
    expect(
      (await bringKernel(w, { firewall: { ruleset: both, sysctls: [] }, links: null, sources, node: 'pve1', author }))
        .changes,
    ).toHaveLength(2);
    w.nftables.missingHelpers = new Set(['sane']);
    expect((await back(w, 2)).changes.map(({ kind, action }) => [kind, action])).toEqual([
      ['helper', 'delete'],
      ['rule', 'delete'],
    ]);
  });

  test('holds something else after the commit: said, and the commit is recorded', async () => {
    const w = world();
    const read = w.nftables.read.bind(w.nftables);
    let foreign = 0;
    w.nftables.read = async () => {
      if (w.nftables.commits.length === 1 && foreign === 0) {
        foreign += 1;
        await w.nftables.addForeignRule({ family: 'inet', name: 'ringwall' }, 'in', portRule(9), 0);
      }
      return read();
    };
    await expect(apply(w, 1)).rejects.toThrow('generation 1 was committed, but read back 1 things differ');
    expect(readPosition(w.state)).toMatchObject({ current: 1, applying: null });
  });
});

describe('rollback and clear', () => {
  test('go back one, to a named one, and forward again', async () => {
    const w = world();
    await apply(w, 1);
    await apply(w, 2);
    await apply(w, 3);
    expect((await back(w)).generation).toBe(2);
    expect(await kernelPorts(w)).toEqual([2]);
    expect((await back(w)).generation).toBe(1);
    expect((await back(w, 3)).generation).toBe(3);
    expect(await kernelPorts(w)).toEqual([3]);
    expect((await apply(w, 4)).generation).toBe(4);
  });

  test('go back to what was in force, not to the number before', async () => {
    const w = world();
    await apply(w, 1);
    await apply(w, 2);
    await back(w);
    await clear(w, author);
    expect((await back(w)).generation).toBe(1);
    await apply(w, 5);
    await back(w);
    expect(await kernelPorts(w)).toEqual([1]);
  });

  test('clear takes the tables out, is in the history, and can be rolled back', async () => {
    const w = world();
    await apply(w, 1);
    expect(await clear(w, author)).toEqual({ removed: ['inet ringwall'], restored: [] });
    expect(await kernelPorts(w)).toBeNull();
    expect(await clear(w, author)).toEqual({ removed: [], restored: [] });
    expect(history(w.state).entries.map(({ summary }) => summary)).toEqual([
      'cleared: our tables taken out of the kernel',
      '3 created',
    ]);
    expect((await back(w)).generation).toBe(1);
    expect(await kernelPorts(w)).toEqual([1]);
  });

  test.each<[string, (w: TestWorld) => Promise<unknown>, string]>([
    ['nothing was applied', (w) => back(w), 'there is no generation to go back to: nothing was applied yet'],
    ['the first is current', (w) => apply(w, 1).then(() => back(w)), 'generation 1 is the first one'],
    ['the number is unknown', (w) => apply(w, 1).then(() => back(w, 7)), 'there is no generation 7'],
    [
      'the record is cut',
      async (w) => {
        await apply(w, 1);
        await apply(w, 2);
        w.files.writeAtomically('/var/lib/ringwall/generations/1/ruleset.json', '{"tables":[');
        await back(w);
      },
      '/var/lib/ringwall/generations/1/ruleset.json is damaged: it is not what was written: its checksum is wrong',
    ],
  ])('rollback when %s says so', async (_name, act, message) => {
    await expect(act(world())).rejects.toThrow(message);
  });
});

describe('status', () => {
  test('tells what is missing, changed and foreign', async () => {
    const w = world();
    await apply(w, 1, 2);
    const table = { family: 'inet', name: 'ringwall' } as const;
    await w.nftables.addForeignRule(table, 'in', portRule(9), 1);
    w.nftables.addForeignSet(table, 'extra');
    const handle = (await w.nftables.read()).tables[0]?.chains[0]?.rules.at(-1)?.handle ?? 0n;
    await w.nftables.force([{ kind: 'delete rule', table, chain: 'in', handle, origin: null }]);
    expect(await status(w)).toEqual({
      generation: 1,
      interrupted: null,
      pending: null,
      drift: [
        { kind: 'set', name: 'inet/extra', problem: 'does not belong here: foreign' },
        { kind: 'rule', name: 'inet/in', problem: 'was changed: tcp dport 2 counter accept' },
      ],
    });
  });

  test('before the first apply says so', async () => {
    const w = world();
    await expect(status(w)).rejects.toThrow('nothing was applied yet');
  });
});

describe('the state directory', () => {
  test.each<[string, (w: TestWorld) => void, string]>([
    [
      'of another user',
      ({ files }) => files.setAttributes('/var/lib/ringwall', { own: false }),
      '/var/lib/ringwall belongs to another user',
    ],
    [
      'open to others',
      ({ files }) => files.setAttributes('/var/lib/ringwall', { mode: 0o755 }),
      '/var/lib/ringwall is open to other users',
    ],
    [
      'with a position of another user',
      ({ files }) => files.setAttributes('/var/lib/ringwall/position.json', { own: false }),
      '/var/lib/ringwall/position.json is not a file of this user',
    ],
    [
      'with a cut position',
      ({ files }) => {
        files.writeAtomically('/var/lib/ringwall/position.json', '{"current":1');
        files.remove('/var/lib/ringwall/position-copy.json');
      },
      '/var/lib/ringwall/position.json is damaged',
    ],
    [
      'that is a file',
      ({ files }) => {
        files.remove('/var/lib/ringwall');
        files.writeAtomically('/var/lib/ringwall', '');
      },
      '/var/lib/ringwall is not a directory',
    ],
  ])('%s is refused and nothing happens', async (_name, spoil, message) => {
    const w = world();
    await apply(w, 1);
    spoil(w);
    await expect(apply(w, 2)).rejects.toThrow(message);
    expect(await kernelPorts(w)).toEqual([1]);
  });

  test('locked by another run is refused with its pid', async () => {
    const w = world();
    w.files.makeDirectory('/var/lib/ringwall');
    w.files.lock('/var/lib/ringwall/lock');
    await expect(apply(w, 1)).rejects.toThrow(`another run of ringwall (pid ${process.pid}) is changing the rules`);
  });
});

describe('what a crash left', () => {
  test('rules that others changed past the commit: those of before are in force again, as recorded', async () => {
    const w = world();
    await apply(w, 1);
    let commits = 0;
    w.nftables.beforeCommit = async () => {
      commits += 1;
      w.files.trouble = { changesLeft: { count: 0, errno: 'EIO', once: false } };
      return undefined;
    };
    await expect(apply(w, 1, 2)).rejects.toThrow('generation 2 is in force, the next run will record it');
    w.files.trouble = {};
    w.nftables.beforeCommit = undefined;
    expect(commits).toBe(1);
    await w.nftables.addForeignRule({ family: 'inet', name: 'ringwall' }, 'in', portRule(9), 1);
    expect(await settle(w)).toMatchObject({ current: 1, applying: null });
    expect(await kernelPorts(w)).toEqual([1]);
    expect(storedGenerations(w.state)).toEqual([1]);
  });

  test('a file that was half written is taken away by the next run', async () => {
    const w = world();
    await apply(w, 1);
    w.files.writeAtomically('/var/lib/ringwall/position.json.new-77', '{"cur');
    await apply(w, 1);
    expect(w.files.list('/var/lib/ringwall')).toEqual(['generations', 'lock', 'position-copy.json', 'position.json']);
  });
});

describe('a failure at any step leaves the old or the new state, never a mix', () => {
  const kinds = ['ENOSPC', 'EACCES', 'EIO'].flatMap((errno) => [
    { errno, once: true },
    { errno, once: false },
  ]);
  const actions: readonly (readonly [string, (w: World) => Promise<unknown>, readonly number[] | null])[] = [
    ['apply', (w) => apply(w, 1, 3), [1, 3]],
    ['rollback', (w) => back(w), [1]],
    ['clear', (w) => clear(w, author), null],
  ];

  test.each(actions)('%s', async (_name, act, goal) => {
    let failures = 0;
    for (const { errno, once } of kinds) {
      for (let step = 0; ; step += 1) {
        const w = world();
        await apply(w, 1);
        await apply(w, 1, 2);
        w.files.trouble = { changesLeft: { count: step, errno, once } };
        const failure = await act(w).then(
          () => null,
          (error: unknown) => error,
        );
        w.files.trouble = {};
        const kernel = await kernelPorts(w);
        expect([[1, 2], goal]).toContainEqual(kernel);
        if (failure === null) {
          expect(kernel).toEqual(goal);
          break;
        }
        failures += 1;
        expect(failure).toBeInstanceOf(Failure);
        const said = failure instanceof Failure ? failure.message : '';
        expect(said).toContain(JSON.stringify(kernel) === '[1,2]' ? 'nothing was changed' : 'is in force');
        await expectSettled(w);
      }
    }
    expect(failures).toBeGreaterThanOrEqual(6 * 2);
  });

  test('a disk that is full at any byte', async () => {
    let space = 0;
    for (let done = false; !done; space += 13) {
      const w = world();
      await apply(w, 1);
      w.files.trouble = { space };
      done = await apply(w, 2).then(
        () => true,
        (error: unknown) => {
          expect(String(error)).toContain('No space left to write /var/lib/ringwall/');
          // What could not be finished gives its room back.
          expect([...w.files.dump().keys()].filter((path) => path.includes('/generations/new'))).toEqual([]);
          return false;
        },
      );
      w.files.trouble = {};
      expect(done ? [[2]] : [[1], [2]]).toContainEqual(await kernelPorts(w));
      await expectSettled(w);
    }
    expect(space).toBeGreaterThan(500);
  });

  /** The next run finds records that agree with the kernel, and works. */
  async function expectSettled(w: TestWorld): Promise<void> {
    const before = await kernelPorts(w);
    await back(w, 1);
    const { current, applying } = readPosition(w.state);
    expect({ current, applying }).toEqual({ current: 1, applying: null });
    expect(await kernelPorts(w)).toEqual([1]);
    const known = history(w.state);
    expect(known.damaged).toEqual([]);
    if (before !== null && before[1] === 3) expect(known.entries[0]?.generation).toBe(3);
    await apply(w, 9);
    expect((await status(w)).drift).toEqual([]);
  }
});

/** The operations that leave one rule, for `port`, in the chain. */
function replaceBy(port: number): Operation[] {
  const table = { family: 'inet', name: 'ringwall' } as const;
  return [
    { kind: 'flush chain', table, chain: 'in' },
    { kind: 'add rule', table, chain: 'in', rule: portRule(port, 1), position: { at: 'end' } },
  ];
}

test('without names of bridges, ports that came late are closed on every bridge', async () => {
  const { nftables } = world();
  const drop: Rule = {
    matches: [{ kind: 'names', field: 'meta ibrname', negated: false, names: ['vmbr0'] }],
    statements: [{ kind: 'verdict', verdict: { kind: 'drop' } }],
    origin: null,
  };
  const late: Ruleset = { tables: [tableOf([{ name: 'late-out', rules: [drop] }], 'bridge')] };
  expect(await fitToKernel(late, nftables)).toEqual({ ruleset: late, warnings: [] });
  nftables.features = { ...nftables.features, bridgeName: false };
  const fitted = await fitToKernel(late, nftables);
  expect(fitted.ruleset.tables[0]?.chains[0]?.rules).toEqual([{ ...drop, matches: [] }]);
});
