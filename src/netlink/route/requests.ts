import { Failure } from '../../diagnostics/index.js';
import { type AnswerRefusal, DisturbedDump, readAnswer, type Take } from '../answer.js';
import { ByteWriter } from '../byte-writer.js';
import { errnoName } from '../libc.js';
import type { NetlinkSocket } from '../socket.js';
import type { AttributeType } from '../tlv.js';
import { eachMessage, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_ERROR, parseAnswer } from '../wire.js';
import { RouteError } from './types.js';

/** So many answers fit into the receive buffer of a stock system (net.core.rmem_max), at 832 bytes each. */
const MOST_AT_ONCE = 128;
const DUMP_ATTEMPTS = 20;

/** A request that was not sent yet. `what` names it in errors. */
export interface RouteRequest {
  readonly what: string;
  readonly type: number;
  readonly flags: number;
  write(out: ByteWriter): void;
}

export const request = <Q>(
  what: string,
  type: number,
  flags: number,
  question: AttributeType<Q>,
  value: Q,
): RouteRequest => ({ what, type, flags, write: (out) => question.write(out, value) });

/** Who hears of a request: whether it was refused, and what it was answered. Success alone is silent. */
export interface Listener {
  refused(error: RouteError): void;
  answered?: Take;
}

/** A request that waits to be sent: where its header is in what will be sent. */
interface Added extends Listener {
  readonly what: string;
  readonly start: number;
}

/**
 * rtnetlink over one socket. The kernel performs what is sent in its order and has done so when the call returns, so
 * requests go in one piece, and silence is success: only the last is asked to answer. Nothing here waits.
 */
export class RouteRequests {
  readonly #socket: NetlinkSocket;
  /** By sequence number, in the order in which they were added. */
  #added = new Map<number, Added>();
  #outgoing = new ByteWriter();
  #sequence = 0;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** Are there as many as should be sent at once? */
  get isFull(): boolean {
    return this.#added.size >= MOST_AT_ONCE;
  }

  /** Puts a request behind those that will be sent next. Throws for a value that no message can carry. */
  add(request: RouteRequest, listener: Listener): void {
    const start = this.#write(request);
    this.#added.set(this.#sequence, { ...listener, what: request.what, start });
  }

  /** Sends what was added. When this returns, each of them was performed or refused, and its listener has heard of it. */
  send(): void {
    const sent = this.#added;
    const last = [...sent].at(-1);
    if (last === undefined) return;
    const [lastSequence, { start: lastStart }] = last;
    this.#added = new Map();
    this.#outgoing.addFlags(lastStart, NLM_F_ACK);
    this.#socket.sendHere(this.#take());
    for (let isAnswered = false; !isAnswered; ) {
      const bytes = this.#socket.receive();
      if (bytes === null) throw new Failure('no-answer', 'the kernel did not answer a change of links');
      eachMessage(bytes, (type, flags, sequence, start, end) => {
        const listener = sent.get(sequence);
        if (type !== NLMSG_ERROR) listener?.answered?.(bytes, start, end);
        else {
          const answer = parseAnswer({ flags, payload: bytes.subarray(start, end) });
          if (answer.errno !== 0) listener?.refused(refusal(listener.what, answer));
          if (sequence === lastSequence) isAnswered = true;
        }
      });
    }
  }

  /** One request by itself, after all that were added. Throws RouteError when it is refused. */
  perform(alone: RouteRequest): void {
    const refusals: RouteError[] = [];
    this.add(alone, { refused: (error) => refusals.push(error) });
    this.send();
    const [error] = refusals;
    if (error !== undefined) throw error;
  }

  /** All objects of a kind, in one undisturbed dump. `wanted` looks at the bytes of one object before it is read. */
  dump<Q, R>(
    what: string,
    type: number,
    question: AttributeType<Q>,
    value: Q,
    answer: AttributeType<R>,
    wanted: (bytes: Buffer, start: number) => boolean = () => true,
  ): R[] {
    for (let attempt = 1; attempt <= DUMP_ATTEMPTS; attempt++) {
      try {
        const objects: R[] = [];
        this.#dump(request(what, type, NLM_F_DUMP, question, value), (bytes, start, end) => {
          if (wanted(bytes, start)) objects.push(answer.read(bytes, start, end));
        });
        return objects;
      } catch (error) {
        if (!(error instanceof DisturbedDump)) throw error;
      }
    }
    throw new Failure('network-busy', `the network changed during each of ${DUMP_ATTEMPTS} attempts to read it`);
  }

  close(): void {
    this.#socket.close();
  }

  #dump(question: RouteRequest, take: Take): void {
    this.send();
    this.#write(question);
    this.#socket.sendHere(this.#take());
    const refused = readAnswer(this.#socket, this.#sequence, take);
    if (refused !== null) throw refusal(question.what, refused);
  }

  /** Where its header is. */
  #write({ type, flags, write }: RouteRequest): number {
    this.#sequence = (this.#sequence % 0x7fffffff) + 1;
    const out = this.#outgoing;
    const before = out.length;
    const start = out.beginMessage(type, flags | NLM_F_REQUEST, this.#sequence);
    try {
      write(out);
      out.endMessage(start);
    } catch (error) {
      out.truncate(before);
      throw error;
    }
    return start;
  }

  #take(): Buffer {
    const bytes = this.#outgoing.finish();
    this.#outgoing = new ByteWriter();
    return bytes;
  }
}

const refusal = (what: string, { errno, text }: AnswerRefusal): RouteError =>
  new RouteError(what, errnoName(errno), text);
