import { Failure } from '../../diagnostics/index.js';
import { ByteWriter } from '../byte-writer.js';
import { errnoName, SystemError } from '../libc.js';
import type { NetlinkSocket } from '../socket.js';
import type { AttributeType } from '../tlv.js';
import {
  MalformedMessage,
  type Message,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseAnswer,
  parseMessages,
} from '../wire.js';
import { beginMessage, type Family, NFGENMSG } from './batch.js';
import { generation, type MessageType, messageType } from './schema.js';

/** The ruleset changed while it was read, or a part of the answer got lost. */
export class DisturbedDump extends Error {}

/** The kernel refused a request that is not part of a batch; `errno` is a name such as `ENOENT`. */
export class RequestRefused extends Failure {
  readonly errno: string;

  constructor(errno: string, text: string | null) {
    super('request-refused', `the kernel refused to show its firewall: ${errno}${text === null ? '' : ` (${text})`}`);
    this.errno = errno;
  }
}

/** Requests for reading, one at a time, over one socket. */
export class Requests {
  readonly #socket: NetlinkSocket;
  #sequence = 0;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** Sequence numbers for `count` messages; the first of them. */
  reserve(count: number): number {
    // Zero is the kernel's own; the numbers start over long before they need 32 bits.
    if (this.#sequence + count > 0x7fffffff) this.#sequence = 0;
    const first = this.#sequence + 1;
    this.#sequence += count;
    return first;
  }

  /** The ruleset's generation: it changes with every commit of anybody. Rejects with Failure `no-nftables`. */
  async generation(): Promise<number> {
    const [answer] = await this.get(messageType.getGeneration, 'none', generation, {}, generation).catch(
      (error: unknown) => {
        // nfnetlink without its nf_tables part (nfnetlink.c nfnetlink_rcv_msg).
        if (error instanceof RequestRefused && error.errno === 'EINVAL') throw noNftables(error);
        throw error;
      },
    );
    if (answer?.value.id === undefined) throw new MalformedMessage('the ruleset has no generation');
    return answer.value.id;
  }

  /** One object. Rejects with RequestRefused, for example `ENOENT`. */
  get<Q, R>(type: MessageType, family: Family, question: AttributeType<Q>, value: Q, answer: AttributeType<R>) {
    return this.#request(type, 0, family, question, value, answer);
  }

  /** All objects that fit the question. Rejects with DisturbedDump when they changed meanwhile. */
  dump<Q, R>(type: MessageType, family: Family, question: AttributeType<Q>, value: Q, answer: AttributeType<R>) {
    return this.#request(type, NLM_F_DUMP, family, question, value, answer);
  }

  async #request<Q, R>(
    type: MessageType,
    flags: number,
    family: Family,
    question: AttributeType<Q>,
    value: Q,
    answer: AttributeType<R>,
  ): Promise<{ readonly value: R; readonly generation: number }[]> {
    const sequence = this.reserve(1);
    const out = new ByteWriter(256);
    const start = beginMessage(out, type, flags, sequence, family);
    question.write(out, value);
    out.endMessage(start);
    await this.#socket.send(out.finish());
    const found: { value: R; generation: number }[] = [];
    // A dump ends with a message that says so; a single object is not a dump.
    let whole = flags !== NLM_F_DUMP;
    // The kernel makes the next part of a dump when the one before is received, so nothing is ever waited for.
    for (let part = this.#receive(); part !== null; part = this.#receive()) {
      for (const message of parseMessages(part)) {
        // A late answer to an earlier request that was given up.
        if (message.sequence !== sequence) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) throw this.#disturbed();
        if (message.type === NLMSG_ERROR) refuse(message);
        else if (message.type === NLMSG_DONE) {
          refuseDone(message);
          whole = true;
        } else found.push(readObject(message, answer));
      }
    }
    if (!whole) throw new DisturbedDump('the answer broke off');
    return found;
  }

  /** As of the socket. An answer that got lost, for want of room in its buffer, is a disturbance like others. */
  #receive(): Buffer | null {
    try {
      return this.#socket.receive();
    } catch (error) {
      if (error instanceof SystemError && error.errno === 'ENOBUFS') throw this.#disturbed();
      throw error;
    }
  }

  /** Leaves nothing of the broken dump for the next request. */
  #disturbed(): DisturbedDump {
    while (this.#socket.receive() !== null);
    return new DisturbedDump('the ruleset changed while it was read');
  }
}

function refuse(message: Message): void {
  const { errno, text } = parseAnswer(message);
  if (errno === 0) return;
  if (errnoName(errno) === 'EPERM') throw noPermission();
  throw new RequestRefused(errnoName(errno), text);
}

/** NLMSG_DONE carries the errno a dump ended with. */
function refuseDone(message: Message): void {
  if (message.payload.length < 4) return;
  const errno = -message.payload.readInt32LE(0);
  if (errno === 0) return;
  // nf_tables ends a dump it could not continue with EINTR or EAGAIN.
  if (errnoName(errno) === 'EINTR' || errnoName(errno) === 'EAGAIN') throw new DisturbedDump(errnoName(errno));
  throw new RequestRefused(errnoName(errno), null);
}

function readObject<R>({ payload }: Message, object: AttributeType<R>): { value: R; generation: number } {
  if (payload.length < NFGENMSG) throw new MalformedMessage('a message has no nf_tables header');
  return {
    value: object.read(payload, NFGENMSG, payload.length),
    // The low 16 bits of the ruleset's generation.
    generation: payload.readUInt16BE(2),
  };
}

export const noPermission = (): Failure =>
  new Failure('no-permission', 'reading and writing the firewall of the kernel is not permitted', {
    help: 'run as root',
  });

export const noNftables = (cause: Error): Failure =>
  new Failure('no-nftables', 'this kernel has no nf_tables', { help: 'load it: modprobe nf_tables', cause });
