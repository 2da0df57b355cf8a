import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spellInterval, spellIpv4, spellIpv6, spellMac, spellValue } from '../../../src/ruleset/index.js';

const urlHost = (host: string): string => new URL(`http://${host}`).hostname;
const groupsOf = (value: bigint): string =>
  Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':');

/** RFC 5952, section 4, and RFC 4291, section 2.2. */
describe('IPv6', () => {
  it.each([
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['2001:db8::1', (0x20010db8n << 96n) | 1n],
    ['2001:db8:0:1:1:1:1:1', 0x20010db8000000010001000100010001n],
    ['2001:db8::1:0:0:1', 0x20010db8000000000001000000000001n],
    ['2001:0:0:1::1', 0x20010000000000010000000000000001n],
    ['1:0:0:2::3', 0x00010000000000020000000000000003n],
    ['::ffff:102:304', 0xffff01020304n],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', (1n << 128n) - 1n],
    ['::abcd:0', 0xabcdn << 16n],
  ])('%s', (text, value) => {
    expect(spellIpv6(value)).toBe(text);
  });

  it('is spelled as the URL parser does', () => {
    const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) });
    const value = fc
      .array(group, { minLength: 8, maxLength: 8 })
      .map((groups) => groups.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n));
    fc.assert(
      fc.property(value, (address) => {
        expect(`[${spellIpv6(address)}]`).toBe(urlHost(`[${groupsOf(address)}]`));
      }),
    );
  });
});

it('IPv4 is spelled as the URL parser does', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, (1n << 32n) - 1n), (address) => {
      expect(spellIpv4(address)).toBe(urlHost(address.toString()));
    }),
  );
});

it('MAC addresses have all their zeros', () => {
  expect(spellMac(0n)).toBe('00:00:00:00:00:00');
  expect(spellMac(0x020000000a01n)).toBe('02:00:00:00:0a:01');
  expect(spellMac((1n << 48n) - 1n)).toBe('ff:ff:ff:ff:ff:ff');
});

describe('values and intervals', () => {
  it.each([
    ['0.0.0.0/0', 'ipv4_addr', 32, [0n, (1n << 32n) - 1n]],
    ['10.0.0.0/8', 'ipv4_addr', 32, [0x0a000000n, 0x0affffffn]],
    ['10.0.0.0', 'ipv4_addr', 32, [0x0a000000n, 0x0a000000n]],
    ['10.0.0.0/31', 'ipv4_addr', 32, [0x0a000000n, 0x0a000001n]],
    ['10.0.0.1-10.0.0.2', 'ipv4_addr', 32, [0x0a000001n, 0x0a000002n]],
    ['::/0', 'ipv6_addr', 128, [0n, (1n << 128n) - 1n]],
    ['::1-::2', 'ipv6_addr', 128, [1n, 2n]],
    ['80-90', 'inet_service', 16, [80n, 90n]],
    ['0-65535', 'inet_service', 16, [0n, 65535n]],
    ['tcp', 'inet_proto', 8, [6n, 6n]],
    ['47', 'inet_proto', 8, [47n, 47n]],
    ['1-4', 'icmpv6_type', 8, [1n, 4n]],
    ['nd-neighbor-solicit', 'icmpv6_type', 8, [135n, 135n]],
    ['4', 'icmp_code', 8, [4n, 4n]],
    ['ip6', 'ether_type', 16, [0x86ddn, 0x86ddn]],
    ['0x88cc', 'ether_type', 16, [0x88ccn, 0x88ccn]],
    ['0x00007277', 'mark', 32, [0x7277n, 0x7277n]],
  ] as const)('%s', (text, type, width, interval) => {
    expect(spellInterval(type, width, interval)).toBe(text);
  });

  it('a number stands for what has no name', () => {
    expect(spellValue('icmp_type', 15n)).toBe('15');
    expect(spellValue('icmpv6_type', 143n)).toBe('143');
    expect(spellValue('fib_addrtype', 5n)).toBe('multicast');
    expect(spellValue('fib_addrtype', 99n)).toBe('99');
  });
});
