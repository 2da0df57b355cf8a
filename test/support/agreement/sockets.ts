import { constants } from 'node:os';
import koffi from 'koffi';
import { libc, SystemError } from '../../../src/netlink/libc.js';
import { inNamespace } from '../../../src/netlink/namespace.js';
import { openNetlinkSocket } from '../../../src/netlink/socket.js';
import { bytesOf } from './checksum.js';

// uapi socket.h, linux/if_packet.h, linux/in.h, linux/in6.h, linux/if_ether.h
const AF_INET = 2;
const AF_INET6 = 10;
const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC = 0o2000003;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const IPPROTO_IPV6 = 41;
const IPV6_HDRINCL = 36;
const IPPROTO_RAW = 255;
const ETH_P_ALL = 0x0003;
const MSG_DONTWAIT = 0x40;
const RECEIVE_BUFFER = 4 << 20;
const LARGEST_FRAME = 4096;

const sendto = koffi
  .load(null)
  .func('long sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)');

const setAffinity = koffi.load(null).func('int sched_setaffinity(int pid, size_t size, const void *mask)');

/** Keeps this thread on the first processor until what it gives back is called. */
export function onOneProcessor(): () => void {
  const allow = (first: number, rest: number): void => {
    const mask = Buffer.alloc(128, rest);
    mask.writeUInt8(first, 0);
    if (Number(setAffinity(0, mask.length, mask)) < 0) throw new SystemError('sched_setaffinity', koffi.errno());
  };
  allow(1, 0);
  return () => allow(0xff, 0xff);
}

/** A socket that gives frames or packets as they come. */
export interface Source {
  /** What is queued, in order. */
  drain(): Buffer[];
  close(): void;
}

/** The cable's end: whole Ethernet frames, in both directions. */
export interface FrameSocket extends Source {
  send(frame: Buffer): void;
}

/** Sends whole IP packets as the node itself does. */
export interface DatagramSocket {
  /** The header's own addresses say nothing about the way: `gateway`, of the same family, does. */
  send(datagram: Buffer, family: 4 | 6, gateway: bigint): void;
  close(): void;
}

/** An interface of a namespace, by its number. It gives the frames that arrive there. */
export function openFrames(netns: string, ifindex: number): FrameSocket {
  const fd = openRaw(netns, AF_PACKET, 0);
  setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(ifindex, 4);
  libc.bind(fd, address, address.length);
  return { ...sourceOf(fd), send: (frame) => void libc.send(fd, frame, frame.length, 0) };
}

/**
 * What a namespace takes in of one IP protocol, behind its input hook (net/ipv4/raw.c, net/ipv6/raw.c): IPv4 packets
 * with their header, IPv6 packets without.
 */
export function openArrivals(netns: string, family: 4 | 6, protocol: number): Source {
  return sourceOf(openRaw(netns, family === 4 ? AF_INET : AF_INET6, protocol));
}

export function openDatagrams(netns: string): DatagramSocket {
  const four = openRaw(netns, AF_INET, IPPROTO_RAW);
  setOption(four, SOL_SOCKET, SO_BROADCAST, 1);
  const six = openRaw(netns, AF_INET6, IPPROTO_RAW);
  setOption(six, IPPROTO_IPV6, IPV6_HDRINCL, 1);
  return {
    send(datagram, family, gateway) {
      const address = Buffer.alloc(family === 4 ? 16 : 28);
      address.writeUInt16LE(family === 4 ? AF_INET : AF_INET6, 0);
      bytesOf(gateway, family === 4 ? 4 : 16).copy(address, family === 4 ? 4 : 8);
      const fd = family === 4 ? four : six;
      if (Number(sendto(fd, datagram, datagram.length, 0, address, address.length)) >= 0) return;
      const error = new SystemError('sendto', koffi.errno());
      // The output hook's drop or reject comes back as an error of the call (ip_local_out).
      if (error.errno !== 'EPERM') throw error;
    },
    close() {
      libc.close(four);
      libc.close(six);
    },
  };
}

/** Makes a namespace forget all its connections (uapi linux/netfilter/nfnetlink_conntrack.h). */
export interface Connections {
  forget(): Promise<void>;
  close(): void;
}

export function openConnections(netns: string): Connections {
  const NETLINK_NETFILTER = 12;
  const CTNETLINK_DELETE = (1 << 8) | 2;
  const REQUEST_ACK = 5;
  const socket = openNetlinkSocket(NETLINK_NETFILTER, netns);
  return {
    async forget() {
      const request = Buffer.alloc(20);
      request.writeUInt32LE(request.length, 0);
      request.writeUInt16LE(CTNETLINK_DELETE, 4);
      request.writeUInt16LE(REQUEST_ACK, 6);
      await socket.send(request);
      const error = socket.receive()?.readInt32LE(16);
      if (error !== 0) throw new SystemError('delete of all connections', -(error ?? -constants.errno.EIO));
    },
    close: () => socket.close(),
  };
}

function openRaw(netns: string, family: number, protocol: number): number {
  const fd = inNamespace(netns, () => libc.socket(family, SOCK_RAW_CLOEXEC, protocol));
  setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
  return fd;
}

const scratch = Buffer.alloc(LARGEST_FRAME);

function sourceOf(fd: number): Source {
  return {
    drain() {
      const found: Buffer[] = [];
      for (;;) {
        const length = receive(fd);
        if (length === null) return found;
        found.push(Buffer.from(scratch.subarray(0, length)));
      }
    },
    close: () => void libc.close(fd),
  };
}

/** Into `scratch`; the length, or null when nothing is there. */
function receive(fd: number): number | null {
  try {
    return libc.recv(fd, scratch, scratch.length, MSG_DONTWAIT);
  } catch (error) {
    if (error instanceof SystemError && (error.errno === 'EAGAIN' || error.errno === 'EWOULDBLOCK')) return null;
    throw error;
  }
}

function setOption(fd: number, level: number, option: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  libc.setsockopt(fd, level, option, bytes, bytes.length);
}
