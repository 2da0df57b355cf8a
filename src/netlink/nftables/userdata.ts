import type { TypeLayout } from './data-type.js';

// TLV numbers of libnftnl's udata.h; u8 type, u8 length, value without padding.
const RULE_COMMENT = 0;
const ELEMENT_COMMENT = 0;
const ELEMENT_FLAGS = 1;
const ELEMENT_INTERVAL_OPEN = 1;
const SET_KEY_ORDER = 0;
const SET_DATA_ORDER = 1;
const SET_COMMENT = 7;
/** Ours; nft ignores numbers it does not know. */
const DIGEST = 0x72;
/** NFT_USERDATA_MAXLEN of the kernel. */
const MAX_USERDATA = 256;

type Entry = readonly [type: number, value: Buffer];

function encode(entries: readonly Entry[]): Buffer {
  const bytes = Buffer.concat(entries.flatMap(([type, value]) => [Buffer.from([type, value.length]), value]));
  if (bytes.length > MAX_USERDATA)
    throw new RangeError(`userdata of ${bytes.length} bytes, the kernel takes ${MAX_USERDATA}`);
  return bytes;
}

/** Somebody else's bytes may be anything: reading stops where they make no sense. */
function decode(bytes: Buffer): Map<number, Buffer> {
  const entries = new Map<number, Buffer>();
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt8(at + 1);
    if (end > bytes.length) break;
    entries.set(bytes.readUInt8(at), bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** nft shows a comment only when it ends with NUL. */
const text = (comment: string): Buffer => Buffer.from(`${comment}\0`, 'utf8');

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** `digest` is 16 hex digits. */
export function ruleUserdata(digest: string, comment: string | null): Buffer {
  const commentBytes = comment === null ? 0 : comment.length + 3;
  const bytes = Buffer.allocUnsafe(commentBytes + 10);
  if (comment !== null) {
    bytes[0] = RULE_COMMENT;
    bytes[1] = comment.length + 1;
    // One byte a character: comments are printable ASCII.
    bytes.write(comment, 2, 'latin1');
    bytes[commentBytes - 1] = 0;
  }
  bytes[commentBytes] = DIGEST;
  bytes[commentBytes + 1] = 8;
  bytes.write(digest, commentBytes + 2, 'hex');
  return bytes;
}

/** What a rule's userdata says; both null in a rule that somebody else wrote without a comment. */
export function readRuleUserdata(bytes: Buffer | undefined): { digest: string | null; comment: string | null } {
  if (bytes === undefined) return { digest: null, comment: null };
  const entries = decode(bytes);
  const digest = entries.get(DIGEST);
  const comment = entries.get(RULE_COMMENT);
  return {
    digest: digest?.length === 8 ? digest.toString('hex') : null,
    comment: comment === undefined ? null : comment.toString('utf8').replace(/\0$/, ''),
  };
}

export function setUserdata(layout: TypeLayout, comment: string | null): Buffer {
  const entries: Entry[] = [[SET_KEY_ORDER, number(layout.noted)]];
  if (comment !== null) entries.push([SET_COMMENT, text(comment)]);
  return encode(entries);
}

export function verdictMapUserdata(layout: TypeLayout): Buffer {
  return encode([
    [SET_KEY_ORDER, number(layout.noted)],
    // A verdict has no byte order.
    [SET_DATA_ORDER, number(0)],
  ]);
}

export const elementUserdata = (comment: string): Buffer => encode([[ELEMENT_COMMENT, text(comment)]]);

/** Tells nft to print an interval without END up to the largest value as a range. */
export const openIntervalNote: Buffer = encode([[ELEMENT_FLAGS, number(ELEMENT_INTERVAL_OPEN)]]);

export const readSetComment = (bytes: Buffer | undefined): string | null =>
  bytes === undefined ? null : (decode(bytes).get(SET_COMMENT)?.toString('utf8').replace(/\0$/, '') ?? null);
