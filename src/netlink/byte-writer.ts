import { bytesOf } from './kernel-text.js';
import { align } from './wire.js';

/** No attribute can be longer: its length is a u16. */
const MAX_ATTRIBUTE = 0xffff;
/** Up to here a loop is faster than the call into the runtime that copies. */
const LOOP_BYTES = 64;
const NLA_F_NESTED = 0x8000;

/** Netlink messages and attributes written one after the other into one growing buffer. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 4096) {
    this.#bytes = Buffer.alloc(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes so far. The writer must not be used afterwards: it keeps no claim on them. */
  finish(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return bytes;
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    const at = this.#length;
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    this.#length = at + 2;
  }

  u32(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  u16be(value: number): void {
    this.#room(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
  }

  /** Throws RangeError for anything but a 32-bit number: the hottest of the number writers checks for itself. */
  u32be(value: number): void {
    if (value >>> 0 !== value) throw new RangeError(`${value} is not an unsigned 32-bit number`);
    this.#room(4);
    const at = this.#length;
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.#length = at + 4;
  }

  s32be(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
  }

  u64be(value: bigint): void {
    this.#room(8);
    this.#length = this.#bytes.writeBigUInt64BE(value, this.#length);
  }

  bytes(value: Uint8Array): void {
    const { length } = value;
    this.#room(length);
    if (length > LOOP_BYTES) this.#bytes.set(value, this.#length);
    else for (let index = 0; index < length; index++) this.#bytes[this.#length + index] = value[index] ?? 0;
    this.#length += length;
  }

  /** As of `bytesOf`, with the final NUL. */
  string(value: string): void {
    const { length } = value;
    this.#room(length * 3 + 1);
    const start = this.#length;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) {
        this.bytes(bytesOf(value));
        this.u8(0);
        return;
      }
      this.#bytes[start + index] = code;
    }
    this.#length = start + length;
    this.u8(0);
  }

  /** Starts an attribute and answers where, for `endAttribute`. */
  beginAttribute(type: number, nested: boolean): number {
    const start = this.#length;
    this.u16(0);
    this.u16(nested ? type | NLA_F_NESTED : type);
    return start;
  }

  /** Sets the length of the attribute that began at `start`, and pads. */
  endAttribute(start: number): void {
    const length = this.#length - start;
    if (length > MAX_ATTRIBUTE)
      throw new RangeError(`attribute of ${length} bytes, the format ends at ${MAX_ATTRIBUTE}`);
    this.#bytes[start] = length;
    this.#bytes[start + 1] = length >>> 8;
    this.#pad();
  }

  /** Starts a message; its payload follows. */
  beginMessage(type: number, flags: number, sequence: number): number {
    const start = this.#length;
    this.u32(0);
    this.u16(type);
    this.u16(flags);
    this.u32(sequence);
    this.u32(0);
    return start;
  }

  endMessage(start: number): void {
    this.#bytes.writeUInt32LE(this.#length - start, start);
    this.#pad();
  }

  addFlags(start: number, flags: number): void {
    this.#bytes.writeUInt16LE(this.#bytes.readUInt16LE(start + 6) | flags, start + 6);
  }

  /** Takes back what was written last. */
  truncate(length: number): void {
    this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  /** Bytes not written yet are zero. */
  #pad(): void {
    const end = align(this.#length);
    this.#room(end - this.#length);
    this.#length = end;
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
