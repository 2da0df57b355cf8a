import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, textOf } from '../../../src/netlink/kernel-text.js';

const read = (bytes: Uint8Array): string => textOf(Buffer.from(bytes), 0, bytes.length);

describe('names in the kernel', () => {
  test('of any bytes come back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(bytesOf(read(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('in UTF-8 are that text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(read(Buffer.from(text))).toBe(text);
        expect(bytesOf(text)).toEqual(Buffer.from(text));
      }),
    );
  });

  test.each([
    [[0x61, 0xff, 0x62], 'a\udcffb'],
    [[0xc3, 0xa4, 0xc3], 'ä\udcc3'],
    [[0xef, 0xbf, 0xbd, 0x80], '\ufffd\udc80'],
    [[0xed, 0xb2, 0x80], '\udced\udcb2\udc80'],
  ])('%j', (bytes, text) => {
    expect(read(Buffer.from(bytes))).toBe(text);
  });
});
