import { TABLE_NAME } from '../../ruleset/index.js';
import { align, attributes, HEADER, MalformedMessage, readString } from '../wire.js';
import { attributePath, BATCH_BEGIN, BATCH_END, type Batch, familyNumber, NFGENMSG, SUBSYSTEM } from './batch.js';

/** The first attribute of every message that changes something: NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE … */
const TABLE_ATTRIBUTE = 1;
const families: readonly number[] = [familyNumber.inet, familyNumber.bridge];

/**
 * A batch that was kept as bytes, with sequence numbers of this conversation. Null when it is no whole batch of messages
 * about our tables: what was kept may not be what was written.
 */
export function storedBatch(kept: Uint8Array, firstSequence: number): Batch | null {
  const bytes = Buffer.from(kept);
  const starts = messageStarts(bytes);
  if (starts === null || starts.length < 2) return null;
  for (const [index, start] of starts.entries()) {
    const type = bytes.readUInt16LE(start + 4);
    const isGood =
      index === 0
        ? type === BATCH_BEGIN
        : index === starts.length - 1
          ? type === BATCH_END
          : type >> 8 === SUBSYSTEM && isOurs(bytes, start);
    if (!isGood) return null;
    bytes.writeUInt32LE(firstSequence + index, start + 8);
  }
  return {
    bytes,
    firstSequence,
    operationOf: () => null,
    pathOf: (sequence, offset) => {
      const start = starts[sequence - firstSequence];
      return start === undefined ? null : attributePath(bytes, start, offset);
    },
  };
}

/** Null when the bytes do not end where a message does. */
function messageStarts(bytes: Buffer): number[] | null {
  const starts: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + HEADER + NFGENMSG > bytes.length) return null;
    const length = bytes.readUInt32LE(at);
    // The length itself first: `align` works on 32 bits with a sign.
    if (length < HEADER + NFGENMSG || length > bytes.length - at || at + align(length) > bytes.length) return null;
    starts.push(at);
    at += align(length);
  }
  return starts;
}

function isOurs(bytes: Buffer, start: number): boolean {
  if (!families.includes(bytes.readUInt8(start + HEADER))) return false;
  try {
    const own = attributes(bytes, start + HEADER + NFGENMSG, start + bytes.readUInt32LE(start));
    const table = own.filter(({ type }) => type === TABLE_ATTRIBUTE);
    return table.length === 1 && table.every((found) => readString(bytes, found.start, found.end) === TABLE_NAME);
  } catch (error) {
    if (error instanceof MalformedMessage) return false;
    throw error;
  }
}
