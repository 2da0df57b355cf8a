import { expect, test } from 'vitest';
import {
  type CurrentRuleset,
  type CurrentTable,
  type Rule,
  type Ruleset,
  recallRuleset,
  ruleDigest,
} from '../../../src/ruleset/index.js';

const rule = (port: number, line: number): Rule => ({
  matches: [{ kind: 'values', field: 'th dport', negated: false, values: [[BigInt(port), BigInt(port)]] }],
  statements: [{ kind: 'verdict', verdict: { kind: 'drop' } }],
  origin: { file: 'host.fw', line },
});
const known: Ruleset = {
  tables: [
    {
      family: 'inet',
      name: 'ringwall',
      sets: [],
      maps: [],
      chains: [{ name: 'a', rules: [rule(22, 2), rule(23, 3)] }],
    },
  ],
};
const held = (digests: readonly (string | null)[], more: Partial<CurrentTable> = {}): CurrentRuleset => ({
  generation: 1,
  tables: [
    {
      family: 'inet',
      name: 'ringwall',
      chains: [
        {
          name: 'b',
          base: { hook: 'input', priority: 0, policy: 'accept' },
          rules: digests.map((digest, at) => ({ handle: BigInt(at), digest, comment: null, counter: null })),
        },
      ],
      sets: [{ name: 's', type: 'ipv4_addr', elements: [[1n, 2n]] }],
      maps: [{ name: 'm', type: 'ifname', elements: [{ key: 'eth0', verdict: { kind: 'accept' } }] }],
      foreignSets: [],
      ...more,
    },
  ],
});

test('rules are known by what they do, in the order and the chains of the kernel, with its sets and maps', () => {
  const found = recallRuleset(held([ruleDigest(rule(23, 3)), ruleDigest(rule(22, 99))]), [{ tables: [] }, known]);
  expect(found?.tables).toEqual([
    {
      family: 'inet',
      name: 'ringwall',
      chains: [
        {
          name: 'b',
          base: { hook: 'input', priority: 0, policy: 'accept' },
          rules: [rule(23, 3), rule(22, 2)],
        },
      ],
      sets: [{ name: 's', type: 'ipv4_addr', elements: [[1n, 2n]], origin: null }],
      maps: [{ name: 'm', type: 'ifname', elements: [{ key: 'eth0', verdict: { kind: 'accept' }, origin: null }] }],
    },
  ]);
});

test('nobody knows a rule without a digest, one that no ruleset has, and a hook that is not ours', () => {
  expect(recallRuleset(held([null]), [known])).toBeNull();
  expect(recallRuleset(held([ruleDigest(rule(24, 2))]), [known])).toBeNull();
  expect(recallRuleset(held([], { chains: [{ name: 'c', base: 'foreign', rules: [] }] }), [known])).toBeNull();
});

test('a table that is switched off does nothing, whatever is in it', () => {
  expect(recallRuleset(held([null], { dormant: true }), [known])).toEqual({ tables: [] });
});

test('a kernel without tables of ours holds no rules', () => {
  expect(recallRuleset({ generation: 1, tables: [] }, [])).toEqual({ tables: [] });
});
