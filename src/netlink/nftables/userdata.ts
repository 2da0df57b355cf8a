import type { TypeLayout } from './data-type.js';

// TLV numbers of libnftnl's udata.h; u8 type, u8 length, value without padding.
const RULE_COMMENT = 0;
const ELEMENT_COMMENT = 0;
const ELEMENT_FLAGS = 1;
const ELEMENT_INTERVAL_OPEN = 1;
const SET_KEY_ORDER = 0;
const SET_DATA_ORDER = 1;
const SET_KEY_EXPRESSION = 3;
const SET_COMMENT = 7;
/** What the key of a set is made of: nft's `typeof` (expression.h, payload.c and proto.h of nftables). */
const EXPRESSION_KIND = 0;
const EXPRESSION_DATA = 1;
const EXPRESSION_PAYLOAD = 7;
const PAYLOAD_PROTOCOL = 0;
const PAYLOAD_FIELD = 1;
const PAYLOAD_BASE = 2;
const PAYLOAD_OFFSET = 3;
const PAYLOAD_LENGTH = 4;
const TRANSPORT_HEADER = 3;
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

/** A place in the transport header, in bytes, that nft knows no field at. */
export interface RawPlace {
  readonly offset: number;
  readonly length: number;
}

/** With `place`, nft lists the set's elements as it lists other values from there, in hex. */
export function setUserdata(layout: TypeLayout, comment: string | null, place: RawPlace | null = null): Buffer {
  const entries: Entry[] = [[SET_KEY_ORDER, number(layout.noted)]];
  if (place !== null) entries.push([SET_KEY_EXPRESSION, rawPayload(place)]);
  if (comment !== null) entries.push([SET_COMMENT, text(comment)]);
  return encode(entries);
}

/** Protocol 0 and field 0: none that nft has a name for. Its offsets and lengths are in bits. */
const rawPayload = ({ offset, length }: RawPlace): Buffer =>
  encode([
    [EXPRESSION_KIND, number(EXPRESSION_PAYLOAD)],
    [
      EXPRESSION_DATA,
      encode([
        [PAYLOAD_PROTOCOL, number(0)],
        [PAYLOAD_FIELD, number(0)],
        [PAYLOAD_BASE, number(TRANSPORT_HEADER)],
        [PAYLOAD_OFFSET, number(offset * 8)],
        [PAYLOAD_LENGTH, number(length * 8)],
      ]),
    ],
  ]);

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
