import { readFileSync } from 'node:fs';
import { Failure } from '../diagnostics/index.js';
import { libc, refuseBigEndian, SystemError, sendOnPool } from './libc.js';
import { inNamespace } from './namespace.js';

// uapi socket.h, netlink.h
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0o2000003;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;

/** The kernel keeps this much of the send buffer for itself (af_netlink.c netlink_sendmsg: `len > sk_sndbuf - 32`). */
const SEND_RESERVE = 32;
/** One queued answer costs 832 bytes of the buffer; the kernel doubles what is asked for: room for 20,000 answers. */
const RECEIVE_BUFFER = 8 << 20;
/** The kernel never makes a dump part larger than 32 KiB; a single message can be as large as its attributes. */
const LARGEST_ANSWER = 256 << 10;
/** A larger send takes longer than a few milliseconds in the kernel and leaves this thread. */
const SEND_HERE = 32 << 10;

export interface NetlinkSocket {
  /**
   * Hands `bytes` over to the kernel, which has processed all of it when the promise resolves: every answer is queued
   * by then. The caller must not change `bytes` any more. Rejects with a Failure when the send buffer cannot be
   * made large enough, with a SystemError when the kernel did not take the bytes; then it has looked at none of them.
   */
  send(bytes: Buffer): Promise<void>;
  /** As `send`, for a few KB, which take the kernel no time worth leaving this thread for: it is done when this returns. */
  sendHere(bytes: Buffer): void;
  /** The next queued answer, or null. Throws SystemError `ENOBUFS` once when answers were lost. */
  receive(): Buffer | null;
  close(): void;
}

/**
 * Opens a netlink socket of `protocol` (NETLINK_NETFILTER is 12), in a named network namespace when one is given. It also
 * hears what the kernel tells these multicast groups, each the bit of its number less one.
 */
export function openNetlinkSocket(protocol: number, netns?: string, groups = 0): NetlinkSocket {
  refuseBigEndian();
  const fd = inNamespace(netns, () => libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
  try {
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(groups, 8);
    libc.bind(fd, address, address.length);
    setOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    setOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
    setForced(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return new KernelSocket(fd);
}

class KernelSocket implements NetlinkSocket {
  readonly #fd: number;
  readonly #answer = Buffer.allocUnsafe(LARGEST_ANSWER);
  /** Bytes a pool thread reads right now: referenced here so that they are not collected. */
  readonly #sending = new Set<Buffer>();
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  sendHere(bytes: Buffer): void {
    this.#mustBeOpen();
    makeRoom(this.#fd, bytes.length);
    libc.send(this.#fd, bytes, bytes.length, 0);
  }

  async send(bytes: Buffer): Promise<void> {
    if (bytes.length <= SEND_HERE) {
      this.sendHere(bytes);
      return;
    }
    this.#mustBeOpen();
    makeRoom(this.#fd, bytes.length);
    this.#sending.add(bytes);
    try {
      // A netlink send is taken whole or not at all: when the pool's call failed, the same call here fails for the
      // same reason and can tell its errno, or succeeds.
      if (!(await sendOnPool(this.#fd, bytes))) libc.send(this.#fd, bytes, bytes.length, 0);
    } finally {
      this.#sending.delete(bytes);
      if (this.#closed) libc.close(this.#fd);
    }
  }

  receive(): Buffer | null {
    this.#mustBeOpen();
    try {
      const length = libc.recv(this.#fd, this.#answer, this.#answer.length, MSG_DONTWAIT | MSG_TRUNC);
      if (length > this.#answer.length) {
        throw new Failure('answer-too-large', `the kernel's answer has ${length} bytes, more than ${LARGEST_ANSWER}`);
      }
      return Buffer.from(this.#answer.subarray(0, length));
    } catch (error) {
      if (error instanceof SystemError && error.errno === 'EAGAIN') return null;
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A descriptor closed under a running send could be another file's by the time the pool thread uses it.
    if (this.#sending.size === 0) libc.close(this.#fd);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Failure('socket-closed', 'the netlink socket is closed');
  }
}

function makeRoom(fd: number, length: number): void {
  const needed = length + SEND_RESERVE;
  if (getOption(fd, SOL_SOCKET, SO_SNDBUF) >= needed) return;
  setForced(fd, SO_SNDBUFFORCE, SO_SNDBUF, needed);
  const got = getOption(fd, SOL_SOCKET, SO_SNDBUF);
  if (got < needed) {
    throw new Failure(
      'send-buffer',
      `the transaction needs a send buffer of ${needed} bytes, the kernel gives ${got} (net.core.wmem_max is ${writeLimit()})`,
      { help: `run as root outside of a user namespace, or set net.core.wmem_max to ${Math.ceil(needed / 2)}` },
    );
  }
}

function writeLimit(): string {
  try {
    return readFileSync('/proc/sys/net/core/wmem_max', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** The forced option ignores the system's limit but needs CAP_NET_ADMIN in the first user namespace. */
function setForced(fd: number, forced: number, limited: number, bytes: number): void {
  try {
    setOption(fd, SOL_SOCKET, forced, bytes);
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === 'EPERM')) throw error;
    setOption(fd, SOL_SOCKET, limited, bytes);
  }
}

function setOption(fd: number, level: number, option: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  libc.setsockopt(fd, level, option, bytes, bytes.length);
}

function getOption(fd: number, level: number, option: number): number {
  const value = Buffer.alloc(4);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  libc.getsockopt(fd, level, option, value, length);
  return value.readInt32LE();
}
