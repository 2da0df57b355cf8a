import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NftablesPort } from '../../src/netlink/index.js';
import {
  type CtHelper,
  type CurrentRule,
  type CurrentTable,
  type DynamicSet,
  type MapKey,
  type NamedSet,
  type Operation,
  one,
  type Rule,
  range,
  rebuildRuleset,
  ruleDigest,
  type TransactionResult,
  type VerdictMap,
} from '../../src/ruleset/index.js';
import { accept, counter, inSet, is, jump, ours, rule } from './rules.js';

/** A port under test, and the world around it. */
export interface PortUnderTest {
  readonly port: NftablesPort;
  /** Lets somebody else commit a table of their own. */
  disturb(): void;
  close(): void;
}

const table = ours('inet');
const addTable: Operation = { kind: 'add table', table };
const addChain = (name: string): Operation => ({ kind: 'add chain', table, chain: { name, rules: [] } });
const addRule = (chain: string, added: Rule): Operation => ({
  kind: 'add rule',
  table,
  chain,
  rule: added,
  position: { at: 'end' },
});
const addresses: NamedSet = { name: 'addresses', type: 'ipv4_addr', elements: [], origin: null };
const ftp: CtHelper = { name: 'files', type: 'ftp', protocol: 'tcp', l3proto: 'inet', origin: null };
const assigning = (helper: string): Rule => rule([], [counter, { kind: 'set helper', helper }]);
const seen: DynamicSet = { name: 'seen', type: 'ipv6_addr', timeout: 60, size: 9, origin: null };
const counting = (set: string): Rule =>
  rule([], [{ kind: 'update', set, field: 'ip6 saddr', prefix: 64, rate: 5, unit: 'second', burst: 7 }, counter]);
const ports: VerdictMap = { name: 'ports', type: 'ifname', elements: [] };
const macs: VerdictMap = { name: 'macs', type: 'ether_addr', elements: [] };
const base = { hook: 'input', priority: 0, policy: 'drop' } as const;
const numbered = (port: number): Rule =>
  rule([is('meta l4proto', one(6)), is('th dport', one(port))], [counter, accept]);
const mapEntry = (key: MapKey, chain: string, map = 'ports'): Operation => ({
  kind: 'add map elements',
  table,
  map,
  elements: [{ key, verdict: { kind: 'jump', chain }, origin: null }],
});

/** What every NftablesPort does: run against the kernel and against the fake, so that the fake can be trusted. */
export function nftablesPortSuite(name: string, open: () => PortUnderTest): void {
  describe(`nftables port: ${name}`, () => {
    let world: PortUnderTest;
    beforeEach(() => {
      world = open();
    });
    afterEach(() => world.close());

    async function commit(...operations: Operation[]): Promise<TransactionResult> {
      return world.port.commit(operations, (await world.port.read()).generation);
    }
    async function build(...operations: Operation[]): Promise<void> {
      expect(await commit(...operations)).toEqual({ ok: true });
    }
    async function read(): Promise<CurrentTable> {
      const [first] = (await world.port.read()).tables;
      if (first === undefined) throw new Error('no table');
      return first;
    }
    async function rulesOf(chain: string): Promise<readonly CurrentRule[]> {
      return (await read()).chains.find((candidate) => candidate.name === chain)?.rules ?? [];
    }
    const digestsOf = async (chain: string): Promise<(string | null)[]> =>
      (await rulesOf(chain)).map(({ digest }) => digest);
    /** The first error, which is the cause, and that nothing changed. */
    async function refusal(...operations: Operation[]): Promise<{ operation: number | null; errno: string } | null> {
      const before = (await world.port.read()).tables;
      const result = await commit(...operations);
      expect((await world.port.read()).tables).toEqual(before);
      if (result.ok || result.reason !== 'refused') return null;
      const [first] = result.errors;
      return first === undefined ? null : { operation: first.operation, errno: first.errno };
    }

    test('an empty kernel has none of our tables', async () => {
      expect((await world.port.read()).tables).toEqual([]);
    });

    test('what was committed is read back', async () => {
      const noted: Rule = {
        ...numbered(22),
        origin: { file: 'etc/pve/firewall/100.fw', line: 12 },
        note: 'remote login',
      };
      await build(
        addTable,
        { kind: 'add chain', table, chain: { name: 'input', base, rules: [] } },
        addChain('guest'),
        { kind: 'add set', table, set: addresses },
        { kind: 'add elements', table, set: addresses, elements: [one(7), range(16, 31), range(64, 0xffffffff)] },
        { kind: 'add map', table, map: ports },
        mapEntry('tap100i0', 'guest'),
        { kind: 'add map', table, map: macs },
        mapEntry(0xbc2411000001n, 'guest', 'macs'),
        addRule('input', noted),
        addRule('guest', rule([])),
      );
      expect(await read()).toEqual({
        ...table,
        chains: [
          {
            name: 'input',
            base,
            rules: [
              {
                handle: expect.any(BigInt),
                digest: ruleDigest(noted),
                comment: '100.fw:12 remote login',
                counter: { packets: 0n, bytes: 0n },
              },
            ],
          },
          {
            name: 'guest',
            rules: [{ handle: expect.any(BigInt), digest: ruleDigest(rule([])), comment: null, counter: null }],
          },
        ],
        sets: [
          {
            name: 'addresses',
            type: 'ipv4_addr',
            elements: [
              [7n, 7n],
              [16n, 31n],
              [64n, 0xffffffffn],
            ],
          },
        ],
        maps: [
          { name: 'ports', type: 'ifname', elements: [{ key: 'tap100i0', verdict: { kind: 'jump', chain: 'guest' } }] },
          {
            name: 'macs',
            type: 'ether_addr',
            elements: [{ key: 0xbc2411000001n, verdict: { kind: 'jump', chain: 'guest' } }],
          },
        ],
        dynamicSets: [],
        helpers: [],
        foreignSets: [],
        foreignObjects: [],
      });
    });

    test('both tables change in one transaction', async () => {
      const guests = ours('bridge');
      await build(addTable, { kind: 'add table', table: guests }, addChain('a'), {
        kind: 'add chain',
        table: guests,
        chain: { name: 'b', rules: [] },
      });
      expect((await world.port.read()).tables.map(({ family, chains }) => [family, chains[0]?.name])).toEqual([
        ['inet', 'a'],
        ['bridge', 'b'],
      ]);
      await build({ kind: 'delete table', table }, { kind: 'delete table', table: guests });
      expect((await world.port.read()).tables).toEqual([]);
    });

    test('a rule goes to the end or before another one', async () => {
      await build(addTable, addChain('c'), addRule('c', numbered(1)), addRule('c', numbered(2)));
      const [, second] = await rulesOf('c');
      const before = { at: 'before', handle: second?.handle ?? 0n } as const;
      await build(addRule('c', numbered(9)), {
        kind: 'add rule',
        table,
        chain: 'c',
        rule: numbered(5),
        position: before,
      });
      expect(await digestsOf('c')).toEqual([1, 5, 2, 9].map((port) => ruleDigest(numbered(port))));
    });

    test('several rules before the same one keep their order', async () => {
      await build(addTable, addChain('c'), addRule('c', numbered(9)));
      const [last] = await rulesOf('c');
      const position = { at: 'before', handle: last?.handle ?? 0n } as const;
      await build(
        ...[1, 2, 3].map(
          (port): Operation => ({ kind: 'add rule', table, chain: 'c', rule: numbered(port), position }),
        ),
      );
      expect(await digestsOf('c')).toEqual([1, 2, 3, 9].map((port) => ruleDigest(numbered(port))));
    });

    test('untouched rules keep their handles', async () => {
      await build(
        addTable,
        addChain('c'),
        addRule('c', numbered(1)),
        addRule('c', numbered(2)),
        addRule('c', numbered(3)),
      );
      const [first, second, third] = await rulesOf('c');
      await build({ kind: 'delete rule', table, chain: 'c', handle: second?.handle ?? 0n, origin: null });
      expect((await rulesOf('c')).map(({ handle }) => handle)).toEqual([first?.handle, third?.handle]);
    });

    test('flushing a chain deletes its rules only', async () => {
      await build(addTable, addChain('c'), addChain('d'), addRule('c', numbered(1)), addRule('d', numbered(2)));
      await build({ kind: 'flush chain', table, chain: 'c' });
      expect(await digestsOf('c')).toEqual([]);
      expect(await digestsOf('d')).toHaveLength(1);
    });

    test('elements come and go', async () => {
      await build(addTable, { kind: 'add set', table, set: addresses });
      await build({ kind: 'add elements', table, set: addresses, elements: [one(1), range(10, 19), range(30, 39)] });
      await build(
        { kind: 'delete elements', table, set: addresses, elements: [range(10, 19)] },
        { kind: 'add elements', table, set: addresses, elements: [range(12, 14)] },
      );
      expect((await read()).sets[0]?.elements).toEqual([
        [1n, 1n],
        [12n, 14n],
        [30n, 39n],
      ]);
    });

    test('a dynamic set is read back without what is in it, and made anew under the rule that fills it', async () => {
      await build(
        addTable,
        addChain('c'),
        { kind: 'add dynamic set', table, set: seen },
        addRule('c', counting('seen')),
      );
      const { name, type, timeout, size } = seen;
      expect((await read()).dynamicSets).toEqual([{ name, type, timeout, size }]);
      const [counted] = await rulesOf('c');
      await build(
        { kind: 'delete rule', table, chain: 'c', handle: counted?.handle ?? 0n, origin: null },
        { kind: 'delete set', table, set: 'seen' },
        { kind: 'add dynamic set', table, set: { ...seen, timeout: 30 } },
        addRule('c', counting('seen')),
      );
      expect((await read()).dynamicSets).toEqual([{ name, type, timeout: 30, size }]);
    });

    test('a helper is read back, and made anew under the rule that assigns it', async () => {
      const { origin: _, ...shape } = ftp;
      await build(
        addTable,
        addChain('c'),
        { kind: 'add helper', table, helper: ftp },
        addRule('c', assigning('files')),
      );
      expect((await read()).helpers).toEqual([shape]);
      const [rule] = await rulesOf('c');
      await build(
        { kind: 'delete rule', table, chain: 'c', handle: rule?.handle ?? 0n, origin: null },
        { kind: 'delete helper', table, helper: 'files' },
        { kind: 'add helper', table, helper: { ...ftp, l3proto: 'ip' } },
        addRule('c', assigning('files')),
      );
      expect((await read()).helpers).toEqual([{ ...shape, l3proto: 'ip' }]);
    });

    test('a map entry gets another verdict by delete and add', async () => {
      await build(
        addTable,
        addChain('a'),
        addChain('b'),
        { kind: 'add map', table, map: ports },
        mapEntry('tap1i0', 'a'),
      );
      await build({ kind: 'delete map elements', table, map: 'ports', keys: ['tap1i0'] }, mapEntry('tap1i0', 'b'));
      expect((await read()).maps[0]?.elements).toEqual([{ key: 'tap1i0', verdict: { kind: 'jump', chain: 'b' } }]);
    });

    test('a base chain can get another policy', async () => {
      await build(addTable, { kind: 'add chain', table, chain: { name: 'input', base, rules: [] } });
      const open = { ...base, policy: 'accept' } as const;
      await build({ kind: 'add chain', table, chain: { name: 'input', base: open, rules: [] } });
      expect((await read()).chains[0]?.base).toEqual(open);
    });

    test('nothing to do is done', async () => {
      expect(await commit()).toEqual({ ok: true });
    });

    test('a plan from an older generation is stale', async () => {
      const { generation } = await world.port.read();
      world.disturb();
      expect(await world.port.commit([addTable], generation)).toEqual({ ok: false, reason: 'stale' });
      expect((await world.port.read()).tables).toEqual([]);
    });

    describe('kept bytes', () => {
      const guests = ours('bridge');
      const whole = rebuildRuleset({
        tables: [
          {
            ...table,
            chains: [
              { name: 'input', base, rules: [numbered(22), rule([], [jump('other')])] },
              { name: 'other', rules: [rule([inSet('ip saddr', 'addresses')], [counter, accept])] },
            ],
            sets: [{ ...addresses, elements: [one(7), range(16, 31)] }],
            maps: [],
          },
          {
            ...guests,
            chains: [{ name: 'guest', rules: [] }],
            sets: [],
            maps: [
              { ...ports, elements: [{ key: 'tap1i0', verdict: { kind: 'jump', chain: 'guest' }, origin: null }] },
            ],
          },
        ],
      });
      /** Without what the kernel counts up. */
      const shape = async () =>
        (await world.port.read()).tables.map((one) => ({
          ...one,
          chains: one.chains.map((chain) => ({ ...chain, rules: chain.rules.map(({ handle: _, ...rest }) => rest) })),
        }));

      test('make our tables exactly so, whatever the kernel held', async () => {
        const bytes = await world.port.encode(whole, null);
        expect(await world.port.load(bytes)).toEqual({ ok: true });
        const wanted = await shape();
        expect(wanted.map(({ family, chains }) => [family, chains.map(({ rules }) => rules.length)])).toEqual([
          ['inet', [2, 1]],
          ['bridge', [0]],
        ]);
        await build(addRule('other', numbered(1)), addChain('more'), { kind: 'delete table', table: guests });
        world.disturb();
        expect(await world.port.load(bytes)).toEqual({ ok: true });
        expect(await shape()).toEqual(wanted);
        await build({ kind: 'delete table', table }, { kind: 'delete table', table: guests });
        await build(...whole);
        expect(await shape()).toEqual(wanted);
      });

      test('of nothing take our tables out', async () => {
        await build(...whole);
        expect(await world.port.load(await world.port.encode(rebuildRuleset({ tables: [] }), null))).toEqual({
          ok: true,
        });
        expect((await world.port.read()).tables).toEqual([]);
      });

      test('for one generation are stale in another', async () => {
        const { generation } = await world.port.read();
        const bytes = await world.port.encode([addTable], generation);
        world.disturb();
        expect(await world.port.load(bytes)).toEqual({ ok: false, reason: 'stale' });
        expect((await world.port.read()).tables).toEqual([]);
        const again = await world.port.encode([addTable], (await world.port.read()).generation);
        expect(await world.port.load(again)).toEqual({ ok: true });
      });

      test('that the kernel refuses change nothing', async () => {
        await build(addTable, addChain('c'));
        const bytes = await world.port.encode([...whole, addRule('missing', numbered(1))], null);
        const result = await world.port.load(bytes);
        if (result.ok || result.reason !== 'refused') throw new Error('it was not refused');
        expect(result.errors[0]).toMatchObject({ operation: null, errno: 'ENOENT' });
        expect((await read()).chains.map(({ name }) => name)).toEqual(['c']);
      });

      test('that are cut short or no batch at all never get to the kernel', async () => {
        const bytes = await world.port.encode(whole, null);
        const errors = [{ operation: null, errno: 'EINVAL', detail: 'it is no whole batch of ours' }];
        for (let length = 0; length < bytes.length; length += 7) {
          expect(await world.port.load(bytes.subarray(0, length))).toEqual({ ok: false, reason: 'refused', errors });
        }
        expect(await world.port.load(Buffer.from('[]'))).toEqual({ ok: false, reason: 'refused', errors });
        expect((await world.port.read()).tables).toEqual([]);
      });
    });

    describe('refuses, and changes nothing:', () => {
      const setup: Operation[] = [
        addTable,
        addChain('a'),
        addChain('b'),
        { kind: 'add chain', table, chain: { name: 'input', base, rules: [] } },
        { kind: 'add set', table, set: addresses },
        { kind: 'add elements', table, set: addresses, elements: [range(10, 19)] },
        { kind: 'add map', table, map: ports },
        mapEntry('tap1i0', 'a'),
        addRule('b', numbered(1)),
        { kind: 'add dynamic set', table, set: seen },
        { kind: 'add helper', table, helper: ftp },
      ];
      beforeEach(() => build(...setup));

      const absent = 999999n;
      const cases: readonly (readonly [what: string, errno: string, operations: Operation[]])[] = [
        ['a rule in a missing chain', 'ENOENT', [addRule('missing', numbered(1))]],
        [
          'a rule in a missing table',
          'ENOENT',
          [{ kind: 'add rule', table: ours('bridge'), chain: 'a', rule: numbered(1), position: { at: 'end' } }],
        ],
        ['a jump to a missing chain', 'ENOENT', [addRule('a', rule([], [jump('missing')]))]],
        ['a jump to a base chain', 'EOPNOTSUPP', [addRule('a', rule([], [jump('input')]))]],
        ['a rule with a missing set', 'ENOENT', [addRule('a', rule([inSet('ip saddr', 'missing')]))]],
        [
          'a dispatch over a missing map',
          'ENOENT',
          [addRule('a', rule([], [{ kind: 'dispatch', field: 'iifname', map: 'missing' }]))],
        ],
        [
          'a rule before a missing one',
          'ENOENT',
          [{ kind: 'add rule', table, chain: 'b', rule: numbered(2), position: { at: 'before', handle: absent } }],
        ],
        [
          'deleting a missing rule',
          'ENOENT',
          [{ kind: 'delete rule', table, chain: 'b', handle: absent, origin: null }],
        ],
        ['deleting a missing chain', 'ENOENT', [{ kind: 'delete chain', table, chain: 'missing' }]],
        ['flushing a missing chain', 'ENOENT', [{ kind: 'flush chain', table, chain: 'missing' }]],
        ['deleting a missing table', 'ENOENT', [{ kind: 'delete table', table: ours('bridge') }]],
        ['deleting a missing set', 'ENOENT', [{ kind: 'delete set', table, set: 'missing' }]],
        [
          'deleting missing elements',
          'ENOENT',
          [{ kind: 'delete elements', table, set: addresses, elements: [range(50, 60)] }],
        ],
        [
          'deleting a missing map entry',
          'ENOENT',
          [{ kind: 'delete map elements', table, map: 'ports', keys: ['tap9i0'] }],
        ],
        ['deleting a chain a map names', 'EBUSY', [{ kind: 'delete chain', table, chain: 'a' }]],
        [
          'deleting a chain a rule jumps to',
          'EBUSY',
          [addRule('a', rule([], [jump('b')])), { kind: 'delete chain', table, chain: 'b' }],
        ],
        [
          'deleting a set a rule looks into',
          'EBUSY',
          [addRule('b', rule([inSet('ip saddr', 'addresses')])), { kind: 'delete set', table, set: 'addresses' }],
        ],
        ['a rule that assigns a missing helper', 'ENOENT', [addRule('a', assigning('missing'))]],
        ['deleting a missing helper', 'ENOENT', [{ kind: 'delete helper', table, helper: 'missing' }]],
        [
          'deleting a helper a rule assigns',
          'EBUSY',
          [addRule('b', assigning('files')), { kind: 'delete helper', table, helper: 'files' }],
        ],
        ['a rule that fills a missing set', 'ENOENT', [addRule('a', counting('missing'))]],
        [
          'deleting a set a rule fills',
          'EBUSY',
          [addRule('b', counting('seen')), { kind: 'delete set', table, set: 'seen' }],
        ],
        [
          'a dynamic set under the name of a map',
          'EEXIST',
          [{ kind: 'add dynamic set', table, set: { ...seen, name: 'ports' } }],
        ],
        [
          'overlapping elements',
          'EEXIST',
          [{ kind: 'add elements', table, set: addresses, elements: [range(15, 25)] }],
        ],
        ['another verdict for a map entry', 'EEXIST', [mapEntry('tap1i0', 'b')]],
        ['a key of another type', 'EINVAL', [mapEntry(0xbc2411000001n, 'b')]],
        [
          'a map under the name of one with other keys',
          'EEXIST',
          [{ kind: 'add map', table, map: { ...macs, name: 'ports' } }],
        ],
        ['a map entry to a missing chain', 'ENOENT', [mapEntry('tap2i0', 'missing')]],
        ['a set under the name of a map', 'EEXIST', [{ kind: 'add set', table, set: { ...addresses, name: 'ports' } }]],
        [
          'moving a base chain to another priority',
          'EOPNOTSUPP',
          [{ kind: 'add chain', table, chain: { name: 'input', base: { ...base, priority: 5 }, rules: [] } }],
        ],
      ];
      test.each(cases)('%s: %s', async (_what, errno, operations) => {
        expect(await refusal(...operations)).toEqual({ operation: operations.length - 1, errno });
      });

      test('jumps that never end', async () => {
        const circle = [addRule('a', rule([], [jump('b')])), addRule('b', rule([], [jump('a')]))];
        expect(
          (
            await refusal(
              { kind: 'add chain', table, chain: { name: 'b', rules: [] } },
              ...circle,
              addRule('input', rule([], [jump('a')])),
            )
          )?.errno,
        ).toBe('EMLINK');
      });

      test('everything when one operation is bad, and names the bad one', async () => {
        expect(await refusal(addChain('good'), addRule('missing', numbered(1)), addRule('good', numbered(2)))).toEqual({
          operation: 1,
          errno: 'ENOENT',
        });
      });
    });
  });
}
