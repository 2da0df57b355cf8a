import { describe, expect, test } from 'vitest';
import { closedIntervals, intervalElements } from '../../../src/netlink/nftables/elements.js';
import { encodeInTurns, encodeOperations } from '../../../src/netlink/nftables/encode.js';
import { lowerRule } from '../../../src/netlink/nftables/lower.js';
import { element, elementList, rule as ruleObject } from '../../../src/netlink/nftables/schema.js';
import { readRuleUserdata, ruleUserdata } from '../../../src/netlink/nftables/userdata.js';
import { parseMessages } from '../../../src/netlink/wire.js';
import { type Interval, type NamedSet, type Operation, one, range, ruleDigest } from '../../../src/ruleset/index.js';
import { accept, is, names, ours, rule } from '../../support/rules.js';

const table = ours('inet');
const options = { firstSequence: 100, generation: 7, end: 'commit' } as const;
const addRule = (added = rule([])): Operation => ({
  kind: 'add rule',
  table,
  chain: 'c',
  rule: added,
  position: { at: 'end' },
});

describe('a batch', () => {
  test('begins with the generation, ends, and numbers its messages', () => {
    const batch = encodeOperations([{ kind: 'add table', table }], options);
    const messages = parseMessages(batch.bytes);
    expect(messages.map(({ type, sequence }) => [type, sequence])).toEqual([
      [0x10, 100],
      [0xa00, 101],
      [0x11, 102],
    ]);
    expect(messages[0]?.payload.toString('hex')).toBe('0000000a' + '0800010000000007');
    expect([100, 101, 102, 103].map((sequence) => batch.operationOf(sequence))).toEqual([null, 0, null, null]);
  });

  test('without end is a dry run', () => {
    const { bytes } = encodeOperations([{ kind: 'add table', table }], { ...options, end: 'dry run' });
    expect(parseMessages(bytes).map(({ type }) => type)).toEqual([0x10, 0xa00]);
  });

  test('has the same bytes when it is encoded in turns', async () => {
    const operations = Array.from({ length: 2000 }, (_, n) => addRule(rule([is('ip saddr', one(n), one(n + 2))])));
    const inTurns = await encodeInTurns(operations, options);
    expect(inTurns.bytes.equals(encodeOperations(operations, options).bytes)).toBe(true);
  });

  test('traces every message of a rule with anonymous sets to its operation', () => {
    const several = rule([is('ip saddr', one(1), one(5)), names('iifname', 'a', 'b')]);
    const batch = encodeOperations([{ kind: 'add table', table }, addRule(several), addRule()], options);
    const traced = parseMessages(batch.bytes).map(({ type, sequence }) => [type & 0xff, batch.operationOf(sequence)]);
    expect(traced).toEqual([
      [0x10, null],
      [0, 0],
      [9, 1],
      [12, 1],
      [9, 1],
      [12, 1],
      [6, 1],
      [6, 2],
      [0x11, null],
    ]);
  });

  test('gives two rules with anonymous sets different set numbers', () => {
    const several = rule([is('ip saddr', one(1), one(5))]);
    const { bytes } = encodeOperations([addRule(several), addRule(several)], options);
    const ids = parseMessages(bytes)
      .filter(({ type }) => type === 0xa0c)
      .map(({ payload }) => elementList.read(payload, 4, payload.length).setId);
    expect(ids).toEqual([1, 2]);
  });

  test('turns the offset of an extended acknowledgement into a path', () => {
    const batch = encodeOperations([addRule(rule([is('ip saddr', one(1))]))], options);
    expect(batch.pathOf(101, 20)).toBe('rule.table');
    expect(batch.pathOf(101, 48)).toBe('rule.expressions[0].meta');
    expect(batch.pathOf(100, 20)).toBeNull();
    expect(batch.pathOf(999, 20)).toBeNull();
  });

  test('splits long lists of elements, none of which may pass 65535 bytes', () => {
    const set: NamedSet = { name: 's', type: 'ipv4_addr', elements: [], origin: null };
    const elements = Array.from({ length: 5000 }, (_, n): Interval => one(n * 2));
    const { bytes } = encodeOperations([{ kind: 'add elements', table, set, elements }], options);
    const lists = parseMessages(bytes).filter(({ type }) => type === 0xa0c);
    expect(lists.length).toBeGreaterThan(2);
    for (const { payload } of lists) expect(payload.length).toBeLessThan(65_535);
    const sent = lists.flatMap(({ payload }) => elementList.read(payload, 4, payload.length).elements ?? []);
    expect(closedIntervals(sent, 4)).toEqual(elements);
  });

  test('notes digest and source line in a rule', () => {
    const noted = { ...rule([], [accept]), origin: { file: 'etc/pve/firewall/100.fw', line: 12 }, note: 'x' };
    const [, message] = parseMessages(encodeOperations([addRule(noted)], options).bytes);
    if (message === undefined) throw new Error('no message');
    const { userdata } = ruleObject.read(message.payload, 4, message.payload.length);
    expect(readRuleUserdata(userdata)).toEqual({ digest: ruleDigest(noted), comment: '100.fw:12 x' });
    expect(userdata?.toString('latin1')).toContain('\x00\x0c100.fw:12 x\0\x72\x08');
  });

  test.each([
    ['an interface name too long', rule([names('iifname', 'sixteen-bytes-xx')])],
    ['an empty interface name', rule([names('iifname', '')])],
    ['a port too large', rule([is('th dport', one(65_536))])],
    ['a negative number', rule([is('meta l4proto', one(-1))])],
  ])('refuses %s', (_what, bad) => {
    expect(() => encodeOperations([addRule(bad)], options)).toThrow(RangeError);
  });
});

describe('intervals', () => {
  test.each([
    ['none', []],
    ['the first value', [one(0)]],
    ['all values', [range(0, 255)]],
    ['neighbours', [one(1), one(2)]],
    ['first to last', [range(0, 9), range(10, 19), range(200, 255)]],
  ])('%s: survive the way through elements, in any order', (_what, intervals) => {
    const elements = intervalElements(intervals, 1);
    expect(closedIntervals(elements, 1)).toEqual(intervals);
    expect(closedIntervals([...elements].reverse(), 1)).toEqual(intervals);
  });

  test('the END nft puts before the first interval means nothing', () => {
    const [start, end] = intervalElements([range(5, 6)], 1);
    const leading = element.read(Buffer.from('08000300000000010c000180050001000000000000', 'hex'), 0, 20);
    if (start === undefined || end === undefined) throw new Error('no elements');
    expect(closedIntervals([leading, start, end], 1)).toEqual([range(5, 6)]);
  });
});

describe('dependencies', () => {
  const kinds = (...args: Parameters<typeof lowerRule>): string[] =>
    lowerRule(...args).expressions.map((expression) => expression.kind);

  test('are checked once per rule', () => {
    expect(kinds(rule([is('ip saddr', one(1)), is('ip daddr', one(2))]), 'inet')).toEqual([
      ...['meta', 'cmp', 'payload', 'cmp', 'payload', 'cmp'],
      'immediate',
    ]);
  });

  test('are not repeated where the rule has them', () => {
    expect(kinds(rule([is('meta nfproto', one(2)), is('ip saddr', one(1))]), 'inet')).toHaveLength(5);
    expect(kinds(rule([is('meta protocol', one(0x800)), is('ip saddr', one(1))]), 'bridge')).toHaveLength(5);
  });

  test('are not taken from a match of something else', () => {
    expect(kinds(rule([is('meta protocol', one(0x800)), is('ip saddr', one(1))]), 'inet')).toHaveLength(7);
    expect(kinds(rule([is('meta nfproto', one(10)), is('ip saddr', one(1))]), 'inet')).toHaveLength(7);
    expect(kinds(rule([is('meta nfproto', one(2), one(10)), is('ip saddr', one(1))]), 'inet')).toHaveLength(7);
  });

  test('of a TCP reset come first', () => {
    const reset = rule([is('ip saddr', one(1))], [{ kind: 'reject', with: 'tcp reset' }]);
    expect(lowerRule(reset, 'inet').expressions.slice(0, 2)).toEqual([
      { kind: 'meta', dreg: 1, key: 16 },
      { kind: 'cmp', sreg: 1, op: 0, data: { value: Buffer.from([6]) } },
    ]);
  });
});

describe('userdata', () => {
  test('of a stranger is read as far as it makes sense', () => {
    expect(readRuleUserdata(undefined)).toEqual({ digest: null, comment: null });
    expect(readRuleUserdata(Buffer.from([0]))).toEqual({ digest: null, comment: null });
    expect(readRuleUserdata(Buffer.from([0x72, 200, 1]))).toEqual({ digest: null, comment: null });
    expect(readRuleUserdata(Buffer.from([0x72, 1, 1, 0, 2, 65, 0]))).toEqual({ digest: null, comment: 'A' });
  });

  test('stays within the kernel limit for the longest comment', () => {
    expect(ruleUserdata('0011223344556677', 'x'.repeat(127)).length).toBeLessThanOrEqual(256);
  });
});
