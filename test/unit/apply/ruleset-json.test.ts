import fc from 'fast-check';
import { expect, test } from 'vitest';
import { one, type Ruleset, range, TABLE_NAME } from '../../../src/ruleset/index.js';
import { rulesetFromJson, rulesetToJson } from '../../../src/ruleset/json.js';
import { randomRuleset } from './random-ruleset.js';

/** One of everything a ruleset can hold. */
const everything: Ruleset = {
  tables: [
    {
      family: 'bridge',
      name: TABLE_NAME,
      sets: [{ name: 's', type: 'ipv6_addr', elements: [range(0n, (1n << 128n) - 1n)], origin: null }],
      maps: [
        {
          name: 'm',
          type: 'ifname',
          elements: [{ key: 'tap1i0', verdict: { kind: 'goto', chain: 'c' }, origin: { file: 'x.fw', line: 3 } }],
        },
        {
          name: 'macs',
          type: 'ether_addr',
          elements: [{ key: 0xbc2411000001n, verdict: { kind: 'drop' }, origin: null }],
        },
      ],
      helpers: [{ name: 'h', type: 'ftp', protocol: 'tcp', l3proto: 'inet', origin: { file: 'x.fw', line: 5 } }],
      dynamicSets: [{ name: 'd', type: 'ipv6_addr', timeout: 60, size: 9, origin: { file: 'x.fw', line: 4 } }],
      chains: [
        {
          name: 'c',
          base: { hook: 'prerouting', priority: -200, policy: 'accept' },
          rules: [
            {
              note: 'implied',
              origin: null,
              matches: [
                { kind: 'values', field: 'ip6 saddr', negated: true, values: [one(1n << 127n)] },
                { kind: 'set', field: 'ip6 daddr', negated: false, set: 's' },
                { kind: 'names', field: 'iifname', negated: false, names: ['tap*', 'eth0'] },
                { kind: 'names', field: 'meta ibrname', negated: false, names: ['vmbr0'] },
                { kind: 'flags', field: 'ct state', test: 'any', mask: 6 },
                { kind: 'flags', field: 'tcp flags', test: 'exactly', mask: 23, value: 2, negated: true },
              ],
              statements: [
                { kind: 'counter' },
                { kind: 'limit', rate: 1, unit: 'second', burst: 5 },
                { kind: 'update', set: 'd', field: 'ip6 saddr', prefix: 64, rate: 200, unit: 'second', burst: 1000 },
                { kind: 'log', group: 0, prefix: 'p' },
                { kind: 'set mark', field: 'ct mark', value: 0x80000000 },
                { kind: 'dispatch', field: 'oifname', map: 'm' },
                { kind: 'dispatch', field: 'ether daddr', map: 'macs' },
                { kind: 'reject', with: 'tcp reset' },
                { kind: 'queue', first: 1, last: 4 },
                { kind: 'set helper', helper: 'h' },
                { kind: 'verdict', verdict: { kind: 'return' } },
              ],
            },
          ],
        },
      ],
    },
  ],
};

test('what is written is read back the same', () => {
  expect(rulesetFromJson(rulesetToJson(everything), 'f')).toEqual(everything);
  fc.assert(
    fc.property(randomRuleset, (ruleset) => {
      expect(rulesetFromJson(rulesetToJson(ruleset), 'f')).toEqual(ruleset);
    }),
    { numRuns: 200 },
  );
});

test('cut anywhere it is a damaged file with its name', () => {
  const text = rulesetToJson(everything);
  for (let length = 0; length < text.length; length += 1) {
    expect(() => rulesetFromJson(text.slice(0, length), '/state/ruleset.json')).toThrow(
      '/state/ruleset.json is damaged: it is no complete JSON text',
    );
  }
});

test.each([
  ['"family":"bridge"', '"family":"ip"', 'tables[0].family is not one of inet, bridge'],
  ['"name":"ringwall"', '"name":"filter"', 'tables[0].name is not ringwall'],
  ['"ipv6_addr"', '"ipv7_addr"', 'tables[0].sets[0].type is not a data type this version knows'],
  ['["0",', '[0,', 'tables[0].sets[0].elements[0][0] is not a decimal number as text'],
  ['["0",', '["-1",', 'tables[0].sets[0].elements[0][0] is not a decimal number as text'],
  ['["0","340282366920938463463374607431768211455"]', '["2","1"]', 'elements[0] is not an interval of two numbers'],
  ['"priority":-200', '"priority":"x"', 'tables[0].chains[0].base.priority is not a whole number'],
  ['"ether_addr"', '"ifname "', 'tables[0].maps[1].type is not one of ifname, ether_addr'],
  ['"ifname"', '"ether_addr"', 'tables[0].maps[0].elements[0].key is not a decimal number as text'],
  ['"negated":true', '"negated":1', 'matches[0].negated is not true or false'],
  ['"ip6 saddr"', '"toString"', 'matches[0].field is not a field this version knows'],
  ['"chains":[', '"chain":[', 'tables[0].chains is not a list'],
])('%s as %s is refused', (good, bad, message) => {
  const text = rulesetToJson(everything);
  expect(text).toContain(good);
  expect(() => rulesetFromJson(text.replace(good, bad), 'f')).toThrow(message);
});
