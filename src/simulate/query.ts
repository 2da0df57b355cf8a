import { Failure } from '../diagnostics/index.js';
import { nearest } from '../parser/index.js';
import { ctState, tcpFlag } from '../ruleset/index.js';
import type { AddressFamily, Protocol, Site } from '../site/index.js';
import { parseAddress, parseIcmpType, parsePortList, parseProtocol } from '../site/index.js';
import type { LinkHeader, Packet, TransportHeader } from './packet.js';
import { addressTypes } from './packet.js';
import type { Zone } from './zones.js';

const optionalKeys = [
  'proto',
  'source',
  'dest',
  'sport',
  'dport',
  'icmp-type',
  'srctype',
  'dsttype',
  'state',
  'mac',
] as const;

/** What people ask: two zones, and words about the packet as a policy test or the command line gives them. */
export type Query = { readonly from: string; readonly to: string } & {
  readonly [Key in (typeof optionalKeys)[number]]?: string;
};

export const queryKeys: readonly string[] = ['from', 'to', ...optionalKeys];

/** Reads a query out of unknown data, such as one entry of a YAML file; numbers stand for their digits. */
export function readQuery(data: Readonly<Record<string, unknown>>): Query {
  const words = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    if (!queryKeys.includes(key)) {
      const near = nearest(key, queryKeys);
      throw bad(
        `\`${key}\` says nothing about a packet`,
        near === null ? `use: ${queryKeys.join(', ')}` : `did you mean ${near}?`,
      );
    }
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number')
      throw bad(`\`${key}\` must be a word or a number`, `write ${key}: VALUE`);
    words.set(key, String(value));
  }
  const from = words.get('from');
  const to = words.get('to');
  if (from === undefined || to === undefined)
    throw bad(`the zone \`${from === undefined ? 'from' : 'to'}\` is missing`, 'give both from and to');
  return {
    from,
    to,
    ...Object.fromEntries(optionalKeys.flatMap((key) => (words.has(key) ? [[key, words.get(key)]] : []))),
  };
}

/**
 * Addresses that no rule is likely to name: 100.100.1.2 and 100.200.3.4, those of the Proxmox tests (spec firewall.md
 * 8.1), and two of the documentation's 2001:db8::/32.
 */
const elsewhere = {
  4: { source: 0x64640102n, dest: 0x64c80304n },
  6: { source: (0x20010db8n << 96n) | 0x64640102n, dest: (0x20010db8n << 96n) | 0x64c80304n },
} as const;

const FRAME_TO = { host: 0, broadcast: 1, multicast: 2 } as const;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/**
 * The packet a query is about. What it leaves open has the defaults of spec firewall.md 8.1: TCP, a new connection,
 * unicast, the node's own address at the host's end. A port or ICMP type left open is one that no rule names.
 */
export function packetOf(query: Query, from: Zone, to: Zone, site: Site): Packet {
  if (query.proto?.toLowerCase() === ARP) return arpPacketOf(query, from, to, site);
  const protocol = readProtocol(query.proto ?? 'tcp');
  const given = { source: readAddress('source', query), dest: readAddress('dest', query) };
  const family = familyOf(given, protocol);
  const state = oneOf('state', query.state ?? 'new', ctState);
  const destType = oneOf('dsttype', query.dsttype ?? 'unicast', addressTypes);
  const dest = given.dest?.value ?? addressAt('dest', family, to, site);
  return {
    link: linkHeader(query, from, to, destType, multicastMac(family, dest)),
    network: {
      kind: 'ip',
      family,
      source: given.source?.value ?? addressAt('source', family, from, site),
      dest,
      protocol: protocol.number,
      transport: transportOf(query, protocol, family, state),
    },
    state,
    sourceType: oneOf('srctype', query.srctype ?? 'unicast', addressTypes),
    destType,
  };
}

/** No IP protocol, but asked for in the same place. */
const ARP = 'arp';
/** What an IP packet has and ARP has not. */
const IP_KEYS = ['dest', 'sport', 'dport', 'icmp-type', 'srctype'] as const;

/** An ARP message whose sender says it has the source address. Nothing of it is tracked: the kernel says invalid. */
function arpPacketOf(query: Query, from: Zone, to: Zone, site: Site): Packet {
  const surplus = IP_KEYS.find((key) => query[key] !== undefined);
  if (surplus !== undefined)
    throw bad(`an ARP message has no ${surplus}`, 'ARP has source, the address its sender claims, and mac');
  const source = readAddress('source', query);
  if (source?.family === 6) throw bad('ARP speaks of IPv4 addresses', 'give an IPv4 address as source');
  const destType = oneOf('dsttype', query.dsttype ?? 'unicast', addressTypes);
  const link = linkHeader(query, from, to, destType, multicastMac(4, addressAt('dest', 4, to, site)));
  return {
    link,
    network: {
      kind: 'arp',
      senderAddress: source?.value ?? addressAt('source', 4, from, site),
      senderMac: link.source,
    },
    state: oneOf('state', query.state ?? 'invalid', ctState),
    sourceType: addressTypes.unicast,
    destType: addressTypes.unicast,
  };
}

/** The node's own address at the host's end, an address that no rule is likely to name anywhere else. */
function addressAt(end: 'source' | 'dest', family: AddressFamily, zone: Zone, { network: { address } }: Site): bigint {
  const own = zone.kind === 'host' && address?.family === family ? address.interval[0] : null;
  return own ?? elsewhere[family][end];
}

/** `multicast` is the address of the frame when its packet is for a group. */
function linkHeader({ mac }: Query, from: Zone, to: Zone, destType: number, multicast: bigint): LinkHeader {
  if (mac !== undefined && !MAC.test(mac))
    throw bad(`\`${mac}\` is no MAC address`, 'write six bytes in hex, such as bc:24:11:00:00:01');
  const macOf = (zone: Zone): bigint | null => (zone.kind === 'port' ? (zone.nic?.mac ?? null) : null);
  return {
    source: mac === undefined ? macOf(from) : BigInt(`0x${mac.replaceAll(':', '')}`),
    ...(destType === addressTypes.broadcast
      ? { dest: BROADCAST, packetType: FRAME_TO.broadcast }
      : destType === addressTypes.multicast
        ? { dest: multicast, packetType: FRAME_TO.multicast }
        : { dest: macOf(to), packetType: FRAME_TO.host }),
  };
}

const BROADCAST = (1n << 48n) - 1n;

/** RFC 1112 and RFC 2464: the last bits of the group's address behind a fixed prefix. */
const multicastMac = (family: AddressFamily, address: bigint): bigint =>
  family === 4 ? 0x01005e000000n | (address & 0x7fffffn) : 0x333300000000n | (address & 0xffffffffn);

function transportOf(query: Query, protocol: Protocol, family: AddressFamily, state: number): TransportHeader {
  if (protocol.icmp) {
    if (query.sport !== undefined) throw bad('an ICMP message has no source port', 'leave sport away');
    if (query['icmp-type'] !== undefined && query.dport !== undefined)
      throw bad('icmp-type and dport both give the ICMP type', 'leave dport away');
    return readIcmp(query['icmp-type'] ?? query.dport, protocol.family ?? family);
  }
  if (query['icmp-type'] !== undefined)
    throw bad(`an ICMP type makes no sense with protocol ${query.proto ?? 'tcp'}`, 'set proto to icmp or icmpv6');
  if (protocol.ports)
    return {
      kind: 'ports',
      source: readPort('sport', query.sport),
      dest: readPort('dport', query.dport),
      // The first packet of a connection is a SYN, any other carries ACK (RFC 9293).
      tcpFlags: state === ctState.new ? tcpFlag.syn : tcpFlag.ack,
    };
  if (query.sport !== undefined || query.dport !== undefined)
    throw bad(`protocol ${query.proto ?? 'tcp'} has no ports`, 'leave sport and dport away');
  return { kind: 'none' };
}

function readIcmp(word: string | undefined, family: AddressFamily): TransportHeader {
  if (word === undefined) return { kind: 'icmp', type: null, code: null };
  const read = parseIcmpType(word, family);
  if (read === undefined || read.type === null)
    throw bad(
      `\`${word}\` is no one ICMP${family === 6 ? 'v6' : ''} type`,
      'use a number from 0 to 255 or a type name',
    );
  return { kind: 'icmp', ...read };
}

function readProtocol(word: string): Protocol {
  const protocol = parseProtocol(word);
  if (protocol === undefined)
    throw bad(`there is no protocol \`${word}\``, 'use a name such as tcp, udp, icmp or icmpv6, or a number up to 255');
  return protocol;
}

function readPort(key: 'sport' | 'dport', word: string | undefined): number | null {
  if (word === undefined) return null;
  const list = parsePortList(word);
  if (!list.ok) throw bad(`${key}: ${list.problem}`, list.help);
  const [only, ...more] = list.value;
  if (only === undefined || more.length > 0 || only[0] !== only[1])
    throw bad(`${key}: \`${word}\` is more than one port`, 'a packet has one: give a number or a service name');
  return Number(only[0]);
}

type Address = { readonly family: AddressFamily; readonly value: bigint };

function readAddress(key: 'source' | 'dest', query: Query): Address | undefined {
  const word = query[key];
  if (word === undefined) return undefined;
  const address = parseAddress(word);
  if (address === undefined) throw bad(`${key}: \`${word}\` is no IPv4 or IPv6 address`, 'give one address, no prefix');
  return address;
}

function familyOf(
  { source, dest }: { readonly source: Address | undefined; readonly dest: Address | undefined },
  protocol: Protocol,
): AddressFamily {
  if (source !== undefined && dest !== undefined && source.family !== dest.family)
    throw bad('source and dest are of different address families', 'give two IPv4 or two IPv6 addresses');
  return source?.family ?? dest?.family ?? protocol.family ?? 4;
}

function oneOf(key: string, word: string, values: Readonly<Record<string, number>>): number {
  const name = word.toLowerCase();
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined)
    throw bad(`${key}: \`${word}\` is not known`, `use one of: ${Object.keys(values).join(', ')}`);
  return value;
}

const bad = (message: string, help: string): Failure => new Failure('bad-query', message, { help, exit: 64 });
