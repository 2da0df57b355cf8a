import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NftablesPort, openNftables } from '../../src/netlink/index.js';
import { diffRuleset, one, type Ruleset } from '../../src/ruleset/index.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { accept, counter, jump, ours, rule } from '../support/rules.js';
import { randomRuleset } from '../unit/apply/random-ruleset.js';

let netns: TestNamespace;
let kernel: NftablesPort;
beforeEach(() => {
  netns = makeNamespace();
  kernel = openNftables(netns.name);
});
afterEach(() => {
  kernel.close();
  netns.remove();
});

const bring = async (desired: Ruleset): Promise<void> => {
  const current = await kernel.read();
  const { operations } = diffRuleset(desired, current);
  if (operations.length > 0) expect(await kernel.commit(operations, current.generation)).toEqual({ ok: true });
  expect(diffRuleset(desired, await kernel.read())).toEqual({ operations: [], changes: [] });
};

test('the kernel takes the way from any ruleset to any other, and then nothing differs', async () => {
  // One kernel for all runs: each ruleset is reached from the one before it.
  await fc.assert(fc.asyncProperty(randomRuleset, bring), { numRuns: 150 });
});

const small: Ruleset = {
  tables: [
    {
      ...ours('inet'),
      sets: [{ name: 'trusted', type: 'ipv4_addr', elements: [one(1), one(3)], origin: null }],
      maps: [],
      chains: [
        { name: 'in', base: { hook: 'input', priority: 0, policy: 'accept' }, rules: [rule([], [jump('sub')])] },
        { name: 'sub', rules: [rule([], [counter, accept])] },
      ],
    },
  ],
};

test.each([
  ['the table switched off', 'add table inet ringwall { flags dormant; }'],
  ['a rule with a chain inside', 'add rule inet ringwall in jump { tcp dport 22 accept; }'],
  [
    'a chain inside, reached from a foreign chain',
    'add chain inet ringwall x; add rule inet ringwall x jump { accept; }',
  ],
  [
    'a chain of ours with another type',
    'flush ruleset\nadd table inet ringwall\nadd chain inet ringwall sub { type nat hook input priority 5; }',
  ],
  [
    'a set of ours with room for one element',
    'flush ruleset\nadd table inet ringwall\nadd set inet ringwall trusted { type ipv4_addr; flags interval; size 1; }',
  ],
  [
    'a verdict map of another key',
    'add map inet ringwall m { type ipv4_addr : verdict; elements = { 9.9.9.9 : jump sub }; }',
  ],
])('%s is found and repaired', async (_what, text) => {
  await bring(small);
  netns.load(text);
  expect(diffRuleset(small, await kernel.read()).changes).not.toEqual([]);
  await bring(small);
});
