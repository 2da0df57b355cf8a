import type { DataType, Field } from './field.js';
import { tcpFlag } from './field.js';
import type { Interval } from './interval.js';
import { prefixLength } from './interval.js';

/** Names `nft` knows for values of small types; anything else is written as a number. */
const names: Partial<Record<DataType, Readonly<Record<number, string>>>> = {
  nf_proto: { 2: 'ipv4', 10: 'ipv6' },
  ether_type: { 2048: 'ip', 2054: 'arp', 34525: 'ip6', 33024: '8021q', 34984: '8021ad' },
  inet_proto: {
    1: 'icmp',
    2: 'igmp',
    6: 'tcp',
    17: 'udp',
    33: 'dccp',
    50: 'esp',
    51: 'ah',
    58: 'ipv6-icmp',
    132: 'sctp',
    136: 'udplite',
  },
  pkt_type: { 0: 'host', 1: 'broadcast', 2: 'multicast', 3: 'other' },
  fib_addrtype: { 1: 'unicast', 2: 'local', 3: 'broadcast', 4: 'anycast', 5: 'multicast' },
  icmp_type: {
    0: 'echo-reply',
    3: 'destination-unreachable',
    4: 'source-quench',
    5: 'redirect',
    8: 'echo-request',
    9: 'router-advertisement',
    10: 'router-solicitation',
    11: 'time-exceeded',
    12: 'parameter-problem',
    13: 'timestamp-request',
    14: 'timestamp-reply',
    17: 'address-mask-request',
    18: 'address-mask-reply',
  },
  icmpv6_type: {
    1: 'destination-unreachable',
    2: 'packet-too-big',
    3: 'time-exceeded',
    4: 'parameter-problem',
    128: 'echo-request',
    129: 'echo-reply',
    133: 'nd-router-solicit',
    134: 'nd-router-advert',
    135: 'nd-neighbor-solicit',
    136: 'nd-neighbor-advert',
    137: 'nd-redirect',
  },
};

export function spellIpv4(value: bigint): string {
  const word = Number(value);
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

export const spellIpv6 = (value: bigint): string =>
  spellIpv6Groups(Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn)));

/** RFC 5952: lower case, the longest run of at least two zero groups (the first of equals) as `::`. */
export function spellIpv6Groups(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i += 1) {
    let end = i;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

export function spellMac(value: bigint): string {
  return (value.toString(16).padStart(12, '0').match(/../g) ?? []).join(':');
}

/** Fields without a name in nft, as their place in the packet: base, bits to skip, bits. */
const places: Partial<Record<Field, string>> = {
  'nd target': '@th,64,128',
  'nd option': '@th,192,16',
  'nd option ether': '@th,208,48',
  'rs option': '@th,64,16',
  'rs option ether': '@th,80,48',
};

/** A field as `nft` reads and prints it. */
export const spellField = (field: Field): string => places[field] ?? field;

/** One value as `nft` reads and prints it. */
export function spellValue(type: DataType, value: bigint): string {
  switch (type) {
    case 'ipv4_addr':
      return spellIpv4(value);
    case 'ipv6_addr':
      return spellIpv6(value);
    case 'ether_addr':
      return spellMac(value);
    case 'mark':
      return `0x${value.toString(16).padStart(8, '0')}`;
    case 'integer16':
    case 'integer48':
    case 'integer128':
      return `0x${value.toString(16)}`;
    case 'ether_type':
      return names.ether_type?.[Number(value)] ?? `0x${value.toString(16).padStart(4, '0')}`;
    default:
      return names[type]?.[Number(value)] ?? value.toString();
  }
}

/** A value, a prefix, or `first-last`; the ends of a range of small types are numbers, because names hold dashes. */
export function spellInterval(type: DataType, width: number, interval: Interval): string {
  const [first, last] = interval;
  if (first === last) return spellValue(type, first);
  if (type === 'ipv4_addr' || type === 'ipv6_addr') {
    const length = prefixLength(interval, width);
    if (length !== undefined) return `${spellValue(type, first)}/${length}`;
  }
  return Object.hasOwn(names, type) ? `${first}-${last}` : `${spellValue(type, first)}-${spellValue(type, last)}`;
}

/** `fin | syn` for the set bits of a TCP flag byte. */
export function spellTcpFlags(bits: number): string {
  const set = Object.entries(tcpFlag).flatMap(([name, bit]) => ((bits & bit) !== 0 ? [name] : []));
  return set.length === 0 ? '0x0' : set.join(' | ');
}

/** `0` or `0-3`. */
export const spellQueues = ({ first, last }: { readonly first: number; readonly last: number }): string =>
  first === last ? `${first}` : `${first}-${last}`;
