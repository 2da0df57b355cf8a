import type { ByteWriter } from './byte-writer.js';
import { s32beAt, u8At, u16At, u16beAt, u32At, u32beAt } from './numbers.js';
import { type Attribute, attributes, eachAttribute, MalformedMessage, readString } from './wire.js';

/** How one kind of attribute value is written and read. `bytes[start, end)` is the value without header and padding. */
export interface AttributeType<T> {
  readonly nested: boolean;
  write(out: ByteWriter, value: T): void;
  /** Throws MalformedMessage when the bytes are no such value. */
  read(bytes: Buffer, start: number, end: number): T;
  /** The path below this value of the attribute whose header is at `offset`, such as `.payload.len`; or ''. */
  locate(bytes: Buffer, start: number, end: number, offset: number): string;
}

/** The attributes of an object: name to number and type. A number that is missing here is ignored when read. */
export type Attributes = Readonly<Record<string, readonly [number: number, type: AttributeType<unknown>]>>;

type ValueOf<T> = T extends AttributeType<infer V> ? V : never;

/** The values of an object; an absent attribute is an absent property. */
export type ObjectOf<A extends Attributes> = { readonly [K in keyof A]?: ValueOf<A[K][1]> };

function scalar<T>(
  size: number,
  write: (out: ByteWriter, value: T) => void,
  read: (bytes: Buffer, at: number) => T,
): AttributeType<T> {
  return {
    nested: false,
    write,
    read(bytes, start, end) {
      if (end - start < size) throw new MalformedMessage(`a ${size}-byte number has ${end - start} bytes`);
      return read(bytes, start);
    },
    locate: () => '',
  };
}

export const u8 = scalar<number>(1, (out, value) => out.u8(value), u8At);
export const u16 = scalar<number>(2, (out, value) => out.u16(value), u16At);
export const u32 = scalar<number>(4, (out, value) => out.u32(value), u32At);
export const u16be = scalar<number>(2, (out, value) => out.u16be(value), u16beAt);
export const u32be = scalar<number>(4, (out, value) => out.u32be(value), u32beAt);
export const s32be = scalar<number>(4, (out, value) => out.s32be(value), s32beAt);
export const u64be = scalar<bigint>(
  8,
  (out, value) => out.u64be(value),
  (bytes, at) => bytes.readBigUInt64BE(at),
);

export const string: AttributeType<string> = {
  nested: false,
  write: (out, value) => out.string(value),
  read: readString,
  locate: () => '',
};

/** A view of the message's own bytes, not a copy. */
export const bytes: AttributeType<Buffer> = {
  nested: false,
  write: (out, value) => out.bytes(value),
  read: (source, start, end) => source.subarray(start, end),
  locate: () => '',
};

/** A nest of attributes; written in the order of the table. */
export interface ObjectType<A extends Attributes> extends AttributeType<ObjectOf<A>> {
  readonly attributes: A;
}

export function object<const A extends Attributes>(table: A): ObjectType<A> {
  const entries = Object.entries(table).map(([name, [number, type]]) => ({ name, number, type }));
  const byNumber = new Map(entries.map((entry) => [entry.number, entry]));
  return {
    nested: true,
    attributes: table,
    write(out, value) {
      const values: Readonly<Record<string, unknown>> = value;
      for (const entry of entries) {
        const present = values[entry.name];
        if (present === undefined) continue;
        const start = out.beginAttribute(entry.number, entry.type.nested);
        entry.type.write(out, present);
        out.endAttribute(start);
      }
    },
    read(source, start, end) {
      const values: Record<string, unknown> = {};
      eachAttribute(source, start, end, (number, from, to) => {
        const entry = byNumber.get(number);
        if (entry !== undefined) values[entry.name] = entry.type.read(source, from, to);
      });
      // Every property was made by its own attribute's type just above.
      return values as ObjectOf<A>;
    },
    locate(source, start, end, offset) {
      const attribute = around(source, start, end, offset);
      if (attribute === undefined) return '';
      const entry = byNumber.get(attribute.type);
      if (entry === undefined) return `.attribute ${attribute.type}`;
      return `.${entry.name}${entry.type.locate(source, attribute.start, attribute.end, offset)}`;
    },
  };
}

/** NFTA_LIST_ELEM; every other list of nf_tables uses the same number. */
const LIST_ELEMENT = 1;

export function list<T>(element: AttributeType<T>): AttributeType<readonly T[]> {
  return {
    nested: true,
    write(out, values) {
      for (const value of values) {
        const start = out.beginAttribute(LIST_ELEMENT, element.nested);
        element.write(out, value);
        out.endAttribute(start);
      }
    },
    read: (source, start, end) =>
      attributes(source, start, end)
        .filter((attribute) => attribute.type === LIST_ELEMENT)
        .map((attribute) => element.read(source, attribute.start, attribute.end)),
    locate(source, start, end, offset) {
      const all = attributes(source, start, end);
      const index = all.findIndex((attribute) => offset >= attribute.header && offset < attribute.end);
      const attribute = all[index];
      if (attribute === undefined) return '';
      return `[${index}]${element.locate(source, attribute.start, attribute.end, offset)}`;
    },
  };
}

/** The attribute that `offset` points at or into. */
function around(source: Buffer, start: number, end: number, offset: number): Attribute | undefined {
  return attributes(source, start, end).find((attribute) => offset >= attribute.header && offset < attribute.end);
}
