import type { Field, FlagField, KeyField, MapKey, NameField } from '../ruleset/index.js';
import type { IpHeader, Marks, NeighborMessage, Packet } from './packet.js';
import { etherTypeOf } from './packet.js';
import type { Passage } from './passage.js';

/** A packet in one hook, with the marks it has got so far. */
export interface Sighting {
  readonly packet: Packet;
  readonly passage: Passage;
  readonly marks: Marks;
}

const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;
const NFPROTO_BRIDGE = 7;
const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;
const ROUTER_SOLICITATION = [133];
const NEIGHBOR = [135, 136];

/**
 * The field's value, or null when the packet has no such field: nft puts a check of the header a field lives in before
 * the field itself, and that check ends the rule.
 */
export function fieldValue(field: Field, { packet, passage, marks }: Sighting): bigint | null {
  const { link, network } = packet;
  const ip = network.kind === 'ip' ? network : null;
  const arp = network.kind === 'arp' ? network : null;
  switch (field) {
    case 'ip saddr':
      return ip?.family === 4 ? ip.source : null;
    case 'ip daddr':
      return ip?.family === 4 ? ip.dest : null;
    case 'ip6 saddr':
      return ip?.family === 6 ? ip.source : null;
    case 'ip6 daddr':
      return ip?.family === 6 ? ip.dest : null;
    case 'arp saddr ip':
      return arp?.senderAddress ?? null;
    case 'arp saddr ether':
      return arp?.senderMac ?? null;
    case 'ether saddr':
      return hasFrame(passage) ? link.source : null;
    case 'ether daddr':
      return hasFrame(passage) ? link.dest : null;
    case 'ether type':
      return hasFrame(passage) ? BigInt(etherTypeOf(network)) : null;
    // Frames of a simulation have no tags, and its bridges know no VLANs.
    case 'vlan id':
    case 'meta ibrpvid':
      return null;
    case 'meta protocol':
      return BigInt(etherTypeOf(network));
    case 'meta nfproto':
      return BigInt(passage.family === 'bridge' ? NFPROTO_BRIDGE : ip?.family === 6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
    case 'meta l4proto':
      return number(ip?.protocol);
    case 'meta pkttype':
      return BigInt(link.packetType);
    case 'meta mark':
      return BigInt(marks.packet);
    case 'th sport':
      return number(ports(ip)?.source);
    case 'th dport':
      return number(ports(ip)?.dest);
    case 'icmp type':
      return number(icmp(ip, 4)?.type);
    case 'icmp code':
      return number(icmp(ip, 4)?.code);
    case 'icmpv6 type':
      return number(icmp(ip, 6)?.type);
    case 'icmpv6 code':
      return number(icmp(ip, 6)?.code);
    case 'nd target':
      return neighbor(ip, NEIGHBOR)?.target ?? null;
    case 'nd option':
      return optionHead(neighbor(ip, NEIGHBOR));
    case 'nd option ether':
      return neighbor(ip, NEIGHBOR)?.option?.mac ?? null;
    case 'rs option':
      return optionHead(neighbor(ip, ROUTER_SOLICITATION));
    case 'rs option ether':
      return neighbor(ip, ROUTER_SOLICITATION)?.option?.mac ?? null;
    case 'fib saddr type':
      return BigInt(packet.sourceType);
    case 'fib daddr type':
      return BigInt(packet.destType);
  }
}

/** The field's flags, or null as in `fieldValue`. */
export function flagsOf(field: FlagField, { packet: { network, state } }: Sighting): number | null {
  switch (field) {
    case 'ct state':
      return state;
    case 'tcp flags':
      return network.kind === 'ip' && network.protocol === TCP ? (ports(network)?.tcpFlags ?? null) : null;
  }
}

/** The interface's name: empty where there is none, so that only a negated match holds (kernel, nft_meta.c). */
export function interfaceName(field: NameField, { passage: { iif, oif, bridge } }: Sighting): string {
  switch (field) {
    case 'iifname':
      return iif ?? '';
    case 'oifname':
      return oif ?? '';
    case 'meta ibrname':
      return (iif === null ? null : bridge) ?? '';
    case 'meta obrname':
      return (oif === null ? null : bridge) ?? '';
  }
}

/** What a verdict map is asked with; null when the packet has no such field. */
export const keyOf = (field: KeyField, sighting: Sighting): MapKey | null =>
  field === 'ether daddr' ? fieldValue(field, sighting) : interfaceName(field, sighting);

/** The inet family asks for an Ethernet device of arrival first; a packet of the host itself has none. */
const hasFrame = ({ family, iif }: Passage): boolean => family === 'bridge' || (iif !== null && iif !== 'lo');

const ports = (ip: IpHeader | null) => (ip?.transport.kind === 'ports' ? ip.transport : undefined);

const icmp = (ip: IpHeader | null, family: IpHeader['family']) =>
  ip?.family === family && ip.protocol === (family === 4 ? ICMP : ICMPV6) && ip.transport.kind === 'icmp'
    ? ip.transport
    : undefined;

/** What a neighbour or router message of one of these ICMPv6 types carries. */
const neighbor = (ip: IpHeader | null, types: readonly number[]): NeighborMessage | undefined => {
  const message = icmp(ip, 6);
  return message?.type != null && types.includes(message.type) ? message.neighbor : undefined;
};

/** Type and length, in units of 8 bytes, of the first option: a MAC address makes one unit. */
const optionHead = (message: NeighborMessage | undefined): bigint | null =>
  message?.option == null ? null : BigInt(message.option.type << 8) + 1n;

const number = (value: number | null | undefined): bigint | null => (value == null ? null : BigInt(value));
