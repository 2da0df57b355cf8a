import { createHash } from 'node:crypto';
import { Failure } from '../diagnostics/index.js';

/** SHA-256 in hexadecimal: told for damage by a disk or a hand, not for protection against whoever may write here. */
export const checksum = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** A JSON text of an object whose last field is the checksum of the text without it. */
export function seal(record: object): string {
  const text = JSON.stringify(record);
  return `${text.slice(0, -1)},"checksum":"${checksum(text)}"}\n`;
}

const SEALED = /^(\{.+),"checksum":"([0-9a-f]{64})"\}\n$/s;

/** The text that was sealed. Failure `damaged-file` when it is no longer what was written. */
export function unseal(text: string, file: string, help: string): string {
  const [, start, sum] = SEALED.exec(text) ?? [];
  const body = `${start}}`;
  if (start !== undefined && checksum(body) === sum) return body;
  throw damaged(file, 'it is not what was written: its checksum is wrong or missing', help);
}

export const damaged = (file: string, reason: string, help: string): Failure =>
  new Failure('damaged-file', `${file} is damaged: ${reason}`, { help });
