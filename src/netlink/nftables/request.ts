import { Failure } from '../../diagnostics/index.js';
import { type AnswerRefusal, readAnswer } from '../answer.js';
import { ByteWriter } from '../byte-writer.js';
import { errnoName } from '../libc.js';
import { u16beAt } from '../numbers.js';
import type { NetlinkSocket } from '../socket.js';
import type { AttributeType } from '../tlv.js';
import { MalformedMessage, NLM_F_DUMP } from '../wire.js';
import { beginMessage, type Family, NFGENMSG } from './batch.js';
import { generation, type MessageType, messageType } from './schema.js';

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
    this.#socket.sendHere(out.finish());
    const found: { value: R; generation: number }[] = [];
    const refusal = readAnswer(this.#socket, sequence, (bytes, from, to) =>
      found.push(readObject(bytes, from, to, answer)),
    );
    if (refusal !== null) throw refused(refusal);
    return found;
  }
}

function refused({ errno, text }: AnswerRefusal): Failure {
  return errnoName(errno) === 'EPERM' ? noPermission() : new RequestRefused(errnoName(errno), text);
}

function readObject<R>(
  bytes: Buffer,
  start: number,
  end: number,
  object: AttributeType<R>,
): { value: R; generation: number } {
  if (end - start < NFGENMSG) throw new MalformedMessage('a message has no nf_tables header');
  return {
    value: object.read(bytes, start + NFGENMSG, end),
    // The low 16 bits of the ruleset's generation.
    generation: u16beAt(bytes, start + 2),
  };
}

export const noPermission = (): Failure =>
  new Failure('no-permission', 'reading and writing the firewall of the kernel is not permitted', {
    help: 'run as root',
  });

export const noNftables = (cause: Error): Failure =>
  new Failure('no-nftables', 'this kernel has no nf_tables', { help: 'load it: modprobe nf_tables', cause });
