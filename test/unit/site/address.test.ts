import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spellIpv6 } from '../../../src/ruleset/index.js';
import { parseAddressRange } from '../../../src/site/address.js';
import { parseAddress, parseNetwork } from '../../../src/site/index.js';

const v4 = (text: string): bigint => text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
const ends = (text: string) => {
  const result = parseNetwork(text);
  return result.ok ? [result.value.family, ...result.value.interval, result.note ?? ''] : result.problem;
};

describe('one address', () => {
  it.each([
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['1:2:3:4:5:6:7::', 0x00010002000300040005000600070000n],
    ['::2:3:4:5:6:7:8', 0x00000002000300040005000600070008n],
    ['1:2:3:4:5:6:7:8', 0x00010002000300040005000600070008n],
    ['::ffff:1.2.3.4', 0xffff01020304n],
    ['64:ff9b::192.0.2.33', (0x64ff9bn << 96n) | 0xc0000221n],
    ['1:2:3:4:5:6:1.2.3.4', 0x00010002000300040005000601020304n],
    ['FE80::ABCD', (0xfe80n << 112n) | 0xabcdn],
    ['2001:db8::0001', (0x20010db8n << 96n) | 1n],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', (1n << 128n) - 1n],
  ])('%s', (text, value) => {
    expect(parseAddress(text)).toEqual({ family: 6, value });
  });

  it.each(['0.0.0.0', '255.255.255.255', '192.0.2.10'])('%s', (text) => {
    expect(parseAddress(text)).toEqual({ family: 4, value: v4(text) });
  });

  it.each(
    [
      ['', ' ', '1', '10.0', '1.2.3', '1.2.3.4.5', '256.1.1.1', '010.0.0.1', '1.2.3.4 ', '0x7f.1', 'fe80::1%eth0'],
      [':', ':::', '1:2', '1::2::3', '12345::', '::1.2.3', '::256.1.1.1', '1:2:3:4:5:6:7:8:9', 'g::', '::1/64'],
    ].flat(),
  )('`%s` is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('reads IPv6 as the URL parser does', () => {
    const group = fc.nat(0xffff).map((value) => value.toString(16));
    const text = fc.oneof(
      fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
      fc
        .tuple(fc.array(group, { maxLength: 4 }), fc.array(group, { maxLength: 3 }))
        .map(([before, after]) => `${before.join(':')}::${after.join(':')}`),
      fc.tuple(fc.array(group, { maxLength: 3 }), fc.ipV4()).map(([before, last]) => `${before.join(':')}::${last}`),
    );
    fc.assert(
      fc.property(text, (literal) => {
        const read = parseAddress(literal);
        expect(read?.family).toBe(6);
        expect(`[${spellIpv6(read?.value ?? -1n)}]`).toBe(new URL(`http://[${literal}]`).hostname);
      }),
    );
  });
});

/** Spec firewall.md 2.4, column R. */
describe('a network', () => {
  it.each([
    ['10.0.0.5', [4, v4('10.0.0.5'), v4('10.0.0.5'), '']],
    ['10.0.0.5/32', [4, v4('10.0.0.5'), v4('10.0.0.5'), '']],
    ['10.0.0.0/24', [4, v4('10.0.0.0'), v4('10.0.0.255'), '']],
    ['10.0.0.5/24', [4, v4('10.0.0.0'), v4('10.0.0.255'), 'host bits']],
    ['0.0.0.0/0', [4, 0n, v4('255.255.255.255'), '']],
    ['1.2.3.4/0', [4, 0n, v4('255.255.255.255'), 'host bits']],
    ['128.0.0.0/1', [4, v4('128.0.0.0'), v4('255.255.255.255'), '']],
    ['10.0.0.0/255.255.255.0', [4, v4('10.0.0.0'), v4('10.0.0.255'), 'dotted mask']],
    ['10.0.0.9/255.255.255.0', [4, v4('10.0.0.0'), v4('10.0.0.255'), 'host bits']],
    ['10.0.0.0/255.255.255.255', [4, v4('10.0.0.0'), v4('10.0.0.0'), 'dotted mask']],
    ['0.0.0.0/0.0.0.0', [4, 0n, v4('255.255.255.255'), 'dotted mask']],
    ['::/0', [6, 0n, (1n << 128n) - 1n, '']],
    ['2001:db8::/32', [6, 0x20010db8n << 96n, (0x20010db9n << 96n) - 1n, '']],
    ['2001:db8::1/128', [6, (0x20010db8n << 96n) | 1n, (0x20010db8n << 96n) | 1n, '']],
    ['2001:db8::1/64', [6, 0x20010db8n << 96n, (0x20010db8n << 96n) + (1n << 64n) - 1n, 'host bits']],
  ])('%s', (text, expected) => {
    expect(ends(text)).toEqual(expected);
  });

  it.each([
    ['10', /not a whole IPv4 address/],
    ['10.0/8', /not a whole IPv4 address/],
    ['1.2.3', /not a whole IPv4 address/],
    ['010.0.0.1', /leading zeros/],
    ['fe80::1%eth0', /zone id/],
    ['10.0.0.0/33', /no prefix length of an IPv4 network/],
    ['10.0.0.0/', /no prefix length/],
    ['10.0.0.0/08', /no prefix length/],
    ['10.0.0.0/-1', /no prefix length/],
    ['10.0.0.0/255.0.255.0', /no prefix length/],
    ['2001:db8::/129', /no prefix length of an IPv6 network/],
    ['2001:db8::/255.255.0.0', /no prefix length/],
    ['/24', /missing/],
    ['', /missing/],
    ['10.0.0.0/8/8', /no prefix length/],
  ])('`%s` is none', (text, problem) => {
    expect(ends(text)).toMatch(problem);
  });

  it('holds exactly the addresses that share its prefix', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, (1n << 32n) - 1n),
        fc.nat(32),
        fc.bigInt(0n, (1n << 32n) - 1n),
        (own, length, other) => {
          const dotted = [24n, 16n, 8n, 0n].map((shift) => (own >> shift) & 255n).join('.');
          const result = parseNetwork(`${dotted}/${length}`);
          if (!result.ok) throw new Error(result.problem);
          const [first, last] = result.value.interval;
          const shared = own >> BigInt(32 - length) === other >> BigInt(32 - length);
          expect(first <= other && other <= last).toBe(shared);
        },
      ),
    );
  });
});

describe('a range', () => {
  it.each([
    ['10.0.0.1-10.0.0.9', 4, v4('10.0.0.1'), v4('10.0.0.9')],
    ['10.0.0.1-10.0.0.1', 4, v4('10.0.0.1'), v4('10.0.0.1')],
    ['2001:db8::1-2001:db8::ff', 6, (0x20010db8n << 96n) | 1n, (0x20010db8n << 96n) | 0xffn],
  ])('%s', (text, family, first, last) => {
    expect(parseAddressRange(text)).toEqual({ ok: true, value: { family, interval: [first, last] } });
  });

  it.each([
    ['10.0.0.9-10.0.0.1', /backwards/],
    ['10.0.0.1-2001:db8::1', /one address family and ends with the other/],
    ['10.0.0.1-', /missing/],
    ['-10.0.0.1', /missing/],
    ['10.0.0.0/24-10.0.0.9', /no IPv4 or IPv6 address/],
    ['10.0.0.1-9', /not a whole/],
    ['10.0.0.1-10.0.0.5-10.0.0.9', /more than two ends/],
  ])('`%s` is none', (text, problem) => {
    const result = parseAddressRange(text);
    expect(result.ok ? 'read' : result.problem).toMatch(problem);
  });
});
