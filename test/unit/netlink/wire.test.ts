import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/netlink/byte-writer.js';
import { messageObject, messageType } from '../../../src/netlink/nftables/schema.js';
import { list, object, string, u8, u32be, u64be } from '../../../src/netlink/tlv.js';
import { attributes, MalformedMessage, parseAnswer, parseMessages } from '../../../src/netlink/wire.js';

const thing = object({
  name: [1, string],
  number: [2, u32be],
  large: [3, u64be],
  parts: [4, list(object({ small: [1, u8] }))],
});

function encode(value: Parameters<typeof thing.write>[1]): Buffer {
  const out = new ByteWriter(8);
  thing.write(out, value);
  return out.finish();
}

describe('attributes', () => {
  test('are written with header, padding and nested flag', () => {
    expect(encode({ name: 'ab', number: 258, parts: [{ small: 7 }] }).toString('hex')).toBe(
      '0700010061620000' + '0800020000000102' + '10000480' + '0c000180' + '0500010007000000',
    );
  });

  test('of any object read back as written', () => {
    const things = fc.record(
      {
        name: fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        number: fc.integer({ min: 0, max: 0xffffffff }),
        large: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        parts: fc.array(fc.record({ small: fc.integer({ min: 0, max: 255 }) })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(things, (value) => {
        const bytes = encode(value);
        expect(thing.read(bytes, 0, bytes.length)).toEqual(value);
      }),
    );
  });

  test('longer than 65535 bytes cannot be written', () => {
    expect(() => encode({ name: 'x'.repeat(65_535) })).toThrow(RangeError);
  });

  test('take no number that does not fit', () => {
    expect(() => encode({ number: 2 ** 32 })).toThrow(RangeError);
    expect(() => encode({ number: -1 })).toThrow(RangeError);
    expect(() => encode({ number: 0.5 })).toThrow(RangeError);
    expect(() => encode({ large: -1n })).toThrow(RangeError);
  });

  test('that claim more than there is are malformed', () => {
    expect(() => attributes(Buffer.from('0900010000000000', 'hex'), 0, 8)).toThrow(MalformedMessage);
    expect(() => attributes(Buffer.from('0300010000000000', 'hex'), 0, 8)).toThrow(MalformedMessage);
  });

  test('too short for their number are malformed', () => {
    const bytes = Buffer.from('0600020000010000', 'hex');
    expect(() => thing.read(bytes, 0, bytes.length)).toThrow(MalformedMessage);
  });

  test('are located by offset, in and between', () => {
    const bytes = encode({ name: 'ab', number: 1, parts: [{ small: 1 }, { small: 2 }] });
    const at = (offset: number): string => thing.locate(bytes, 0, bytes.length, offset);
    expect([0, 8, 16, 20, 24, 32, 36].map(at)).toEqual([
      '.name',
      '.number',
      '.parts',
      '.parts[0]',
      '.parts[0].small',
      '.parts[1]',
      '.parts[1].small',
    ]);
    expect(at(9999)).toBe('');
  });
});

describe('messages', () => {
  const error = (payload: Buffer, flags = 0): Buffer => {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(16 + payload.length, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(flags, 6);
    return Buffer.concat([header, payload]);
  };
  const answerOf = (bytes: Buffer) => {
    const [message] = parseMessages(bytes);
    if (message === undefined) throw new Error('no message');
    return parseAnswer(message);
  };
  /** -ENOENT for message 7. */
  const refusal = Buffer.alloc(20);
  refusal.writeInt32LE(-2, 0);
  refusal.writeUInt32LE(16, 4);
  refusal.writeUInt32LE(7, 12);

  test('an error names errno and request', () => {
    expect(answerOf(error(refusal))).toEqual({ errno: 2, sequence: 7, text: null, offset: null });
  });

  test('an extended acknowledgement adds words and place, with and without the request repeated', () => {
    const extended = Buffer.from('0800010066756c6c' + '0800020028000000', 'hex');
    extended[0] = 8;
    expect(answerOf(error(Buffer.concat([refusal, extended]), 0x300))).toEqual({
      errno: 2,
      sequence: 7,
      text: 'full',
      offset: 40,
    });
    const repeated = Buffer.concat([refusal, Buffer.alloc(4), extended]);
    repeated.writeUInt32LE(20, 4);
    expect(answerOf(error(repeated, 0x200)).offset).toBe(40);
  });

  test('any bytes at all give messages or MalformedMessage', () => {
    const types = Object.values(messageType);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...types), (raw, type) => {
        const bytes = Buffer.from(raw);
        for (const read of [
          () => parseMessages(bytes).map(parseAnswer),
          () => messageObject(type)?.type.read(bytes, 0, bytes.length),
          () => messageObject(type)?.type.locate(bytes, 0, bytes.length, 8),
        ]) {
          try {
            read();
          } catch (failure) {
            expect(failure).toBeInstanceOf(MalformedMessage);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
