import type { AddressFamily } from '../site/index.js';

/** EtherTypes (IEEE registry) that rules tell apart. */
export const etherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

/** Address types of rtnetlink (uapi linux/rtnetlink.h). */
export const addressTypes = { unicast: 1, local: 2, broadcast: 3, anycast: 4, multicast: 5 } as const;

/**
 * One packet as rules see it. Addresses are unsigned values in network order, 32, 128 or 48 bits wide. What the packet
 * does not have, or what nobody said about it, is null: no rule that asks for it matches, negated or not.
 */
export interface Packet {
  readonly link: LinkHeader;
  readonly network: NetworkHeader;
  /** One bit of `ctState`: conntrack gives a packet exactly one state. */
  readonly state: number;
  /** What the routing table says of source and destination: one of `addressTypes`. */
  readonly sourceType: number;
  readonly destType: number;
}

export interface LinkHeader {
  readonly source: bigint | null;
  readonly dest: bigint | null;
  /** Whom the frame is for (uapi linux/if_packet.h): 0 host, 1 broadcast, 2 multicast, 3 another host. */
  readonly packetType: number;
}

export type NetworkHeader = IpHeader | ArpHeader | OtherHeader;

export interface IpHeader {
  readonly kind: 'ip';
  readonly family: AddressFamily;
  readonly source: bigint;
  readonly dest: bigint;
  /** An IP protocol number. */
  readonly protocol: number;
  readonly transport: TransportHeader;
}

/** TCP, UDP and their like; an ICMP message; or a protocol nothing more is known of. */
export type TransportHeader =
  | { readonly kind: 'ports'; readonly source: number | null; readonly dest: number | null; readonly tcpFlags: number }
  | {
      readonly kind: 'icmp';
      readonly type: number | null;
      readonly code: number | null;
      readonly neighbor?: NeighborMessage;
    }
  | { readonly kind: 'none' };

/** What neighbour and router messages of ICMPv6 carry (RFC 4861). */
export interface NeighborMessage {
  /** The address a neighbour solicitation asks for or an advertisement speaks of. */
  readonly target: bigint | null;
  /** The MAC address of the first option, if that is a source (1) or target (2) link-layer address. */
  readonly option: { readonly type: 1 | 2; readonly mac: bigint } | null;
}

export interface ArpHeader {
  readonly kind: 'arp';
  readonly senderAddress: bigint;
  readonly senderMac: bigint | null;
}

export interface OtherHeader {
  readonly kind: 'other';
  readonly etherType: number;
}

/** Values that rules set on a packet and its connection, and that later rules may look at. */
export interface Marks {
  readonly packet: number;
  readonly connection: number;
}

export const noMarks: Marks = { packet: 0, connection: 0 };

export function etherTypeOf(network: NetworkHeader): number {
  switch (network.kind) {
    case 'ip':
      return network.family === 4 ? etherType.ipv4 : etherType.ipv6;
    case 'arp':
      return etherType.arp;
    case 'other':
      return network.etherType;
  }
}
