import { createServer, type Server, type Socket } from 'node:net';
import { ByteReader } from './byte-reader.js';

const SECTOR = 512;

/**
 * A disk with a cache that is empty after a power cut: what was written and not flushed may be lost, sector by sector, and
 * all that was flushed is kept. The emulator reaches it as a network block device (NBD) over a Unix socket.
 */
export class VolatileDisk {
  readonly #kept: Buffer;
  readonly #cache = new Map<number, Buffer>();
  readonly #server: Server;
  readonly path: string;
  /** Raised by each power cut: a connection is served in the period in which it was made. */
  #period = 0;
  #requests = 0;
  #limit: { readonly at: number; readonly reached: () => void } | null = null;

  /** With the content of the image, on a socket that nobody listens on. */
  constructor(image: Buffer, path: string) {
    this.#kept = image;
    this.path = path;
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  close(): void {
    this.#server.close();
  }

  /** How many writes and flushes came so far. */
  get requests(): number {
    return this.#requests;
  }

  /** The power goes with the write or flush that comes as the `count`th from now, which is not carried out. */
  powerOffAt(count: number): Promise<void> {
    return new Promise((reached) => {
      this.#limit = { at: this.#requests + count, reached };
    });
  }

  /** From now on nothing is read, written or answered. */
  powerOff(): void {
    this.#period += 1;
    this.#limit = null;
  }

  /** The cache is empty; `survives` says of each sector in it whether it got to the disk all the same. */
  emptyCache(survives: () => boolean): void {
    for (const [sector, bytes] of this.#cache) if (survives()) bytes.copy(this.#kept, sector * SECTOR);
    this.#cache.clear();
  }

  async #serve(socket: Socket): Promise<void> {
    // The emulator is killed, which resets the connection.
    socket.on('error', () => {});
    const bytes = new ByteReader(socket);
    if (await negotiate(bytes, socket, this.#kept.length)) await this.#answer(bytes, socket);
    socket.destroy();
  }

  async #answer(bytes: ByteReader, socket: Socket): Promise<void> {
    const period = this.#period;
    for (;;) {
      const request = await bytes.take(REQUEST_LENGTH);
      if (request === null || request.readUInt32BE(0) !== REQUEST) return;
      const flags = request.readUInt16BE(4);
      const type = request.readUInt16BE(6);
      const offset = Number(request.readBigUInt64BE(16));
      const length = request.readUInt32BE(24);
      const data = type === WRITE ? await bytes.take(length) : null;
      if (type === DISCONNECT || (type === WRITE && data === null)) return;
      if (type !== READ && period === this.#period) this.#count();
      if (period !== this.#period) continue;
      if (data !== null) this.#write(offset, data);
      if (type === FLUSH || (flags & FORCE_UNIT_ACCESS) !== 0) this.#flush();
      socket.write(Buffer.concat([reply(request), ...(type === READ ? [this.#read(offset, length)] : [])]));
    }
  }

  #count(): void {
    this.#requests += 1;
    const limit = this.#limit;
    if (limit === null || this.#requests < limit.at) return;
    this.powerOff();
    limit.reached();
  }

  #write(offset: number, data: Buffer): void {
    for (let at = 0; at < data.length; at += SECTOR) {
      this.#cache.set((offset + at) / SECTOR, data.subarray(at, at + SECTOR));
    }
  }

  /** Of everything, as FUA asks for no less than that one write. */
  #flush(): void {
    for (const [sector, bytes] of this.#cache) bytes.copy(this.#kept, sector * SECTOR);
    this.#cache.clear();
  }

  #read(offset: number, length: number): Buffer {
    const bytes = Buffer.from(this.#kept.subarray(offset, offset + length));
    for (let at = 0; at < length; at += SECTOR) this.#cache.get((offset + at) / SECTOR)?.copy(bytes, at);
    return bytes;
  }
}

// The NBD protocol, "doc/proto.md" of NetworkBlockDevice/nbd: the fixed newstyle handshake and simple replies.
const SERVER_MAGIC = Buffer.from('NBDMAGICIHAVEOPT');
const FIXED_NEWSTYLE = 1;
const NO_ZEROES = 2;
const OPTION_GO = 7;
const OPTION_REPLY = 0x3e889045565a9n;
const REPLY_ACK = 1;
const REPLY_INFO = 3;
const REPLY_UNSUPPORTED = 2 ** 31 + 1;
const INFO_EXPORT = 0;
/** Has flags, knows flushes, knows writes that flush themselves. */
const EXPORT_FLAGS = 1 | 4 | 8;
const REQUEST = 0x25609513;
const REQUEST_LENGTH = 28;
const SIMPLE_REPLY = 0x67446698;
const READ = 0;
const WRITE = 1;
const DISCONNECT = 2;
const FLUSH = 3;
const FORCE_UNIT_ACCESS = 1;

/** False when the other side went away. */
async function negotiate(bytes: ByteReader, socket: Socket, size: number): Promise<boolean> {
  socket.write(Buffer.concat([SERVER_MAGIC, Buffer.from([0, FIXED_NEWSTYLE | NO_ZEROES])]));
  if ((await bytes.take(4)) === null) return false;
  for (;;) {
    const header = await bytes.take(16);
    if (header === null) return false;
    const option = header.readUInt32BE(8);
    if ((await bytes.take(header.readUInt32BE(12))) === null) return false;
    if (option !== OPTION_GO) {
      socket.write(optionReply(option, REPLY_UNSUPPORTED, Buffer.alloc(0)));
      continue;
    }
    const info = Buffer.alloc(12);
    info.writeUInt16BE(INFO_EXPORT, 0);
    info.writeBigUInt64BE(BigInt(size), 2);
    info.writeUInt16BE(EXPORT_FLAGS, 10);
    socket.write(optionReply(option, REPLY_INFO, info));
    socket.write(optionReply(option, REPLY_ACK, Buffer.alloc(0)));
    return true;
  }
}

function optionReply(option: number, type: number, data: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeBigUInt64BE(OPTION_REPLY, 0);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(type, 12);
  header.writeUInt32BE(data.length, 16);
  return Buffer.concat([header, data]);
}

/** Without an error; the handle tells which request it answers. */
function reply(request: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(SIMPLE_REPLY, 0);
  request.copy(header, 8, 8, 16);
  return header;
}
