import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { countedBetween, deciding, readDesired } from '../../../src/demo/index.js';
import { type CurrentRuleset, commentOf, ruleDigest } from '../../../src/ruleset/index.js';

const site = readDesired(fileURLToPath(new URL('../../../demo/site', import.meta.url)));

/** A kernel that holds the demo site; `counted` are chains with the comments of the rules that have met one packet. */
function kernel(counted: Readonly<Record<string, readonly string[]>> = {}): CurrentRuleset {
  let handle = 0n;
  const tables = site.ruleset.tables.map(({ family, name, chains }) => ({
    family,
    name,
    sets: [],
    maps: [],
    foreignSets: [],
    chains: chains.map((chain) => ({
      name: chain.name,
      rules: chain.rules.map((rule) => {
        handle += 1n;
        const hit = counted[`${family}/${chain.name}`]?.includes(commentOf(rule) ?? '') === true;
        const counts = rule.statements.some(({ kind }) => kind === 'counter');
        return {
          handle,
          digest: ruleDigest(rule),
          comment: 'a comment of long ago',
          counter: counts ? { packets: hit ? 1n : 0n, bytes: hit ? 60n : 0n } : null,
        };
      }),
    })),
  }));
  return { generation: 1, tables };
}

/** Who decided, when these rules have counted. */
function decider(passed: boolean, counted: Readonly<Record<string, readonly string[]>>): string | null {
  const found = deciding(countedBetween(site.ruleset, kernel(), kernel(counted)), passed);
  return found === null ? null : `${found.family}/${found.chain} ${commentOf(found.rule)}`;
}

describe('who decided, by what the kernel counted', () => {
  test('the last rule that let a packet in, in the order of its way and not of the table', () => {
    const counted = {
      'bridge/guest-100-in': ['100.fw:5'],
      'bridge/group-web-in': ['cluster.fw:9'],
      'bridge/guest-200-out': ['200.fw:4 policy_out'],
      'bridge/guest-100-out': ['policy_out'],
    };
    expect(decider(true, counted)).toBe('bridge/group-web-in cluster.fw:9');
    expect(decider(true, { 'bridge/guest-100-out': ['policy_out'], 'inet/host-in': ['host.fw:3'] })).toBe(
      'inet/host-in host.fw:3',
    );
    expect(decider(true, { 'inet/output': ['policy_out'], 'bridge/group-web-in': ['cluster.fw:10'] })).toBe(
      'bridge/group-web-in cluster.fw:10',
    );
  });

  test('the line that refused, not the chain that carries the refusal out', () => {
    const counted = { 'bridge/guest-100-out': ['100.fw:7'], 'bridge/refuse': ['reject'] };
    expect(decider(false, counted)).toBe('bridge/guest-100-out 100.fw:7');
  });

  test('a policy, with the line that says it or without', () => {
    expect(decider(false, { 'bridge/guest-200-in': ['200.fw:3 policy_in'] })).toBe(
      'bridge/guest-200-in 200.fw:3 policy_in',
    );
    expect(decider(false, { 'bridge/guest-100-in': ['policy_in'] })).toBe('bridge/guest-100-in policy_in');
  });

  test('an implied rule only where no line did', () => {
    expect(decider(false, { 'bridge/guest-100-net0-out': ['macfilter'] })).toBe('bridge/guest-100-net0-out macfilter');
    expect(
      decider(false, { 'bridge/guest-100-net0-out': ['macfilter'], 'bridge/guest-200-in': ['200.fw:3 policy_in'] }),
    ).toBe('bridge/guest-200-in 200.fw:3 policy_in');
    expect(decider(true, { 'inet/input': ['management'] })).toBe('inet/input management');
  });

  test('nobody, where only the background counted, or the outcome is none of what counted', () => {
    const background = { 'bridge/guest-100-net0-in': ['established', 'not IP', 'neighbor discovery'] };
    expect(decider(true, background)).toBeNull();
    expect(decider(false, background)).toBeNull();
    expect(decider(true, { 'bridge/guest-200-in': ['200.fw:3 policy_in'] })).toBeNull();
    expect(decider(false, {})).toBeNull();
  });

  test('counters of other rules than the files ask for are not read', () => {
    const [table, ...others] = kernel().tables;
    const [chain, ...chains] = table?.chains ?? [];
    if (table === undefined || chain === undefined) throw new Error('the demo site compiles to no chain');
    const shortened = { ...table, chains: [{ ...chain, rules: chain.rules.slice(1) }, ...chains] };
    expect(() => countedBetween(site.ruleset, kernel(), { generation: 2, tables: [shortened, ...others] })).toThrow(
      expect.objectContaining({ code: 'kernel-differs' }),
    );
  });
});
