import type { ByteWriter } from '../byte-writer.js';
import { u32At } from '../numbers.js';
import { type AttributeType, bytes, u8, u16be, u32 } from '../tlv.js';
import { attributes, MalformedMessage } from '../wire.js';
import { addressBytes, addressText, hardwareBytes, hardwareText } from './address.js';

/** A lifetime without end (INFINITY_LIFE_TIME). */
export const FOR_EVER = 0xffffffff;

/** A value that is carried as another one. */
const carried = <T, W>(
  carrier: AttributeType<W>,
  encode: (value: T) => W,
  decode: (carried: W) => T,
): AttributeType<T> => ({
  nested: carrier.nested,
  write: (out, value) => carrier.write(out, encode(value)),
  read: (source, start, end) => decode(carrier.read(source, start, end)),
  locate: (source, start, end, offset) => carrier.locate(source, start, end, offset),
});

const toFlag = (value: number): boolean => value !== 0;

export const flag8 = carried(u8, (value: boolean) => Number(value), toFlag);
export const flag32 = carried(u32, (value: boolean) => Number(value), toFlag);

const asWord = <const T extends string>(carrier: AttributeType<number>, words: readonly T[]): AttributeType<T> =>
  carried(
    carrier,
    (word: T) => words.indexOf(word),
    (value) => {
      const word = words[value];
      if (word !== undefined) return word;
      throw new MalformedMessage(`${value} is none of ${words.join(', ')}`);
    },
  );

/** One of a list of words, by its place there. */
export const word8 = <const T extends string>(words: readonly T[]): AttributeType<T> => asWord(u8, words);
export const word32 = <const T extends string>(words: readonly T[]): AttributeType<T> => asWord(u32, words);

/** ETH_P_8021Q and ETH_P_8021AD (uapi linux/if_ether.h). */
const ETHERTYPES = { '802.1q': 0x8100, '802.1ad': 0x88a8 } as const;

export const vlanProtocol = carried(
  u16be,
  (protocol: keyof typeof ETHERTYPES) => ETHERTYPES[protocol],
  (value) => {
    if (value === ETHERTYPES['802.1q']) return '802.1q';
    if (value === ETHERTYPES['802.1ad']) return '802.1ad';
    throw new MalformedMessage(`0x${value.toString(16)} is no VLAN protocol`);
  },
);

/** 64 bits in host order; what ringwall sets and reads there are hundredths of seconds, which a number holds. */
export const u64 = carried(
  bytes,
  (value: number) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt(value));
    return buffer;
  },
  (buffer) => {
    if (buffer.length < 8) throw new MalformedMessage('an 8-byte number is shorter');
    return Number(buffer.readBigUInt64LE(0));
  },
);

/** A text that stands for bytes. */
const spelt = (
  encode: (text: string) => Buffer,
  read: (source: Buffer, start: number, end: number) => string,
): AttributeType<string> => ({
  nested: false,
  write: (out, text) => out.bytes(encode(text)),
  read,
  locate: () => '',
});

/** Empty for a device without one. */
export const hardwareAddress = spelt(hardwareBytes, hardwareText);
export const ipAddress = spelt(addressBytes, addressText);

/** `ifa_cacheinfo`: for how many seconds an address is preferred, and valid; then two times, which the kernel sets. */
export const preferredLifetime: AttributeType<number> = {
  nested: false,
  write(out, preferred) {
    out.u32(preferred);
    out.u32(FOR_EVER);
    out.u32(0);
    out.u32(0);
  },
  read: (source, start, end) => u32.read(source, start, end),
  locate: () => '',
};

/** Values in a nest, numbered by their place (IFLA_BOND_ARP_IP_TARGET). */
export const numbered = <T>(element: AttributeType<T>): AttributeType<readonly T[]> => ({
  nested: true,
  write(out: ByteWriter, values) {
    for (const [place, value] of values.entries()) {
      const start = out.beginAttribute(place, element.nested);
      element.write(out, value);
      out.endAttribute(start);
    }
  },
  read: (source, start, end) =>
    attributes(source, start, end).map((attribute) => element.read(source, attribute.start, attribute.end)),
  locate: () => '',
});

/** 32-bit numbers one after the other, in host order. */
export const u32s = carried(
  bytes,
  (values: readonly number[]) => {
    const buffer = Buffer.alloc(values.length * 4);
    for (const [place, value] of values.entries()) buffer.writeUInt32LE(value, place * 4);
    return buffer;
  },
  (buffer) => Array.from({ length: buffer.length >> 2 }, (_, place) => u32At(buffer, place * 4)),
);
