import process from 'node:process';
// The package's index loads its codecs for Wi-Fi, WireGuard and more, a third of the time a command takes to start.
import { RawNetlinkSocket } from 'netlink/dist/raw.js';
import { Failure } from '../../diagnostics/index.js';
import { ByteWriter } from '../byte-writer.js';
import { errnoName, refuseBigEndian } from '../libc.js';
import { inNamespace } from '../namespace.js';
import type { AttributeType } from '../tlv.js';
import {
  type Message,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseAnswer,
  parseMessages,
} from '../wire.js';
import { RouteError } from './types.js';

const NETLINK_ROUTE = 0;
/**
 * The largest answer in bytes. The package takes a buffer of that size from the system, and fills it with zeros, for each
 * single answer; so a socket for changes has a small one.
 */
export const answerBytes = {
  /** Of a link with many alternative names, as a dump has it. */
  dump: 256 << 10,
  /** An errno with the request that was refused, or one link. */
  change: 16 << 10,
} as const;
/** What a stock system allows (net.core.rmem_max); the kernel doubles it. An answer costs 832 bytes of it. */
const RECEIVE_BUFFER = 212_992;
/** A receive overrun ends the whole process inside the package, so the queue of answers is never allowed to fill. */
const IN_FLIGHT = 128;
const DUMP_ATTEMPTS = 20;

class DisturbedDump extends Error {}

/** A request for a change that was not sent yet. `what` names it in errors. */
export interface Change {
  readonly what: string;
  readonly type: number;
  readonly flags: number;
  write(out: ByteWriter): void;
}

export const change = <Q>(what: string, type: number, flags: number, question: AttributeType<Q>, value: Q): Change => ({
  what,
  type,
  flags,
  write: (out) => question.write(out, value),
});

interface Pending {
  readonly what: string;
  /** A change has no answer of its own when it succeeds: that something behind it was answered says so. */
  readonly isChange: boolean;
  readonly parts: Message[];
  resolve(parts: Message[]): void;
  reject(error: unknown): void;
}

/**
 * rtnetlink requests over the package `netlink`. Its native half ends the process when a listener throws or the
 * receive buffer overflows; so listeners here catch everything, each send is one buffer, requests in flight are bounded, and no
 * multicast group is ever joined.
 */
export class RouteRequests {
  readonly #socket: RawNetlinkSocket;
  /** In the order in which they are sent. */
  readonly #pending = new Map<number, Pending>();
  #outgoing = new ByteWriter();
  /** Of the last change in `#outgoing`: where its header is. */
  #lastChange: number | null = null;
  readonly #waiting: (() => void)[] = [];
  #lastDump: Promise<unknown> = Promise.resolve();
  #sequence = 0;
  #inFlight = 0;
  #closed: Error | null = null;

  constructor(netns: string | undefined, largest: number) {
    refuseBigEndian();
    // The package opens and binds its socket in the constructor, so it belongs to the namespace of that moment.
    this.#socket = inNamespace(
      netns,
      () =>
        new RawNetlinkSocket(NETLINK_ROUTE, {
          messagePeeking: false,
          msgBufferSize: largest,
          recvBufferSize: RECEIVE_BUFFER,
          sendBufferSize: 0,
        }),
    );
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('truncatedMessage', () =>
      this.#end(new Failure('answer-too-large', `the kernel's answer has more than ${largest} bytes`)),
    );
    this.#socket.on('message', (bytes) => this.#receive(bytes));
  }

  /**
   * Sends a change; the promise is settled by its answer, with a RouteError when it was refused. The kernel takes
   * requests in the order of these calls, as long as each has waited for `room`.
   */
  async change(request: Change): Promise<void> {
    await this.#request(request, true);
  }

  /** Waits until one more request can be sent at once. */
  async room(): Promise<void> {
    while (this.#inFlight >= IN_FLIGHT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** One object. */
  async get<Q, R>(
    what: string,
    type: number,
    question: AttributeType<Q>,
    value: Q,
    answer: AttributeType<R>,
  ): Promise<R[]> {
    return readAll(await this.#request(change(what, type, 0, question, value)), answer);
  }

  /** All objects of a kind, in one undisturbed dump. The kernel runs one dump per socket at a time, so they queue here. */
  dump<Q, R>(
    what: string,
    type: number,
    question: AttributeType<Q>,
    value: Q,
    answer: AttributeType<R>,
    /** Looks at the bytes of one object: is it wanted? */
    wanted: (payload: Buffer) => boolean = () => true,
  ): Promise<R[]> {
    const result = this.#lastDump.then(async () => {
      const parts = await this.#dump(change(what, type, NLM_F_DUMP, question, value));
      return readAll(
        parts.filter(({ payload }) => wanted(payload)),
        answer,
      );
    });
    this.#lastDump = result.catch(() => undefined);
    return result;
  }

  async #dump(question: Change): Promise<Message[]> {
    for (let attempt = 1; attempt <= DUMP_ATTEMPTS; attempt++) {
      try {
        return await this.#request(question);
      } catch (error) {
        if (!(error instanceof DisturbedDump)) throw error;
      }
    }
    throw new Failure('network-busy', `the network changed during each of ${DUMP_ATTEMPTS} attempts to read it`);
  }

  close(): void {
    this.#end(new Failure('socket-closed', 'the netlink socket is closed'));
  }

  async #request({ what, type, flags, write }: Change, isChange = false): Promise<Message[]> {
    if (this.#inFlight >= IN_FLIGHT) await this.room();
    if (this.#closed !== null) throw this.#closed;
    this.#sequence = (this.#sequence % 0x7fffffff) + 1;
    const sequence = this.#sequence;
    const out = this.#outgoing;
    const before = out.length;
    const start = out.beginMessage(type, flags | NLM_F_REQUEST, sequence);
    try {
      write(out);
      out.endMessage(start);
    } catch (error) {
      // A value that no message can carry.
      out.truncate(before);
      throw error;
    }
    if (before === 0) process.nextTick(() => this.#flush());
    if (isChange) this.#lastChange = start;
    this.#inFlight += 1;
    try {
      return await new Promise<Message[]>((resolve, reject) => {
        this.#pending.set(sequence, { what, isChange, parts: [], resolve, reject });
      });
    } finally {
      this.#inFlight -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** All that is ready goes in one piece; the last change in it is acknowledged, the others by their silence. */
  #flush(): void {
    if (this.#closed !== null) return;
    if (this.#lastChange !== null) this.#outgoing.addFlags(this.#lastChange, NLM_F_ACK);
    const bytes = this.#outgoing.finish();
    this.#outgoing = new ByteWriter();
    this.#lastChange = null;
    this.#socket.send(bytes, {}, (error) => {
      if (error !== undefined) this.#end(error);
    });
  }

  /** Called from native code: nothing may be thrown. */
  #receive(bytes: Buffer): void {
    try {
      for (const message of parseMessages(bytes)) this.#take(message);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(message: Message): void {
    const pending = this.#pending.get(message.sequence);
    if (pending === undefined) return;
    this.#settleChangesBefore(message.sequence);
    if (message.type === NLMSG_ERROR) {
      const { errno, text } = parseAnswer(message);
      if (errno !== 0) this.#refuse(message.sequence, errno, text);
      else this.#settle(message.sequence, ({ resolve, parts }) => resolve(parts));
    } else if (message.type === NLMSG_DONE) this.#finishDump(message, pending);
    else {
      pending.parts.push(message);
      // The answer to a plain question is one message; parts of a dump say that more will come.
      if ((message.flags & NLM_F_MULTI) === 0) this.#settle(message.sequence, ({ resolve, parts }) => resolve(parts));
    }
  }

  /** The kernel performs and answers in order, so changes before an answer that were not refused are done. */
  #settleChangesBefore(answered: number): void {
    for (const [sequence, { isChange }] of this.#pending) {
      if (sequence === answered) return;
      if (isChange) this.#settle(sequence, ({ resolve, parts }) => resolve(parts));
    }
  }

  /** A dump ends with the errno it had; a part that says "interrupted" spoils all of it. */
  #finishDump(done: Message, { parts }: Pending): void {
    const errno = done.payload.length >= 4 ? -done.payload.readInt32LE(0) : 0;
    if (errno !== 0) this.#refuse(done.sequence, errno, null);
    else if (parts.some((part) => (part.flags & NLM_F_DUMP_INTR) !== 0)) {
      this.#settle(done.sequence, ({ reject }) => reject(new DisturbedDump('the network changed while it was read')));
    } else this.#settle(done.sequence, ({ resolve }) => resolve(parts));
  }

  #refuse(sequence: number, errno: number, text: string | null): void {
    this.#settle(sequence, ({ reject, what }) => reject(new RouteError(what, errnoName(errno), text)));
  }

  #settle(sequence: number, how: (pending: Pending) => void): void {
    const pending = this.#pending.get(sequence);
    if (pending === undefined) return;
    this.#pending.delete(sequence);
    how(pending);
  }

  /** After an error of the socket itself nothing that is unanswered will be answered. */
  #end(error: Error): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    this.#socket.close();
    for (const sequence of [...this.#pending.keys()]) this.#settle(sequence, ({ reject }) => reject(error));
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const readAll = <R>(messages: readonly Message[], object: AttributeType<R>): R[] =>
  messages.map(({ payload }) => object.read(payload, 0, payload.length));
