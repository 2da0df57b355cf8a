import { ByteWriter } from '../byte-writer.js';
import type { AttributeType } from '../tlv.js';
import { HEADER, NLM_F_ACK, NLM_F_REQUEST } from '../wire.js';
import { batch, type MessageType, messageObject } from './schema.js';

/** NFNL_SUBSYS_NFTABLES: the high byte of every nf_tables message type. */
export const SUBSYSTEM = 10;
export const BATCH_BEGIN = 0x10;
export const BATCH_END = 0x11;
/** Bytes of `nfgenmsg`: u8 family, u8 version, be16 resource. */
export const NFGENMSG = 4;
/** NFPROTO_UNSPEC, INET, BRIDGE. */
export const familyNumber = { none: 0, inet: 1, bridge: 7 } as const;
export type Family = keyof typeof familyNumber;

/** Writes the header of an nf_tables message; `endMessage` of the writer closes it. */
export function beginMessage(
  out: ByteWriter,
  type: MessageType,
  flags: number,
  sequence: number,
  family: Family,
): number {
  const start = out.beginMessage((SUBSYSTEM << 8) | type, flags | NLM_F_REQUEST, sequence);
  out.u8(familyNumber[family]);
  out.u8(0);
  out.u16be(0);
  return start;
}

/** A batch ready to send, and what is needed to trace an answer back. */
export interface Batch {
  readonly bytes: Buffer;
  readonly firstSequence: number;
  /** The operation a message belongs to; null for the batch's own messages. */
  operationOf(sequence: number): number | null;
  /** The path of the attribute at `offset` of a message, such as `rule.expressions[2].payload.len`; null if unknown. */
  pathOf(sequence: number, offset: number): string | null;
}

/** Collects messages of one transaction. The kernel carries them out in order, all or none. */
export class BatchWriter {
  readonly #out: ByteWriter;
  readonly #firstSequence: number;
  /** By sequence minus the first: where the message starts, and its operation. */
  readonly #starts: number[] = [];
  readonly #operations: (number | null)[] = [];
  #operation: number | null = null;

  /** `generation`: the only ruleset generation the kernel may apply the batch to; null: any. */
  constructor(firstSequence: number, generation: number | null, capacity?: number) {
    this.#out = new ByteWriter(capacity);
    this.#firstSequence = firstSequence;
    const start = this.#boundary(BATCH_BEGIN, 0);
    if (generation !== null) batch.write(this.#out, { generation });
    this.#out.endMessage(start);
  }

  get length(): number {
    return this.#out.length;
  }

  /** Messages from now on belong to this operation. */
  startOperation(index: number): void {
    this.#operation = index;
  }

  message<T>(type: MessageType, flags: number, family: Family, object: AttributeType<T>, value: T): void {
    const start = beginMessage(this.#out, type, flags, this.#nextSequence(), family);
    object.write(this.#out, value);
    this.#out.endMessage(start);
  }

  /** Without its end a batch is a dry run: the kernel checks and answers every message and forgets them all. */
  finish(end: 'commit' | 'dry run'): Batch {
    this.#operation = null;
    if (end === 'commit') {
      // Ignored by kernels before 6.10. No proof of success: the sign of that is a queue without errors.
      this.#out.endMessage(this.#boundary(BATCH_END, NLM_F_ACK));
    }
    const bytes = this.#out.finish();
    return {
      bytes,
      firstSequence: this.#firstSequence,
      operationOf: (sequence) => this.#operations[sequence - this.#firstSequence] ?? null,
      pathOf: (sequence, offset) => {
        const start = this.#starts[sequence - this.#firstSequence];
        return start === undefined ? null : attributePath(bytes, start, offset);
      },
    };
  }

  #boundary(type: number, flags: number): number {
    const start = this.#out.beginMessage(type, NLM_F_REQUEST | flags, this.#nextSequence());
    this.#out.u8(0);
    this.#out.u8(0);
    this.#out.u16be(SUBSYSTEM);
    return start;
  }

  #nextSequence(): number {
    this.#starts.push(this.#out.length);
    this.#operations.push(this.#operation);
    return this.#firstSequence + this.#starts.length - 1;
  }
}

/** The path of the attribute at `offset` of the message that starts at `start`. */
export function attributePath(bytes: Buffer, start: number, offset: number): string | null {
  const object = messageObject(bytes.readUInt16LE(start + 4) & 0xff);
  if (object === undefined || bytes.readUInt16LE(start + 4) >> 8 !== SUBSYSTEM) return null;
  const end = start + bytes.readUInt32LE(start);
  return object.name + object.type.locate(bytes, start + HEADER + NFGENMSG, end, start + offset);
}
