import { constants } from 'node:os';
import { SystemError } from './libc.js';
import { s32At } from './numbers.js';
import type { NetlinkSocket } from './socket.js';
import {
  type Answer,
  eachMessage,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseAnswer,
} from './wire.js';

/** What was read changed meanwhile, or a part of the answer got lost. */
export class DisturbedDump extends Error {}

/** One object of an answer. */
export type Take = (bytes: Buffer, start: number, end: number) => void;

/** The errno of a refusal, and the kernel's own words. */
export type AnswerRefusal = Pick<Answer, 'errno' | 'text'>;

/** A dump that cannot be continued ends with one of these. */
const BROKEN_OFF: ReadonlySet<number> = new Set([constants.errno.EINTR, constants.errno.EAGAIN]);

/**
 * Hands on the objects that answer a question, the last that was sent over this socket. The kernel queues the first part of
 * an answer while it takes the question, and makes the next part of a dump when the one before is received, so
 * nothing is ever waited for. Answers the refusal, or null. Throws DisturbedDump; whatever it throws, nothing is left in the queue.
 */
export function readAnswer(socket: NetlinkSocket, sequence: number, take: Take): AnswerRefusal | null {
  let refusal: AnswerRefusal | null = null;
  let ended = false;
  const hear = (bytes: Buffer, type: number, flags: number, start: number, end: number): void => {
    if ((flags & NLM_F_DUMP_INTR) !== 0) throw new DisturbedDump('it changed while it was read');
    if (type === NLMSG_ERROR) {
      const answer = parseAnswer({ flags, payload: bytes.subarray(start, end) });
      if (answer.errno !== 0) refusal = answer;
      ended = true;
    } else if (type === NLMSG_DONE) {
      const errno = end - start < 4 ? 0 : -s32At(bytes, start);
      if (BROKEN_OFF.has(errno)) throw new DisturbedDump('the kernel gave up');
      if (errno !== 0) refusal = { errno, text: null };
      ended = true;
    } else {
      take(bytes, start, end);
      // A part of a dump says that more will come; a single object is a whole answer.
      ended = (flags & NLM_F_MULTI) === 0;
    }
  };
  try {
    while (!ended) {
      const bytes = receive(socket);
      if (bytes === null) throw new DisturbedDump('the answer broke off');
      eachMessage(bytes, (type, flags, own, start, end) => {
        // Others are late answers to an earlier question that was given up.
        if (own === sequence) hear(bytes, type, flags, start, end);
      });
    }
  } finally {
    if (!ended) discard(socket);
  }
  return refusal;
}

/** As of the socket. Without room for an answer its loss is a disturbance like others. */
function receive(socket: NetlinkSocket): Buffer | null {
  try {
    return socket.receive();
  } catch (error) {
    if (isOverrun(error)) throw new DisturbedDump('a part of the answer got lost');
    throw error;
  }
}

function discard(socket: NetlinkSocket): void {
  for (;;) {
    try {
      if (socket.receive() === null) return;
    } catch (error) {
      if (!isOverrun(error)) throw error;
    }
  }
}

/** The kernel had more answers than the socket has room for, and says so once. */
export const isOverrun = (error: unknown): boolean => error instanceof SystemError && error.errno === 'ENOBUFS';
