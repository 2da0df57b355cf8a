import { tcpFlag } from '../../../src/ruleset/index.js';
import type {
  IpHeader,
  LinkHeader,
  NeighborMessage,
  NetworkHeader,
  Packet,
  Zone,
} from '../../../src/simulate/index.js';
import { stateOfStranger } from './conntrack.js';
import { type Beginning, icmpv6Type, ipProtocol } from './frame.js';
import type { Bridge, Layout, Port } from './layout.js';
import { tosTowards } from './world.js';

/** Where a packet starts or ends. */
export type End = 'host' | Port;

/** One packet, for the simulator and for the kernel. */
export interface Probe {
  readonly id: number;
  readonly from: End;
  /** One end, or all that a flooded frame reaches. */
  readonly to: readonly End[];
  readonly packet: Packet;
  readonly tos: number;
  readonly vlan: number | null;
  readonly after: Beginning | null;
}

/** What is left to say of a packet once its ends are known. */
export interface Wish {
  readonly from: End;
  readonly to: End;
  readonly network: NetworkHeader;
  /** Left out: that of a packet which belongs to nothing seen before. */
  readonly state?: number;
  readonly vlan?: number;
  /** Left out: that of the port the packet comes from. */
  readonly sourceMac?: bigint;
  /** A group address: the frame goes to all ports of the bridge and to the host. */
  readonly flood?: bigint;
  readonly after?: Beginning;
}

export const zoneOf = (end: End): Zone => (end === 'host' ? { kind: 'host' } : end.zone);

const BROADCAST = 0xffff_ffff_ffffn;
/** uapi linux/if_packet.h */
const FRAME_TO = { host: 0, broadcast: 1, multicast: 2 } as const;

/**
 * Null where the packet is of no use: the test host finds no way between the two bridges or routes no such frame, or
 * source and destination are one, which makes packet and answer look alike.
 */
export function probeOf(id: number, layout: Layout, wish: Wish): Probe | null {
  const { from, to, network, flood } = wish;
  const bridge = bridgeOf(layout, from === 'host' ? to : from);
  const routed = isRouted(from, to);
  if (routed && network.kind !== 'ip') return null;
  const tos = routed && to !== 'host' ? tosTowards(layout, bridge.name, to) : 0;
  if (tos === null) return null;
  if (network.kind === 'ip' && network.source === network.dest) return null;
  const source = wish.sourceMac ?? (from === 'host' ? bridge.mac : from.mac);
  const dest = flood ?? (to === 'host' || routed ? bridge.mac : to.mac);
  return {
    id,
    from,
    to: flood === undefined ? [to] : everybodyElse(layout, bridge, from),
    packet: {
      link: { source, dest, packetType: from === 'host' ? FRAME_TO.host : packetTypeOf(dest) },
      network,
      state: wish.state ?? stateOfStranger(network),
      sourceType: addressType(layout, network, 'source'),
      destType: addressType(layout, network, 'dest'),
    },
    tos,
    vlan: wish.vlan ?? null,
    after: wish.after ?? null,
  };
}

export const isRouted = (from: End, to: End): boolean =>
  from !== 'host' && to !== 'host' && from.zone.bridge !== to.zone.bridge;

/** The bridge an end is on; the host is on all, and takes the first. */
export function bridgeOf({ bridges }: Layout, end: End): Bridge {
  const found = end === 'host' ? bridges[0] : bridges.find(({ name }) => name === end.zone.bridge);
  if (found === undefined) throw new Error('there is no bridge');
  return found;
}

const everybodyElse = ({ ports }: Layout, { name }: Bridge, from: End): End[] => [
  ...(from === 'host' ? [] : (['host'] as const)),
  ...ports.filter((port) => port.zone.bridge === name && port !== from),
];

const isGroup = (mac: bigint): boolean => ((mac >> 40n) & 1n) === 1n;

export const isFlooded = ({ link: { dest } }: Packet): boolean => dest !== null && isGroup(dest);

/** The type the port that takes a frame gives it; what the node itself sends has none and counts as 0. */
const packetTypeOf = (dest: bigint): LinkHeader['packetType'] =>
  dest === BROADCAST ? FRAME_TO.broadcast : isGroup(dest) ? FRAME_TO.multicast : FRAME_TO.host;

/** Address types of rtnetlink, as the test host's routing gives them (uapi linux/rtnetlink.h; net/ipv4/fib_frontend.c). */
function addressType({ bridges }: Layout, network: NetworkHeader, end: 'source' | 'dest'): number {
  const UNICAST = 1;
  const LOCAL = 2;
  const BROADCAST_TYPE = 3;
  const MULTICAST = 5;
  if (network.kind !== 'ip') return UNICAST;
  const address = network[end];
  if (bridges.some(({ own }) => own[network.family] === address)) return LOCAL;
  if (network.family === 6) return address >> 120n === 0xffn ? MULTICAST : UNICAST;
  if (address === 0n || address === 0xffff_ffffn) return BROADCAST_TYPE;
  if (address >> 24n === 127n) return LOCAL;
  return address >> 28n === 0xen ? MULTICAST : UNICAST;
}

/** The protocol of a packet in one word, for the table. */
export function protocolName({ packet: { network }, vlan }: Probe): string {
  if (vlan !== null) return 'VLAN';
  if (network.kind === 'arp') return 'ARP';
  if (network.kind === 'other') return 'not IP';
  const { protocol, transport, family } = network;
  if (transport.kind === 'icmp') {
    const type = transport.type ?? 0;
    if (family === 4) return [3, 4, 5, 11, 12].includes(type) ? 'ICMP error' : 'ICMP';
    if (type >= 133 && type <= 136) return 'ND';
    return type < 128 ? 'ICMPv6 error' : 'ICMPv6';
  }
  const version = family === 6 ? 'v6' : '';
  if (protocol === ipProtocol.udp) return `UDP${version}`;
  if (protocol !== ipProtocol.tcp || transport.kind !== 'ports') return `other${version}`;
  return `${transport.tcpFlags === tcpFlag.syn ? 'TCP SYN' : 'TCP other'}${version}`;
}

/** The direction in words, for the table. */
export function directionName(from: End, to: End): string {
  const name = (end: End): string => (end === 'host' ? 'host' : end.nic === null ? 'outside' : 'guest');
  const way = from === 'host' || to === 'host' ? '' : from.zone.bridge === to.zone.bridge ? '' : ', routed';
  return `${name(from)} → ${name(to)}${way}`;
}

export const withPorts = (
  family: 4 | 6,
  addresses: readonly [bigint, bigint],
  protocol: number,
  ports: readonly [number, number],
  tcpFlags: number = tcpFlag.syn,
): IpHeader => ({
  kind: 'ip',
  family,
  source: addresses[0],
  dest: addresses[1],
  protocol,
  transport: { kind: 'ports', source: ports[0], dest: ports[1], tcpFlags: protocol === ipProtocol.tcp ? tcpFlags : 0 },
});

export const withIcmp = (
  family: 4 | 6,
  addresses: readonly [bigint, bigint],
  type: number,
  code = 0,
  said: Partial<NeighborMessage> = {},
): IpHeader => ({
  kind: 'ip',
  family,
  source: addresses[0],
  dest: addresses[1],
  protocol: family === 4 ? ipProtocol.icmp : ipProtocol.icmpv6,
  transport: { kind: 'icmp', type, code, ...(family === 6 ? neighborMessage(type, addresses, said) : {}) },
});

/** Left open: a solicitation asks for whom it goes to, an advertisement speaks of its sender, and no MAC address. */
function neighborMessage(
  type: number,
  [source, dest]: readonly [bigint, bigint],
  { target, option = null }: Partial<NeighborMessage>,
): { neighbor?: NeighborMessage } {
  switch (type) {
    case icmpv6Type.routerSolicitation:
      return { neighbor: { target: null, option } };
    case icmpv6Type.neighborSolicitation:
      return { neighbor: { target: target ?? dest, option } };
    case icmpv6Type.neighborAdvertisement:
      return { neighbor: { target: target ?? source, option } };
    default:
      return {};
  }
}

export const withProtocol = (family: 4 | 6, addresses: readonly [bigint, bigint], protocol: number): IpHeader => ({
  kind: 'ip',
  family,
  source: addresses[0],
  dest: addresses[1],
  protocol,
  transport: { kind: 'none' },
});
