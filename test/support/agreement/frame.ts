import type { ArpHeader, IpHeader, Packet } from '../../../src/simulate/index.js';
import { etherType } from '../../../src/simulate/index.js';
import { bytesOf, crc32c, internetChecksum } from './checksum.js';

/** IP protocol numbers (IANA registry). */
export const ipProtocol = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  icmpv6: 58,
  vrrp: 112,
  sctp: 132,
} as const;

/** Types of neighbour discovery (RFC 4861 section 4). */
export const icmpv6Type = {
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
} as const;

/** What a frame carries beside what rules see. */
export interface Envelope {
  /** From 1 to 2^20 - 1: every packet of a test has its own, and whatever answers it can be told by it. */
  readonly id: number;
  /** The type of service, which tells the host's routing where a packet for another bridge goes. */
  readonly tos: number;
  readonly vlan: number | null;
  /** The packet that began what this one belongs to, or null for one that stands alone. */
  readonly after: Beginning | null;
}

/** What a later packet of a connection takes up. */
export interface Beginning {
  readonly id: number;
  readonly header: IpHeader;
  /** How far sequence and acknowledgement numbers are from those of the first segment. */
  readonly advance: number;
}

const MAGIC = Buffer.from('RWag');
const VLAN = 0x8100;
/** The smallest frame without its checksum (IEEE 802.3). */
const SMALLEST_FRAME = 60;
const ARP_LENGTH = 28;
/** TCP numbers are `id << 12`: what acknowledges a segment is a little more (RFC 9293). */
const TCP_NUMBER_SHIFT = 12;
/** So much of a quoted packet's transport header comes along. */
const QUOTED = 8;
/** Where what is sent of an unknown protocol has its checksum. */
const SUM_OFFSET = 18;
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

export const envelopeLength = MAGIC.length + 4;

/** The Ethernet frame of a packet, with right checksums. Null addresses and ports become 0. */
export function frameOf(packet: Packet, envelope: Envelope): Buffer {
  const { link, network } = packet;
  const tag = envelope.vlan === null ? [] : [bytesOf(BigInt(VLAN), 2), bytesOf(BigInt(envelope.vlan), 2)];
  const head = [bytesOf(link.dest ?? 0n, 6), bytesOf(link.source ?? 0n, 6), ...tag];
  switch (network.kind) {
    case 'ip': {
      const type = network.family === 4 ? etherType.ipv4 : etherType.ipv6;
      return Buffer.concat([...head, bytesOf(BigInt(type), 2), datagramOf(network, envelope)]);
    }
    case 'arp':
      return padded([...head, bytesOf(BigInt(etherType.arp), 2), arpRequest(network), marker(envelope.id)]);
    case 'other':
      return padded([...head, bytesOf(BigInt(network.etherType), 2), marker(envelope.id)]);
  }
}

/** The IP packet alone, as a raw socket takes it. */
export function datagramOf(ip: IpHeader, { id, tos, after }: Omit<Envelope, 'vlan'>): Buffer {
  const payload = transportOf(ip, id, after);
  const length = ip.family === 4 ? 4 : 16;
  const addresses = Buffer.concat([bytesOf(ip.source, length), bytesOf(ip.dest, length)]);
  if (ip.family === 6) {
    const head = Buffer.from([
      0x60 | (tos >> 4),
      (tos & 0xf) << 4,
      0,
      0,
      payload.length >> 8,
      payload.length & 0xff,
      ip.protocol,
      64,
    ]);
    return Buffer.concat([head, addresses, payload]);
  }
  const total = 20 + payload.length;
  const head = Buffer.from([0x45, tos, total >> 8, total & 0xff, id >> 8, id, 0x40, 0, 64, ip.protocol, 0, 0]);
  head.writeUInt16BE(internetChecksum(head, addresses), 10);
  return Buffer.concat([head, addresses, payload]);
}

/** The id a frame or packet carries anywhere, be it in an answer's quotation; null where there is none. */
export function idIn(bytes: Buffer): number | null {
  const at = bytes.indexOf(MAGIC);
  return at < 0 || at + envelopeLength > bytes.length ? null : bytes.readUInt32BE(at + MAGIC.length);
}

/** What numbers that acknowledge a segment have in common with its own. */
export const tcpKey = (number: number): number => number >>> TCP_NUMBER_SHIFT;

/** Sequence and acknowledgement number of a packet's segment. */
export const tcpNumber = ({ id, after }: Pick<Envelope, 'id' | 'after'>): number =>
  (((after?.id ?? id) << TCP_NUMBER_SHIFT) + (after?.advance ?? 0)) >>> 0;

/** What a TCP reset answers, as `tcpKey` gives it; `segment` begins with the TCP header. Null when it is no reset. */
export function keyResetBy(segment: Buffer): number | null {
  if (segment.length < 20) return null;
  const flags = segment.readUInt8(13);
  if ((flags & 0x04) === 0) return null;
  return tcpKey(segment.readUInt32BE((flags & 0x10) === 0 ? 4 : 8));
}

function marker(id: number): Buffer {
  return Buffer.concat([MAGIC, bytesOf(BigInt(id), 4)]);
}

function transportOf(ip: IpHeader, id: number, after: Beginning | null): Buffer {
  const { transport, protocol } = ip;
  switch (transport.kind) {
    case 'ports': {
      const ports = Buffer.alloc(4);
      ports.writeUInt16BE(transport.source ?? 0, 0);
      ports.writeUInt16BE(transport.dest ?? 0, 2);
      if (protocol === ipProtocol.tcp) return withChecksum(ip, tcpSegment(ports, transport.tcpFlags, id, after), 16);
      if (protocol === ipProtocol.sctp) return sctpInit(ports, id);
      return withChecksum(
        ip,
        Buffer.concat([ports, bytesOf(BigInt(8 + envelopeLength), 2), Buffer.alloc(2), marker(id)]),
        6,
      );
    }
    case 'icmp': {
      const head = Buffer.from([transport.type ?? 0, transport.code ?? 0, 0, 0]);
      const body = ip.family === 4 ? icmpBody(ip, head[0] ?? 0, id, after) : icmpv6Body(ip, head[0] ?? 0, id, after);
      const message = Buffer.concat([head, body]);
      if (ip.family === 6) return withChecksum(ip, message, 2);
      message.writeUInt16BE(internetChecksum(message), 2);
      return message;
    }
    case 'none':
      return otherProtocol(ip, id);
  }
}

function tcpSegment(ports: Buffer, flags: number, id: number, after: Beginning | null): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(tcpNumber({ id, after }), 0);
  head.writeUInt32BE(tcpNumber({ id, after }), 4);
  head.writeUInt8(5 << 4, 8);
  head.writeUInt8(flags, 9);
  head.writeUInt16BE(8192, 10);
  return Buffer.concat([ports, head, marker(id)]);
}

/** An INIT chunk (RFC 9260 section 3.3.2) with the marker as an unknown parameter. */
function sctpInit(ports: Buffer, id: number): Buffer {
  const init = Buffer.from('01000000' + '00000001' + '00010000' + '00010001' + '00000001', 'hex');
  const parameter = Buffer.concat([Buffer.from([0xc0, 0x01, 0, 4 + envelopeLength]), marker(id)]);
  init.writeUInt16BE(init.length + parameter.length, 2);
  const packet = Buffer.concat([ports, Buffer.alloc(8), init, parameter]);
  crc32c(packet).copy(packet, 8);
  return packet;
}

/** Identifier and sequence number of an echo: conntrack tells connections apart by the identifier alone. */
const echoNumbers = (id: number): Buffer => bytesOf((BigInt(id & 0xffff) << 16n) | BigInt(id >> 16), 4);

function icmpBody(ip: IpHeader, type: number, id: number, after: Beginning | null): Buffer {
  const rest = echoNumbers(after?.id ?? id);
  return ICMP_ERRORS.has(type)
    ? Buffer.concat([Buffer.alloc(4), quotation(ip, id, after)])
    : Buffer.concat([rest, Buffer.alloc(12), marker(id)]);
}

function icmpv6Body(ip: IpHeader, type: number, id: number, after: Beginning | null): Buffer {
  // Neighbour discovery (RFC 4861 section 4): 4 bytes, for some a target address or timers, then options in units of 8.
  const neighbor = ip.transport.kind === 'icmp' ? ip.transport.neighbor : undefined;
  const options = Buffer.concat([
    neighbor?.option
      ? Buffer.concat([Buffer.from([neighbor.option.type, 1]), bytesOf(neighbor.option.mac, 6)])
      : Buffer.alloc(0),
    Buffer.from([253, 2]),
    marker(id),
    Buffer.alloc(6),
  ]);
  switch (type) {
    case icmpv6Type.routerSolicitation:
      return Buffer.concat([Buffer.alloc(4), options]);
    case icmpv6Type.routerAdvertisement:
      return Buffer.concat([Buffer.alloc(12), options]);
    case icmpv6Type.neighborSolicitation:
    case icmpv6Type.neighborAdvertisement:
      return Buffer.concat([Buffer.alloc(4), bytesOf(neighbor?.target ?? 0n, 16), options]);
  }
  if (type < 128) return Buffer.concat([Buffer.alloc(4), quotation(ip, id, after)]);
  return Buffer.concat([echoNumbers(after?.id ?? id), marker(id)]);
}

/** What an ICMP error quotes (RFC 792): the head of the first packet, or of a datagram that nobody has sent. */
function quotation(ip: IpHeader, id: number, after: Beginning | null): Buffer {
  const transport = { kind: 'ports', source: 9, dest: 9, tcpFlags: 0 } as const;
  const header = after?.header ?? {
    ...ip,
    source: ip.dest,
    dest: ip.source,
    protocol: ipProtocol.udp,
    transport,
  };
  const quoted = datagramOf(header, { id: after?.id ?? id, tos: 0, after: null });
  return Buffer.concat([quoted.subarray(0, (ip.family === 4 ? 20 : 40) + QUOTED), marker(id)]);
}

function otherProtocol(ip: IpHeader, id: number): Buffer {
  const { protocol } = ip;
  // IGMP: a version 2 report; GRE: version 0 without options, carrying a type nobody knows. Others: as they are.
  if (protocol === ipProtocol.igmp) {
    const report = Buffer.concat([Buffer.from([0x16, 0, 0, 0, 239, 1, 2, 3]), marker(id)]);
    report.writeUInt16BE(internetChecksum(report), 2);
    return report;
  }
  if (protocol === ipProtocol.gre) return Buffer.concat([Buffer.from([0, 0, 0x88, 0xb5]), marker(id)]);
  // A reject answers a protocol it does not know only where the payload sums up (nf_reject_verify_csum): as ICMP's for
  // IPv4, with the addresses for IPv6.
  const payload = Buffer.concat([bytesOf(BigInt(id), 4), bytesOf(1n, 4), marker(id), Buffer.alloc(8)]);
  if (ip.family === 6) return withChecksum(ip, payload, SUM_OFFSET);
  payload.writeUInt16BE(internetChecksum(payload), SUM_OFFSET);
  return payload;
}

/** TCP, UDP and ICMPv6 add addresses, length and protocol to what they sum up (RFC 9293 section 3.1, RFC 8200 section 8.1). */
function withChecksum(ip: IpHeader, payload: Buffer, offset: number): Buffer {
  const width = ip.family === 4 ? 4 : 16;
  const pseudo = Buffer.concat([
    bytesOf(ip.source, width),
    bytesOf(ip.dest, width),
    bytesOf(BigInt(payload.length), 4),
    bytesOf(BigInt(ip.protocol), 4),
  ]);
  payload.writeUInt16BE(internetChecksum(pseudo, payload), offset);
  return payload;
}

function arpRequest({ senderAddress, senderMac }: ArpHeader): Buffer {
  const head = Buffer.from('0001' + '0800' + '06' + '04' + '0001', 'hex');
  return Buffer.concat(
    [head, bytesOf(senderMac ?? 0n, 6), bytesOf(senderAddress, 4), Buffer.alloc(6), bytesOf(0xc0000263n, 4)],
    ARP_LENGTH,
  );
}

const padded = (parts: readonly Buffer[]): Buffer => {
  const frame = Buffer.concat(parts);
  return frame.length >= SMALLEST_FRAME ? frame : Buffer.concat([frame], SMALLEST_FRAME);
};
