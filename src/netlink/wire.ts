import { Failure } from '../diagnostics/index.js';
import { textOf } from './kernel-text.js';
import { s32At, u16At, u32At } from './numbers.js';

/** Bytes of `nlmsghdr`: u32 length, u16 type, u16 flags, u32 sequence, u32 port; all in host order. */
export const HEADER = 16;

// uapi netlink.h
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 1;
export const NLM_F_MULTI = 2;
export const NLM_F_ACK = 4;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const NLMSGERR_ATTR_OFFS = 2;
const TYPE_MASK = 0x3fff;

/** Bytes that are not what the protocol says: an older or newer kernel than this codec knows, or a damaged message. */
export class MalformedMessage extends Failure {
  constructor(what: string) {
    super('malformed-message', `the kernel's answer cannot be read: ${what}`);
    this.name = 'MalformedMessage';
  }
}

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** The messages in what one `recv` gave. */
export function parseMessages(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  eachMessage(bytes, (type, flags, sequence, start, end) => {
    messages.push({ type, flags, sequence, payload: bytes.subarray(start, end) });
  });
  return messages;
}

/** Of a message that was not copied: `start` and `end` are those of its payload in what was received. */
export type VisitMessage = (type: number, flags: number, sequence: number, start: number, end: number) => void;

/** As `parseMessages`, without a value for each: a dump holds thousands, and most are not looked at any further. */
export function eachMessage(bytes: Buffer, visit: VisitMessage): void {
  let at = 0;
  while (at < bytes.length) {
    if (at + HEADER > bytes.length) throw new MalformedMessage('a message ends inside its header');
    const length = u32At(bytes, at);
    if (length < HEADER || at + length > bytes.length) throw new MalformedMessage('a message is longer than its bytes');
    const sequence = u32At(bytes, at + 8);
    visit(u16At(bytes, at + 4), u16At(bytes, at + 6), sequence, at + HEADER, at + length);
    at += align(length);
  }
}

/** What an NLMSG_ERROR says; `errno` 0 is an acknowledgement. */
export interface Answer {
  readonly errno: number;
  /** Of the request that is answered. */
  readonly sequence: number;
  /** The kernel's own words. */
  readonly text: string | null;
  /** Where in the request the attribute is that the kernel blames, counted from the request's header. */
  readonly offset: number | null;
}

export function parseAnswer({ payload, flags }: Pick<Message, 'payload' | 'flags'>): Answer {
  if (payload.length < 4 + HEADER) throw new MalformedMessage('an error answer is too short');
  const errno = -s32At(payload, 0);
  const sequence = u32At(payload, 4 + 8);
  let text: string | null = null;
  let offset: number | null = null;
  if ((flags & NLM_F_ACK_TLVS) !== 0) {
    // Uncapped, the whole request is repeated before the attributes.
    const start = (flags & NLM_F_CAPPED) !== 0 ? 4 + HEADER : 4 + align(u32At(payload, 4));
    for (const attribute of attributes(payload, start, payload.length)) {
      if (attribute.type === NLMSGERR_ATTR_MSG) text = readString(payload, attribute.start, attribute.end);
      if (attribute.type === NLMSGERR_ATTR_OFFS && attribute.end - attribute.start >= 4) {
        offset = u32At(payload, attribute.start);
      }
    }
  }
  return { errno, sequence, text, offset };
}

/** One attribute: its number, where its header is, and where its value starts and ends. */
export interface Attribute {
  readonly type: number;
  readonly header: number;
  readonly start: number;
  readonly end: number;
}

export function attributes(bytes: Buffer, from: number, to: number): Attribute[] {
  const found: Attribute[] = [];
  eachAttribute(bytes, from, to, (type, start, end) => found.push({ type, header: start - 4, start, end }));
  return found;
}

/** As `attributes`, without a value for each: a dump holds tens of thousands. */
export function eachAttribute(
  bytes: Buffer,
  from: number,
  to: number,
  visit: (type: number, start: number, end: number) => void,
): void {
  let at = from;
  // Up to three bytes of padding may follow the last attribute.
  while (to - at >= 4) {
    const length = u16At(bytes, at);
    if (length < 4 || at + length > to) throw new MalformedMessage('an attribute is longer than its container');
    visit(u16At(bytes, at + 2) & TYPE_MASK, at + 4, at + length);
    at += align(length);
  }
}

/** A NUL-terminated text, as of `textOf`; bytes after the NUL are padding. */
export function readString(bytes: Buffer, start: number, end: number): string {
  const zero = bytes.indexOf(0, start);
  return textOf(bytes, start, zero === -1 || zero > end ? end : zero);
}

export const align = (length: number): number => (length + 3) & ~3;
