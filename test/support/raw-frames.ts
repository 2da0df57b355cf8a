import koffi from 'koffi';
import { libc, SystemError } from '../../src/netlink/libc.js';
import { inNamespace } from '../../src/netlink/namespace.js';

const library = koffi.load(null);
const ifNameToIndex = library.func('unsigned int if_nametoindex(const char *name)');

const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK = 0x803;
const IPPROTO_UDP = 17;
const ETH_P_ALL = 3;
/** sizeof(struct sockaddr_ll) */
const ADDRESS_BYTES = 20;

/** A socket that sends and receives whole frames at one link. */
export interface FrameSocket {
  readonly fd: number;
  send(frame: Uint8Array): void;
  /** What came in since the last call; the kernel has taken an outermost VLAN tag off. */
  received(): Buffer[];
  close(): void;
}

export function openFrames(netns: string, link: string): FrameSocket {
  return inNamespace(netns, () => {
    const fd = libc.socket(AF_PACKET, SOCK_RAW_NONBLOCK, ETH_P_ALL << 8);
    const address = Buffer.alloc(ADDRESS_BYTES);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(ETH_P_ALL, 2);
    address.writeInt32LE(Number(ifNameToIndex(link)), 4);
    libc.bind(fd, address, ADDRESS_BYTES);
    return {
      fd,
      send: (frame) => void libc.send(fd, frame, frame.length, 0),
      received: () => drain(fd),
      close: () => void libc.close(fd),
    };
  });
}

/** The IPv4 packets with UDP that a host's own rules have let in. */
export function openLocalUdp(netns: string): Pick<FrameSocket, 'received' | 'close'> {
  const fd = inNamespace(netns, () => libc.socket(AF_INET, SOCK_RAW_NONBLOCK, IPPROTO_UDP));
  return { received: () => drain(fd), close: () => void libc.close(fd) };
}

function drain(fd: number): Buffer[] {
  const frames: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.alloc(2048);
    try {
      frames.push(buffer.subarray(0, libc.recv(fd, buffer, buffer.length, 0)));
    } catch (error) {
      if (error instanceof SystemError && error.errno === 'EAGAIN') return frames;
      throw error;
    }
  }
}

export const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');

const ipv4 = (text: string): Buffer => Buffer.from(text.split('.').map(Number));

/** All eight groups, or one `::` for those that are zero. */
function ipv6(text: string): Buffer {
  const [head = '', tail] = text.split('::');
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  const last = groups(tail);
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...first, ...Array(8 - first.length - last.length).fill(0), ...last].entries())
    bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const [index, byte] of bytes.entries()) sum += index % 2 === 0 ? byte << 8 : byte;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const u16 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
};

/** A whole frame. */
export const frameTo = (dest: string, source: string, payload: Payload): Buffer =>
  Buffer.concat([mac(dest), mac(source), payload]);

/** An Ethernet payload behind its type, so that tags can go in front. */
export type Payload = Buffer;

export const tagged = (type: number, id: number, inner: Payload): Payload => Buffer.concat([u16(type, id), inner]);

export function udp4(source: string, dest: string, sport = 1000, dport = 2000): Payload {
  const header = Buffer.concat([u16(0x4500, 28, 1, 0), Buffer.from([64, 17, 0, 0]), ipv4(source), ipv4(dest)]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([u16(0x0800), header, u16(sport, dport, 8, 0)]);
}

/** The first packet of a connection. */
export function tcpSyn4(source: string, dest: string, sport: number, dport: number): Payload {
  const header = Buffer.concat([u16(0x4500, 40, 1, 0), Buffer.from([64, 6, 0, 0]), ipv4(source), ipv4(dest)]);
  header.writeUInt16BE(checksum(header), 10);
  const [dataOffset, syn] = [5 << 12, 2];
  const body = u16(sport, dport, 0, 1, 0, 0, dataOffset | syn, 1024, 0, 0);
  body.writeUInt16BE(checksum(Buffer.concat([ipv4(source), ipv4(dest), u16(6, body.length), body])), 16);
  return Buffer.concat([u16(0x0800), header, body]);
}

export function arp(senderMac: string, sender: string, target: string): Payload {
  const [request, ethernet, ip] = [1, 1, 0x0800];
  return Buffer.concat([
    u16(0x0806, ethernet, ip, 0x0604, request),
    mac(senderMac),
    ipv4(sender),
    Buffer.alloc(6),
    ipv4(target),
  ]);
}

function ip6(source: string, dest: string, protocol: number, body: Buffer): Payload {
  const header = Buffer.concat([u16(0x6000, 0, body.length), Buffer.from([protocol, 255]), ipv6(source), ipv6(dest)]);
  return Buffer.concat([u16(0x86dd), header, body]);
}

const pseudoHeader = (source: string, dest: string, protocol: number, length: number): Buffer =>
  Buffer.concat([ipv6(source), ipv6(dest), u16(0, length, 0, protocol)]);

export function udp6(source: string, dest: string, sport = 1000, dport = 2000): Payload {
  const body = u16(sport, dport, 8, 0);
  body.writeUInt16BE(checksum(Buffer.concat([pseudoHeader(source, dest, 17, body.length), body])), 6);
  return ip6(source, dest, 17, body);
}

/** A message of neighbour discovery to all nodes; `target` is left out of router messages. */
export function neighbor(
  type: number,
  source: string,
  target: string | null,
  option: readonly [type: number, mac: string] | null = null,
): Payload {
  const dest = 'ff02::1';
  const body = Buffer.concat([
    Buffer.from([type, 0]),
    u16(0, 0, 0),
    target === null ? Buffer.alloc(0) : ipv6(target),
    option === null ? Buffer.alloc(0) : Buffer.concat([Buffer.from([option[0], 1]), mac(option[1])]),
  ]);
  body.writeUInt16BE(checksum(Buffer.concat([pseudoHeader(source, dest, 58, body.length), body])), 2);
  return ip6(source, dest, 58, body);
}
