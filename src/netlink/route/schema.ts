import type { ByteWriter } from '../byte-writer.js';
import { type AttributeType, bytes, type ObjectOf, object, string, u8, u32 } from '../tlv.js';
import { MalformedMessage } from '../wire.js';

/** RTM_* (uapi linux/rtnetlink.h). */
export const messageType = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  setLink: 19,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
} as const;

/** A fixed header followed by attributes: the payload of every rtnetlink message. */
export interface Payload<H, A> {
  readonly header: H;
  readonly attributes: A;
}

/** One number of a fixed header: its place, size in bytes and sign. */
type HeaderField = readonly [offset: number, size: 1 | 2 | 4, signed?: 'signed'];
type HeaderOf<F> = { readonly [K in keyof F]: number };

function payload<const F extends Readonly<Record<string, HeaderField>>, A>(
  length: number,
  fields: F,
  attributes: AttributeType<A>,
): AttributeType<Payload<HeaderOf<F>, A>> {
  return {
    nested: true,
    write(out: ByteWriter, value: Payload<HeaderOf<F>, A>) {
      const numbers: Readonly<Record<string, number>> = value.header;
      const header = Buffer.alloc(length);
      for (const [name, [offset, size, signed]] of Object.entries<HeaderField>(fields)) {
        if (signed === undefined) header.writeUIntLE(numbers[name] ?? 0, offset, size);
        else header.writeIntLE(numbers[name] ?? 0, offset, size);
      }
      out.bytes(header);
      attributes.write(out, value.attributes);
    },
    read(source, start, end) {
      if (end - start < length) throw new MalformedMessage('a message is shorter than its header');
      const header: Record<string, number> = {};
      for (const [name, [offset, size, signed]] of Object.entries<HeaderField>(fields)) {
        header[name] =
          signed === undefined ? source.readUIntLE(start + offset, size) : source.readIntLE(start + offset, size);
      }
      // The loop above made one number for each field.
      return { header: header as HeaderOf<F>, attributes: attributes.read(source, start + length, end) };
    },
    locate: (source, start, end, offset) => attributes.locate(source, start + length, end, offset),
  };
}

const linkHeader = { family: [0, 1], type: [2, 2], index: [4, 4, 'signed'], flags: [8, 4], change: [12, 4] } as const;
const LINK_HEADER = 16;

const name = { name: [3, string] } as const;

/** The other end of a veth: a whole link message in an attribute. */
const peer = payload(LINK_HEADER, linkHeader, object(name));

const linkAttributes = {
  address: [1, bytes],
  ...name,
  mtu: [4, u32],
  parent: [5, u32],
  master: [10, u32],
  namespacePid: [19, u32],
  alias: [20, string],
  namespaceFd: [28, u32],
  extendedMask: [29, u32],
} as const;
/** What the info's data means depends on its kind; read, only the kind is of interest. */
const readAttributes = object({ ...linkAttributes, info: [18, object({ kind: [1, string] })] });
const newAttributes = object({
  ...linkAttributes,
  info: [18, object({ kind: [1, string], data: [2, object({ peer: [1, peer] })] })],
});
export const link = payload(LINK_HEADER, linkHeader, readAttributes);
/** A link to create: the data is that of a veth. */
export const newLink = payload(LINK_HEADER, linkHeader, newAttributes);

const addressAttributes = object({
  /** Of the other end, on a point-to-point link; the same as `local` elsewhere. */
  address: [1, bytes],
  local: [2, bytes],
  flags: [8, u32],
});
export const address = payload(
  8,
  { family: [0, 1], prefixLength: [1, 1], flags: [2, 1], scope: [3, 1], index: [4, 4] },
  addressAttributes,
);

const routeAttributes = object({
  destination: [1, bytes],
  outInterface: [4, u32],
  gateway: [5, bytes],
  priority: [6, u32],
  table: [15, u32],
  preference: [20, u8],
});
export const route = payload(
  12,
  {
    family: [0, 1],
    destinationLength: [1, 1],
    sourceLength: [2, 1],
    tos: [3, 1],
    table: [4, 1],
    protocol: [5, 1],
    scope: [6, 1],
    type: [7, 1],
    flags: [8, 4],
  },
  routeAttributes,
);

type ValueOf<T> = T extends AttributeType<infer V> ? V : never;
export type LinkPayload = ValueOf<typeof link>;
export type LinkAttributes = ObjectOf<typeof readAttributes.attributes>;
export type NewLinkAttributes = ObjectOf<typeof newAttributes.attributes>;

export const linkHeaderOf = (values: Partial<LinkPayload['header']>): LinkPayload['header'] => ({
  family: 0,
  type: 0,
  index: 0,
  flags: 0,
  change: 0,
  ...values,
});
