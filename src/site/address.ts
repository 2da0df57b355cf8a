import { isIPv4, isIPv6 } from 'node:net';
import type { Interval } from '../ruleset/index.js';
import { prefixLength } from '../ruleset/index.js';

export type AddressFamily = 4 | 6;

/** Addresses of one family, as one interval: a single address, a network, or a range. */
export interface AddressRange {
  readonly family: AddressFamily;
  readonly interval: Interval;
}

/** What reading an address literal gives; `note` is worth a warning although the literal is accepted. */
export type AddressResult =
  | { readonly ok: true; readonly value: AddressRange; readonly note?: AddressNote }
  | { readonly ok: false; readonly problem: string; readonly help: string };

/** `host bits`: 10.0.0.5/24 means 10.0.0.0/24. `dotted mask`: 10.0.0.0/255.255.255.0. */
export type AddressNote = 'host bits' | 'dotted mask';

const WRITE_WHOLE = 'write the address in full, for example 192.0.2.10, 192.0.2.0/24 or 2001:db8::/64';

export const widthOf = (family: AddressFamily): 32 | 128 => (family === 4 ? 32 : 128);

/** Every address of a family. */
export const everything = (family: AddressFamily): AddressRange => ({
  family,
  interval: [0n, (1n << BigInt(widthOf(family))) - 1n],
});

/** Reads one address without prefix; undefined when it is none. Zone ids and short forms are none. */
export function parseAddress(text: string): { readonly family: AddressFamily; readonly value: bigint } | undefined {
  if (isIPv4(text)) return { family: 4, value: ipv4Value(text) };
  if (text.includes(':') && isIPv6(text) && !text.includes('%')) return { family: 6, value: ipv6Value(text) };
  return undefined;
}

/** Could this word be meant as an address? Decides between "bad address" and "unknown alias" in messages. */
export const looksLikeAddress = (text: string): boolean =>
  /^[0-9]/.test(text) || text.includes(':') || text.includes('/');

/** Reads `address`, `address/prefix` or `address/dotted-mask` (spec firewall.md 2.4). */
export function parseNetwork(text: string): AddressResult {
  const slash = text.indexOf('/');
  const literal = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(literal);
  if (address === undefined) return { ok: false, problem: addressProblem(literal), help: WRITE_WHOLE };
  const { family, value } = address;
  const width = widthOf(family);
  if (slash < 0) return { ok: true, value: { family, interval: [value, value] } };

  const suffix = text.slice(slash + 1);
  const dotted = family === 4 && isIPv4(suffix);
  const length = dotted
    ? maskLength(ipv4Value(suffix))
    : /^(0|[1-9][0-9]{0,2})$/.test(suffix)
      ? Number(suffix)
      : undefined;
  if (length === undefined || length > width) {
    return {
      ok: false,
      problem: `\`${suffix}\` is no prefix length of an IPv${family} network`,
      help: `use a number from 0 to ${width} after the slash`,
    };
  }
  const size = 1n << BigInt(width - length);
  const first = value - (value % size);
  const network: AddressRange = { family, interval: [first, first + size - 1n] };
  if (first !== value) return { ok: true, value: network, note: 'host bits' };
  return dotted ? { ok: true, value: network, note: 'dotted mask' } : { ok: true, value: network };
}

/** Reads `first-last`, both of one family and in order. */
export function parseAddressRange(text: string): AddressResult {
  const [from = '', to = '', ...more] = text.split('-');
  if (more.length > 0)
    return { ok: false, problem: `${text} has more than two ends`, help: 'write a range as first-last' };
  const first = parseAddress(from);
  const last = parseAddress(to);
  if (first === undefined) return { ok: false, problem: addressProblem(from), help: WRITE_WHOLE };
  if (last === undefined) return { ok: false, problem: addressProblem(to), help: WRITE_WHOLE };
  if (first.family !== last.family) {
    return {
      ok: false,
      problem: `the range ${text} begins with one address family and ends with the other`,
      help: 'use two addresses of one family',
    };
  }
  if (first.value > last.value) {
    return { ok: false, problem: `the range ${text} runs backwards`, help: `write ${to}-${from}` };
  }
  return { ok: true, value: { family: first.family, interval: [first.value, last.value] } };
}

/** Is the interval a CIDR block (and not a mere range)? */
export const isNetwork = ({ family, interval }: AddressRange): boolean =>
  prefixLength(interval, widthOf(family)) !== undefined;

function ipv4Value(text: string): bigint {
  return BigInt(text.split('.').reduce((value, part) => value * 256 + Number(part), 0));
}

function ipv6Value(text: string): bigint {
  const dots = text.lastIndexOf('.') < 0 ? null : text.slice(text.lastIndexOf(':') + 1);
  const tail = dots === null ? null : ipv4Value(dots);
  const hex =
    tail === null || dots === null
      ? text
      : `${text.slice(0, -dots.length)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [head = '', rest] = hex.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = rest === undefined || rest === '' ? [] : rest.split(':');
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return groups.reduce((value, group) => (value << 16n) | BigInt(Number.parseInt(group, 16)), 0n);
}

function maskLength(mask: bigint): number | undefined {
  const inverted = 0xffffffffn - mask;
  return (inverted & (inverted + 1n)) === 0n ? 32 - inverted.toString(2).replace(/^0$/, '').length : undefined;
}

function addressProblem(text: string): string {
  if (text === '') return 'an address is missing';
  if (text.includes('%')) return `\`${text}\` carries a zone id, which a rule cannot match`;
  if (/^[0-9.]+$/.test(text)) {
    const parts = text.split('.');
    if (parts.some((part) => /^0[0-9]/.test(part)))
      return `\`${text}\` has leading zeros, which some programs read as octal`;
    if (parts.length < 4) return `\`${text}\` is not a whole IPv4 address`;
  }
  return `\`${text}\` is no IPv4 or IPv6 address`;
}
