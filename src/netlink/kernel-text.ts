import { isUtf8 } from 'node:buffer';

/**
 * Names in the kernel are bytes. Those of ringwall are UTF-8; what other programs name may be anything, and must come
 * back to the kernel as it was. A byte that is no part of UTF-8 is read as the half surrogate U+DC80 to U+DCFF that ends
 * in it, which no UTF-8 gives.
 */
const HALF = 0xdc00;
/** With `u` it matches halves without their other half only. */
const RAW_BYTE = /([\uDC80-\uDCFF])/u;
/** What the decoder puts in the place of what it cannot read. */
const REPLACED = '\uFFFD';

export function textOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes(REPLACED) ? withRawBytes(bytes.subarray(start, end)) : text;
}

function withRawBytes(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((size) => at + size <= bytes.length && isUtf8(bytes.subarray(at, at + size)));
    text +=
      length === undefined ? String.fromCharCode(HALF + bytes.readUInt8(at)) : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}

/** The bytes of what `textOf` gave, and of any other text its UTF-8. */
export function bytesOf(text: string): Buffer {
  const parts = text.split(RAW_BYTE);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - HALF) : Buffer.from(part))),
  );
}
