import type { ByteWriter } from '../byte-writer.js';
import { s32At, u8At, u16At, u32At } from '../numbers.js';
import { type AttributeType, bytes, object, string, u8, u16, u32 } from '../tlv.js';
import { attributes, eachAttribute, MalformedMessage } from '../wire.js';
import { bondData, bridgeData, portData, vlanData, vrfData, vxlanData } from './device-schema.js';
import { hardwareAddress, ipAddress, preferredLifetime } from './values.js';

/** RTM_* (uapi linux/rtnetlink.h); `getSettings` is RTM_GETNETCONF. */
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
  newNeighbour: 28,
  deleteNeighbour: 29,
  getNeighbour: 30,
  getSettings: 82,
} as const;

/** RTEXT_FILTER_SKIP_STATS: no counters, which are most of a link's bytes. */
export const SKIP_STATISTICS = 8;

/** A fixed header followed by attributes: the payload of every rtnetlink message. */
export interface Payload<H, A> {
  readonly header: H;
  readonly attributes: A;
}

/** One number of a fixed header: its place, and what it is. */
type HeaderField = readonly [offset: number, type: HeaderNumber];
type HeaderNumber = keyof typeof headerNumbers;
type HeaderOf<F> = { readonly [K in keyof F]: number };

const headerNumbers = {
  u8: { read: u8At, write: (out: Buffer, value: number, at: number) => out.writeUInt8(value, at) },
  u16: { read: u16At, write: (out: Buffer, value: number, at: number) => out.writeUInt16LE(value, at) },
  u32: { read: u32At, write: (out: Buffer, value: number, at: number) => out.writeUInt32LE(value, at) },
  s32: { read: s32At, write: (out: Buffer, value: number, at: number) => out.writeInt32LE(value, at) },
} as const;

function payload<const F extends Readonly<Record<string, HeaderField>>, A>(
  length: number,
  fields: F,
  attributes: AttributeType<A>,
): AttributeType<Payload<HeaderOf<F>, A>> {
  const entries = Object.entries<HeaderField>(fields).map(([name, [at, type]]) => ({
    name,
    at,
    ...headerNumbers[type],
  }));
  return {
    nested: true,
    write(out: ByteWriter, value: Payload<HeaderOf<F>, A>) {
      const numbers: Readonly<Record<string, number>> = value.header;
      const header = Buffer.alloc(length);
      for (const { name, at, write } of entries) write(header, numbers[name] ?? 0, at);
      out.bytes(header);
      attributes.write(out, value.attributes);
    },
    read(source, start, end) {
      if (end - start < length) throw new MalformedMessage('a message is shorter than its header');
      const header: Record<string, number> = {};
      for (const { name, at, read } of entries) header[name] = read(source, start + at);
      // The loop above made one number for each field.
      return { header: header as HeaderOf<F>, attributes: attributes.read(source, start + length, end) };
    },
    locate: (source, start, end, offset) => attributes.locate(source, start + length, end, offset),
  };
}

type ValueOf<T> = T extends AttributeType<infer V> ? V : never;

const linkHeader = {
  family: [0, 'u8'],
  type: [2, 'u16'],
  index: [4, 's32'],
  flags: [8, 'u32'],
  change: [12, 'u32'],
} as const;
const LINK_HEADER = 16;

/** The other end of a veth: a whole link message in an attribute. */
const peer = payload(LINK_HEADER, linkHeader, object({ name: [3, string] }));

/** IFLA_INFO_KIND, and the data that belongs to each kind we know. */
const devices = {
  bridge: bridgeData,
  bond: bondData,
  vlan: vlanData,
  vxlan: vxlanData,
  vrf: vrfData,
  veth: object({ peer: [1, peer] }),
} as const;
const ports = { bridge: portData } as const;

type DataOf<T extends Readonly<Record<string, AttributeType<unknown>>>> = { readonly [K in keyof T]?: ValueOf<T[K]> };

/** IFLA_LINKINFO: what a link is, and what it is for its master; the data stands under the name of its kind. */
export interface LinkInfo {
  readonly kind?: string;
  readonly data?: DataOf<typeof devices>;
  readonly portKind?: string;
  readonly portData?: DataOf<typeof ports>;
}

const infoNames = object({ kind: [1, string], portKind: [4, string] });
const INFO_DATA = 2;
const INFO_PORT_DATA = 5;

const info: AttributeType<LinkInfo> = {
  nested: true,
  write(out, { kind, data, portKind, portData }) {
    infoNames.write(out, { ...(kind === undefined ? {} : { kind }), ...(portKind === undefined ? {} : { portKind }) });
    writeData(out, INFO_DATA, devices, data);
    writeData(out, INFO_PORT_DATA, ports, portData);
  },
  read(source, start, end) {
    const names = infoNames.read(source, start, end);
    let data: DataOf<typeof devices> = {};
    let portData: DataOf<typeof ports> = {};
    eachAttribute(source, start, end, (type, from, to) => {
      if (type === INFO_DATA) data = readData(devices, names.kind, source, from, to);
      if (type === INFO_PORT_DATA) portData = readData(ports, names.portKind, source, from, to);
    });
    return { ...names, data, portData };
  },
  locate: () => '',
};

function writeData<T extends Readonly<Record<string, AttributeType<unknown>>>>(
  out: ByteWriter,
  number: number,
  types: T,
  data: object | undefined,
): void {
  for (const [kind, value] of Object.entries(data ?? {})) {
    const start = out.beginAttribute(number, true);
    // The value stands under the name of its own type.
    types[kind]?.write(out, value);
    out.endAttribute(start);
  }
}

function readData<T extends Readonly<Record<string, AttributeType<unknown>>>>(
  types: T,
  kind: string | undefined,
  source: Buffer,
  start: number,
  end: number,
): DataOf<T> {
  const type = kind === undefined ? undefined : types[kind];
  // The value was read by the type of its own name.
  return (type === undefined || kind === undefined ? {} : { [kind]: type.read(source, start, end) }) as DataOf<T>;
}

/** IFLA_AF_SPEC of an ordinary link: settings of IPv4 and IPv6 as u32 in a row, and how addresses are generated. */
const familySpec = object({
  ipv4: [2, object({ settings: [1, bytes] })],
  ipv6: [10, object({ settings: [2, bytes], addressGeneration: [8, u8] })],
});

export const link = payload(
  LINK_HEADER,
  linkHeader,
  object({
    address: [1, hardwareAddress],
    name: [3, string],
    mtu: [4, u32],
    parent: [5, u32],
    master: [10, u32],
    info: [18, info],
    namespacePid: [19, u32],
    alias: [20, string],
    familySpec: [26, familySpec],
    namespaceFd: [28, u32],
    extendedMask: [29, u32],
    parentNamespace: [37, u32],
    permanentAddress: [54, hardwareAddress],
  }),
);

/** Of a link nothing but its index. */
export const linkIndex = payload(LINK_HEADER, linkHeader, object({}));

/** `bridge_vlan_info`: BRIDGE_VLAN_INFO_* flags and an id. */
export interface VlanInfo {
  readonly flags: number;
  readonly vid: number;
}

/** IFLA_AF_SPEC of family AF_BRIDGE: IFLA_BRIDGE_FLAGS and any number of IFLA_BRIDGE_VLAN_INFO. */
export interface BridgeSpec {
  readonly flags?: number;
  readonly vlans: readonly VlanInfo[];
}

const bridgeFlags = object({ flags: [0, u16] });
const VLAN_INFO = 2;

const bridgeSpec: AttributeType<BridgeSpec> = {
  nested: true,
  write(out, { vlans, ...flags }) {
    bridgeFlags.write(out, flags);
    for (const { flags: bits, vid } of vlans) {
      const start = out.beginAttribute(VLAN_INFO, false);
      out.u16(bits);
      out.u16(vid);
      out.endAttribute(start);
    }
  },
  read: (source, start, end) => ({
    ...bridgeFlags.read(source, start, end),
    vlans: attributes(source, start, end).flatMap((attribute) =>
      attribute.type === VLAN_INFO && attribute.end - attribute.start >= 4
        ? [{ flags: u16At(source, attribute.start), vid: u16At(source, attribute.start + 2) }]
        : [],
    ),
  }),
  locate: () => '',
};

/** A link as bridges speak of it, in family AF_BRIDGE. */
export const bridgeLink = payload(
  LINK_HEADER,
  linkHeader,
  object({ name: [3, string], spec: [26, bridgeSpec], extendedMask: [29, u32] }),
);

export const address = payload(
  8,
  { family: [0, 'u8'], prefixLength: [1, 'u8'], flags: [2, 'u8'], scope: [3, 'u8'], index: [4, 'u32'] },
  object({
    /** Of the other end, on a point-to-point link; the same as `local` elsewhere. */
    address: [1, ipAddress],
    local: [2, ipAddress],
    broadcast: [4, ipAddress],
    preferredLifetime: [6, preferredLifetime],
    flags: [8, u32],
    protocol: [11, u8],
  }),
);

/** `rtm_type` of the route whose message starts here: RTN_* */
export const routeTypeAt = (bytes: Buffer, start: number): number => u8At(bytes, start + 7);

export const route = payload(
  12,
  {
    family: [0, 'u8'],
    destinationLength: [1, 'u8'],
    sourceLength: [2, 'u8'],
    tos: [3, 'u8'],
    table: [4, 'u8'],
    protocol: [5, 'u8'],
    scope: [6, 'u8'],
    type: [7, 'u8'],
    flags: [8, 'u32'],
  },
  object({
    destination: [1, ipAddress],
    outInterface: [4, u32],
    gateway: [5, ipAddress],
    priority: [6, u32],
    preferredSource: [7, ipAddress],
    multipath: [9, bytes],
    table: [15, u32],
    preference: [20, u8],
  }),
);

/** `ndmsg` and NDA_*: an entry of a bridge's or VXLAN device's forwarding table. */
export const neighbour = payload(
  12,
  { family: [0, 'u8'], index: [4, 's32'], state: [8, 'u16'], flags: [10, 'u8'], type: [11, 'u8'] },
  object({ destination: [1, ipAddress], linkAddress: [2, hardwareAddress], vlan: [5, u16], master: [9, u32] }),
);

/** Of the entry whose message starts here: `ndm_state`, NUD_*. */
export const neighbourStateAt = (bytes: Buffer, start: number): number => u16At(bytes, start + 8);

/** Of the entry whose message starts here: `ndm_ifindex`. */
export const neighbourIndexAt = (bytes: Buffer, start: number): number => s32At(bytes, start + 4);

/** `netconfmsg` and NETCONFA_*: settings that a link has for one family. */
export const settings = payload(4, { family: [0, 'u8'] }, object({ index: [1, u32], input: [7, u32] }));

export type LinkPayload = ValueOf<typeof link>;
export type LinkAttributes = LinkPayload['attributes'];

export const linkHeaderOf = (values: Partial<LinkPayload['header']>): LinkPayload['header'] => ({
  family: 0,
  type: 0,
  index: 0,
  flags: 0,
  change: 0,
  ...values,
});
