import { describe, expect, test } from 'vitest';
import {
  type CurrentRuleset,
  countLines,
  one,
  type Rule,
  type Ruleset,
  ruleDigest,
} from '../../../src/ruleset/index.js';
import { is } from '../../support/rules.js';

const rule = (port: number, line: number | null, file = '100.fw'): Rule => ({
  matches: [is('th dport', one(port))],
  statements: [{ kind: 'counter' }],
  origin: line === null ? null : { file, line },
});

type Chains = Readonly<Record<string, readonly Rule[]>>;
const ruleset = (inet: Chains, bridge: Chains = {}): Ruleset => ({
  tables: (
    [
      ['inet', inet],
      ['bridge', bridge],
    ] as const
  ).map(([family, chains]) => ({
    family,
    name: 'ringwall',
    chains: Object.entries(chains).map(([name, rules]) => ({ name, rules })),
    sets: [],
    maps: [],
  })),
});

/** The kernel with these rules, of which the one with handle n counted n packets of 10 bytes each. */
function held({ tables }: Ruleset): CurrentRuleset {
  let handle = 0n;
  return {
    generation: 1,
    tables: tables.map(({ family, name, chains }) => ({
      ...{ family, name, sets: [], maps: [], foreignSets: [] },
      chains: chains.map((chain) => ({
        name: chain.name,
        rules: chain.rules.map((sent) => {
          handle += 1n;
          return { handle, digest: ruleDigest(sent), comment: null, counter: { packets: handle, bytes: handle * 10n } };
        }),
      })),
    })),
  };
}

const shown = (current: CurrentRuleset, present: Ruleset, applied = present) =>
  countLines(current, present, applied).map(
    ({ origin, packets, stale }) => `${origin.file}:${origin.line}${stale ? ' stale' : ''} ${packets}`,
  );

describe('counters by source line', () => {
  test('all rules of a line are one row, of both tables and any chains, in the order of files and lines', () => {
    const rules = ruleset(
      { in: [rule(1, 9), rule(2, 3), rule(3, 3, '099.fw')] },
      { a: [rule(4, 3), rule(5, null)], b: [rule(6, 10)] },
    );
    expect(countLines(held(rules), rules, rules)).toEqual([
      { origin: { file: '099.fw', line: 3 }, stale: false, packets: 3n, bytes: 30n },
      { origin: { file: '100.fw', line: 3 }, stale: false, packets: 6n, bytes: 60n },
      { origin: { file: '100.fw', line: 9 }, stale: false, packets: 1n, bytes: 10n },
      { origin: { file: '100.fw', line: 10 }, stale: false, packets: 6n, bytes: 60n },
    ]);
  });

  test('a line that moved has the number it has now', () => {
    const applied = ruleset({ in: [rule(1, 2), rule(2, 3)] });
    const present = ruleset({ in: [rule(1, 4), rule(2, 7)] });
    expect(shown(held(applied), present, applied)).toEqual(['100.fw:4 1', '100.fw:7 2']);
  });

  test('what the files ask for no more has the line it was applied from; what is new has no row yet', () => {
    const applied = ruleset({ in: [rule(1, 2), rule(2, 3), rule(3, 4)] });
    const present = ruleset({ in: [rule(1, 2), rule(22, 3), rule(3, 4), rule(4, 5)] });
    expect(shown(held(applied), present, applied)).toEqual(['100.fw:2 1', '100.fw:3 stale 2', '100.fw:4 3']);
  });

  test('a line whose rules are half in force is two rows: what it asks for, and what it asked for', () => {
    const applied = ruleset({ a: [rule(1, 2)], b: [rule(2, 2)] });
    const present = ruleset({ a: [rule(1, 2)], b: [rule(9, 2)] });
    expect(shown(held(applied), present, applied)).toEqual(['100.fw:2 1', '100.fw:2 stale 2']);
  });

  test('a rule that does not count has no row, nor has one of somebody else', () => {
    const rules = ruleset({ in: [rule(1, 2), rule(2, 3), rule(3, 4)] });
    const { generation, tables } = held(rules);
    const changed = tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((found) =>
          found.handle === 1n ? { ...found, counter: null } : found.handle === 2n ? { ...found, digest: null } : found,
        ),
      })),
    }));
    expect(shown({ generation, tables: changed }, rules)).toEqual(['100.fw:4 3']);
  });

  test('where the kernel holds nothing, nothing counts', () => {
    expect(countLines({ generation: 1, tables: [] }, ruleset({ in: [rule(1, 2)] }), { tables: [] })).toEqual([]);
  });
});
