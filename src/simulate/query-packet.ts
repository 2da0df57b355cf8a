import { ctState, tcpFlag } from '../ruleset/index.js';
import type { AddressFamily, Protocol, Site } from '../site/index.js';
import type { LinkHeader, Packet, TransportHeader } from './packet.js';
import { addressTypes } from './packet.js';
import type { Query } from './query.js';
import { type Address, bad, oneOf, readAddress, readIcmp, readMac, readPort, readProtocol } from './query-words.js';
import type { Zone } from './zones.js';

/**
 * Addresses that no rule is likely to name: 100.100.1.2 and 100.200.3.4, those of the Proxmox tests (spec firewall.md
 * 8.1), and two of the documentation's 2001:db8::/32.
 */
const elsewhere = {
  4: { source: 0x64640102n, dest: 0x64c80304n },
  6: { source: (0x20010db8n << 96n) | 0x64640102n, dest: (0x20010db8n << 96n) | 0x64c80304n },
} as const;

const FRAME_TO = { host: 0, broadcast: 1, multicast: 2 } as const;

/**
 * The packet a query is about. What it leaves open has the defaults of spec firewall.md 8.1: TCP, a new connection,
 * unicast, the node's own address at the host's end. A port or ICMP type left open is one that no rule names.
 */
export function packetOf(query: Query, from: Zone, to: Zone, site: Site): Packet {
  if (query.proto?.toLowerCase() === ARP) return arpPacketOf(query, from, to, site);
  const protocol = readProtocol(query.proto ?? 'tcp');
  const given = { source: readAddress('source', query.source), dest: readAddress('dest', query.dest) };
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
  const source = readAddress('source', query.source);
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
  const macOf = (zone: Zone): bigint | null => (zone.kind === 'port' ? (zone.nic?.mac ?? null) : null);
  return {
    source: mac === undefined ? macOf(from) : readMac(mac),
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

function familyOf(
  { source, dest }: { readonly source: Address | undefined; readonly dest: Address | undefined },
  protocol: Protocol,
): AddressFamily {
  if (source !== undefined && dest !== undefined && source.family !== dest.family)
    throw bad('source and dest are of different address families', 'give two IPv4 or two IPv6 addresses');
  return source?.family ?? dest?.family ?? protocol.family ?? 4;
}
