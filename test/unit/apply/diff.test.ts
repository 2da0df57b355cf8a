import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countChanges, spellChange } from '../../../src/ruleset/change.js';
import { diffRuleset } from '../../../src/ruleset/diff.js';
import { type CtHelper, one, type Rule, type Ruleset, range, TABLE_NAME } from '../../../src/ruleset/index.js';
import { helperRule, portRule, randomRuleset, tableOf, updateRule } from './random-ruleset.js';
import { TestKernel } from './test-kernel.js';

const inet = { family: 'inet', name: TABLE_NAME } as const;

async function bring(kernel: TestKernel, desired: Ruleset) {
  const diff = diffRuleset(desired, await kernel.read());
  expect(await kernel.force(diff.operations)).toEqual({ ok: true });
  return diff;
}

const handles = async (kernel: TestKernel, chain: string): Promise<bigint[]> =>
  (await kernel.read()).tables
    .flatMap(({ chains }) => chains)
    .filter(({ name }) => name === chain)
    .flatMap(({ rules }) => rules.map(({ handle }) => handle));

const oneChain = (rules: readonly Rule[]): Ruleset => ({ tables: [tableOf([{ name: 'in', rules }])] });

describe('any ruleset to any other', { timeout: 60_000 }, () => {
  test('every step is accepted, the result is the desired one, and then nothing differs', async () => {
    await fc.assert(
      fc.asyncProperty(randomRuleset, randomRuleset, async (first, second) => {
        const kernel = new TestKernel();
        await bring(kernel, first);
        const fresh = new TestKernel();
        await bring(fresh, second);
        const diff = await bring(kernel, second);
        expect(diffRuleset(second, await kernel.read())).toEqual({ operations: [], changes: [] });
        expect(await contents(kernel)).toEqual(await contents(fresh));
        expect(diff.operations.length === 0).toBe(diff.changes.length === 0);
      }),
      { numRuns: 500 },
    );
  });

  test('foreign rules and sets in our tables go', async () => {
    await fc.assert(
      fc.asyncProperty(randomRuleset, randomRuleset, fc.nat(), async (first, second, seed) => {
        const kernel = new TestKernel();
        await bring(kernel, first);
        const [table] = first.tables;
        const chain = table?.chains[seed % Math.max(1, table.chains.length)];
        fc.pre(table !== undefined && chain !== undefined);
        await kernel.addForeignRule(table, chain.name, portRule(1), seed % (chain.rules.length + 1));
        kernel.addForeignSet(table, 'foreign');
        await bring(kernel, second);
        expect(diffRuleset(second, await kernel.read())).toEqual({ operations: [], changes: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('a table that is switched off is made anew, and only what differs beside that is told', async () => {
    const kernel = new TestKernel();
    await bring(kernel, oneChain([portRule(1), portRule(2)]));
    const { generation, tables } = await kernel.read();
    const current = { generation, tables: tables.map((table) => ({ ...table, dormant: true as const })) };
    const { operations, changes } = diffRuleset(oneChain([portRule(1)]), current);
    expect(operations.map(({ kind }) => kind)).toEqual(['delete table', 'add table', 'add chain', 'add rule']);
    expect(changes.map(spellChange)).toEqual([
      '~ table  inet ringwall  switched off (flags dormant)',
      expect.stringMatching(/^- rule /),
    ]);
    expect(await kernel.force(operations)).toEqual({ ok: true });
    expect(diffRuleset(oneChain([portRule(1)]), await kernel.read()).changes).toEqual([]);
  });

  test('as many rules keep their handle as the longest common subsequence allows', async () => {
    const ports = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(ports, ports, async (before, after) => {
        const kernel = new TestKernel();
        await bring(kernel, oneChain(before.map((port) => portRule(port))));
        const old = new Set(await handles(kernel, 'in'));
        await bring(kernel, oneChain(after.map((port) => portRule(port))));
        const kept = (await handles(kernel, 'in')).filter((handle) => old.has(handle));
        expect(kept).toHaveLength(longest(before, after));
      }),
      { numRuns: 500 },
    );
  });
});

describe('one edit', () => {
  const lines = Array.from({ length: 9 }, (_, index) => portRule(index + 1, index + 1));

  test('of a rule is one update: one rule deleted, one rule sent', async () => {
    const kernel = new TestKernel();
    await bring(kernel, oneChain(lines));
    const before = await handles(kernel, 'in');
    const diff = await bring(kernel, oneChain(lines.with(4, portRule(99, 5))));
    expect(diff.operations.map(({ kind }) => kind)).toEqual(['delete rule', 'add rule']);
    expect(diff.changes.map(spellChange)).toEqual(['~ rule 100.fw:5  inet/in  tcp dport 99 counter accept']);
    const after = await handles(kernel, 'in');
    expect(after.with(4, 0n)).toEqual(before.with(4, 0n));
  });

  test('a line that only moved is no change', async () => {
    const kernel = new TestKernel();
    await bring(kernel, oneChain(lines));
    const moved = lines.map((rule, index) => ({
      ...rule,
      origin: { file: 'etc/pve/firewall/100.fw', line: index + 7 },
    }));
    expect(diffRuleset(oneChain(moved), await kernel.read())).toEqual({ operations: [], changes: [] });
  });

  test('a rule more and a rule less are a create and a delete', async () => {
    const kernel = new TestKernel();
    await bring(kernel, oneChain(lines));
    const diff = await bring(kernel, oneChain([portRule(77, 1), ...lines.toSpliced(6, 1)]));
    expect(diff.changes.map(({ action, kind }) => `${action} ${kind}`)).toEqual(['create rule', 'delete rule']);
    expect(countChanges(diff.changes)).toEqual({ create: 1, update: 0, delete: 1 });
  });

  test('of one of two equal rules touches that one', async () => {
    const kernel = new TestKernel();
    await bring(kernel, oneChain([portRule(1), portRule(1), portRule(2)]));
    const [first] = await handles(kernel, 'in');
    const diff = await bring(kernel, oneChain([portRule(1), portRule(3), portRule(2)]));
    expect(diff.changes.map(({ action }) => action)).toEqual(['update']);
    expect((await handles(kernel, 'in'))[0]).toBe(first);
  });

  test('of an interval deletes the old one before the new one that overlaps it', async () => {
    const set = { name: 'nets', type: 'ipv4_addr', origin: null } as const;
    const ruleset = (last: number): Ruleset => ({
      tables: [{ ...tableOf([]), sets: [{ ...set, elements: [range(0, last), one(900)] }] }],
    });
    const kernel = new TestKernel();
    await bring(kernel, ruleset(255));
    const diff = await bring(kernel, ruleset(511));
    expect(diff.operations.map(({ kind }) => kind)).toEqual(['delete elements', 'add elements']);
    expect(diff.changes.map(spellChange)).toEqual([
      '- element  inet/nets  0.0.0.0/24',
      '+ element  inet/nets  0.0.0.0/23',
    ]);
  });

  test('of a policy keeps chain and rules', async () => {
    const base = { hook: 'input', priority: 0, policy: 'drop' } as const;
    const ruleset = (policy: 'accept' | 'drop'): Ruleset => ({
      tables: [tableOf([{ name: 'in', base: { ...base, policy }, rules: lines }])],
    });
    const kernel = new TestKernel();
    await bring(kernel, ruleset('drop'));
    const before = await handles(kernel, 'in');
    const diff = await bring(kernel, ruleset('accept'));
    expect(diff.changes.map(spellChange)).toEqual(['~ chain  inet/in  hook input priority 0 policy accept']);
    expect(await handles(kernel, 'in')).toEqual(before);
  });

  test('of a priority makes the chain anew', async () => {
    const ruleset = (priority: number): Ruleset => ({
      tables: [tableOf([{ name: 'in', base: { hook: 'input', priority, policy: 'drop' }, rules: lines }])],
    });
    const kernel = new TestKernel();
    await bring(kernel, ruleset(0));
    const diff = await bring(kernel, ruleset(10));
    expect(diff.changes.map(spellChange)).toEqual(['~ chain  inet/in  hook input priority 10 policy drop, 9 rules']);
  });
});

test('an empty desired ruleset deletes the tables', async () => {
  const kernel = new TestKernel();
  await bring(kernel, oneChain([portRule(1)]));
  expect((await bring(kernel, { tables: [] })).operations).toEqual([{ kind: 'delete table', table: inet }]);
  expect((await kernel.read()).tables).toEqual([]);
});

test('a verdict map is filled last and emptied first', async () => {
  const verdict = { kind: 'goto', chain: 'guest' } as const;
  const ruleset: Ruleset = {
    tables: [
      {
        ...tableOf([{ name: 'guest', rules: [portRule(1)] }], 'bridge'),
        maps: [{ name: 'in', type: 'ifname', elements: [{ key: 'tap100i0', verdict, origin: null }] }],
      },
    ],
  };
  const kernel = new TestKernel();
  expect((await bring(kernel, ruleset)).operations.at(-1)?.kind).toBe('add map elements');
  const closing: Ruleset = {
    tables: [{ ...tableOf([], 'bridge'), maps: [{ name: 'in', type: 'ifname', elements: [] }] }],
  };
  expect((await bring(kernel, closing)).operations[0]?.kind).toBe('delete map elements');
});

describe('a dynamic set', () => {
  const limited = (rate: number, timeout: number, more: readonly Rule[] = []): Ruleset => ({
    tables: [
      {
        ...tableOf([{ name: 'in', rules: [updateRule('seen', rate), ...more] }]),
        dynamicSets: [{ name: 'seen', type: 'ipv4_addr', timeout, size: 100, origin: null }],
      },
    ],
  });
  const change = async (before: Ruleset, after: Ruleset) => {
    const kernel = new TestKernel();
    await bring(kernel, before);
    return (await bring(kernel, after)).changes.map(spellChange);
  };
  const set = 'set  inet/seen  ipv4_addr, filled by the kernel, at most 100 elements';

  test('is made before the rule that fills it', async () => {
    const kernel = new TestKernel();
    const { operations } = await bring(kernel, limited(200, 60));
    expect(operations.map(({ kind }) => kind)).toEqual(['add table', 'add dynamic set', 'add chain', 'add rule']);
  });

  test('stays while the rule that fills it stays', async () => {
    expect(await change(limited(200, 60), limited(200, 60, [portRule(1)]))).toEqual([
      '+ rule 100.fw:1  inet/in  tcp dport 1 counter accept',
    ]);
  });

  test('is made anew with another rate, which its elements would not learn of', async () => {
    const rule = 'update @seen { ip saddr limit rate over 100/second burst 5 packets } drop';
    expect(await change(limited(200, 60), limited(100, 60))).toEqual([
      `~ ${set}, 60 s each`,
      `~ rule  inet/in  ${rule}`,
    ]);
  });

  test('is made anew with another timeout, and its rule with it', async () => {
    const rule = 'update @seen { ip saddr limit rate over 200/second burst 5 packets } drop';
    expect(await change(limited(200, 60), limited(200, 30))).toEqual([
      `~ ${set}, 30 s each`,
      `~ rule  inet/in  ${rule}`,
    ]);
  });

  test('goes with its rule', async () => {
    expect(await change(limited(200, 60), oneChain([portRule(1)]))).toEqual([
      '- set  inet/seen',
      '~ rule 100.fw:1  inet/in  tcp dport 1 counter accept',
    ]);
  });
});

describe('a helper', () => {
  const ftp: CtHelper = { name: 'ftp', type: 'ftp', protocol: 'tcp', l3proto: 'inet', origin: null };
  const assigned = (helper: CtHelper): Ruleset => ({
    tables: [{ ...tableOf([{ name: 'in', rules: [helperRule('ftp')] }]), helpers: [helper] }],
  });
  const change = async (before: Ruleset, after: Ruleset) => {
    const kernel = new TestKernel();
    await bring(kernel, before);
    const { operations, changes } = await bring(kernel, after);
    return { operations: operations.map(({ kind }) => kind), changes: changes.map(spellChange) };
  };

  test('is made before the rule that assigns it, and goes after it', async () => {
    expect(await change(oneChain([]), assigned(ftp))).toEqual({
      operations: ['add helper', 'add rule'],
      changes: ['+ helper  inet/ftp  type "ftp" protocol tcp l3proto inet', '+ rule  inet/in  ct helper set "ftp"'],
    });
    expect(await change(assigned(ftp), oneChain([]))).toEqual({
      operations: ['flush chain', 'delete helper'],
      changes: ['- helper  inet/ftp', '- rule  inet/in  handle 1'],
    });
  });

  test('of another kind is made anew, and so is its rule', async () => {
    expect(await change(assigned(ftp), assigned({ ...ftp, l3proto: 'ip' }))).toEqual({
      operations: ['flush chain', 'delete helper', 'add helper', 'add rule'],
      changes: ['~ helper  inet/ftp  type "ftp" protocol tcp l3proto ip', '~ rule  inet/in  ct helper set "ftp"'],
    });
  });

  test('stays while nothing about it changes', async () => {
    expect(await change(assigned(ftp), assigned(ftp))).toEqual({ operations: [], changes: [] });
  });
});

describe('size', { timeout: 60_000 }, () => {
  const many = Array.from({ length: 10_000 }, (_, index) => portRule(index + 1));

  test.each([
    ['one of 10,000 rules edited', many, many.with(5_000, portRule(60_000)), 1],
    ['10,000 rules in reverse order', many, many.toReversed(), 19_998],
    ['10,000 equal rules, one of them gone', many.map(() => portRule(1)), many.slice(1).map(() => portRule(1)), 1],
    [
      '10,000 rules of two kinds, shuffled',
      many.map((_, index) => portRule(index % 2)),
      many.map((_, index) => portRule((index * 7919) % 3 === 0 ? 0 : 1)),
      null,
    ],
  ])('%s in less than five seconds', async (_name, before, after, changed) => {
    const kernel = new TestKernel();
    await bring(kernel, oneChain(before));
    const start = performance.now();
    const { changes } = diffRuleset(oneChain(after), await kernel.read());
    expect(performance.now() - start).toBeLessThan(5_000);
    if (changed !== null) expect(changes).toHaveLength(changed);
  });
});

/** The tables without handles, in an order of their own. */
async function contents(kernel: TestKernel) {
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  const { tables } = await kernel.read();
  return tables
    .map(({ family, chains, sets, maps, dynamicSets = [], helpers, foreignSets }) => ({
      family,
      foreignSets,
      chains: chains
        .map(({ rules, ...chain }) => ({ ...chain, rules: rules.map(({ digest }) => digest) }))
        .sort(byName),
      sets: sets
        .map((set) => ({ ...set, elements: set.elements.toSorted((a, b) => Number(a[0] - b[0])) }))
        .sort(byName),
      maps: maps
        .map(({ name, elements }) => ({ name, elements: elements.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }))
        .sort(byName),
      dynamicSets: dynamicSets.toSorted(byName),
      helpers,
    }))
    .sort((a, b) => (a.family < b.family ? -1 : 1));
}

/** The length of the longest common subsequence by the textbook table. */
function longest(a: readonly number[], b: readonly number[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    for (const [j, y] of b.entries()) {
      next.push(x === y ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
