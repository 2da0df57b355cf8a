import type { Encoding } from './tree.js';

export interface Decoded {
  readonly text: string;
  readonly encoding: Encoding;
}

/**
 * Bytes as text, without losing any: a byte order mark stays in front, and what is not UTF-8 is read as Latin-1,
 * one character for each byte.
 */
export function decode(bytes: Uint8Array): Decoded {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), encoding: 'utf8' };
  } catch {
    return {
      text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'),
      encoding: 'latin1',
    };
  }
}

/** The bytes `decode` was given. */
export function encode({ text, encoding }: Decoded): Uint8Array {
  return new Uint8Array(Buffer.from(text, encoding));
}
