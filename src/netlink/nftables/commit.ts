import type { Operation, TransactionError, TransactionResult } from '../../ruleset/index.js';
import { isOverrun } from '../answer.js';
import { errnoName } from '../libc.js';
import type { NetlinkSocket } from '../socket.js';
import { type Answer, NLMSG_ERROR, parseAnswer, parseMessages } from '../wire.js';
import type { Batch } from './batch.js';
import { encodeInTurns } from './encode.js';
import { noPermission, type Requests } from './request.js';
import { storedBatch } from './stored-batch.js';

/** Room for the sequence numbers of one batch: no operation makes more messages than this on average. */
const SEQUENCES = 1 << 24;

/** Sends the operations as one transaction for the ruleset generation they were planned from. */
export async function commitOperations(
  socket: NetlinkSocket,
  requests: Requests,
  operations: readonly Operation[],
  generation: number,
): Promise<TransactionResult> {
  if (operations.length === 0) {
    return (await requests.generation()) === generation ? { ok: true } : { ok: false, reason: 'stale' };
  }
  const firstSequence = requests.reserve(SEQUENCES);
  const batch = await encodeInTurns(operations, { firstSequence, generation, end: 'commit' });
  return sendBatch(socket, requests, batch, generation);
}

/** Sends a batch that was encoded earlier. */
export async function loadBatch(
  socket: NetlinkSocket,
  requests: Requests,
  bytes: Uint8Array,
): Promise<TransactionResult> {
  const batch = storedBatch(bytes, requests.reserve(SEQUENCES));
  if (batch === null) return { ok: false, reason: 'refused', errors: [unreadable] };
  return sendBatch(socket, requests, batch, await requests.generation());
}

const unreadable: TransactionError = { operation: null, errno: 'EINVAL', detail: 'it is no whole batch of ours' };

/** `generation` is the one the kernel had before. */
async function sendBatch(
  socket: NetlinkSocket,
  requests: Requests,
  batch: Batch,
  generation: number,
): Promise<TransactionResult> {
  await socket.send(batch.bytes);
  const { answers, lost } = drain(socket, batch.firstSequence);
  const refusals = answers.filter(({ errno }) => errno !== 0).sort((a, b) => a.sequence - b.sequence);
  const [first] = refusals;
  // The batch was only looked at in this generation; as long as it lasts, nothing was committed.
  const committed = lost || first === undefined ? (await requests.generation()) !== generation : false;
  if (first === undefined) return committed && !lost ? { ok: true } : { ok: false, reason: 'unknown' };
  if (committed) return { ok: false, reason: 'unknown' };
  if (errnoName(first.errno) === 'EPERM' && first.sequence === batch.firstSequence) throw noPermission();
  // The kernel blames the batch's first message for a stale generation.
  if (errnoName(first.errno) === 'ERESTART') return { ok: false, reason: 'stale' };
  return { ok: false, reason: 'refused', errors: refusals.map((answer) => transactionError(batch, answer)) };
}

/**
 * Every answer that is queued. After `send` that is all there will be; an acknowledgement alone proves nothing.
 * `lost`: there were more than the socket could hold.
 */
export function drain(socket: NetlinkSocket, firstSequence: number): { answers: Answer[]; lost: boolean } {
  const answers: Answer[] = [];
  let lost = false;
  for (;;) {
    let part: Buffer | null;
    try {
      part = socket.receive();
    } catch (error) {
      if (!isOverrun(error)) throw error;
      lost = true;
      continue;
    }
    if (part === null) break;
    for (const message of parseMessages(part)) {
      if (message.type === NLMSG_ERROR && message.sequence >= firstSequence) answers.push(parseAnswer(message));
    }
  }
  return { answers, lost };
}

function transactionError(batch: Batch, { errno, sequence, text, offset }: Answer): TransactionError {
  const path = offset === null ? null : batch.pathOf(sequence, offset);
  const words = [path, text].filter((word) => word !== null);
  return {
    operation: batch.operationOf(sequence),
    errno: errnoName(errno),
    detail: words.length === 0 ? null : words.join(': '),
  };
}
