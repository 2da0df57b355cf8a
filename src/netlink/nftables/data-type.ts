import type { DataType, KeyType, MapKey } from '../../ruleset/index.js';
import { bytesOf, textOf } from '../kernel-text.js';

/** How a data type's values lie in registers and sets. */
export interface TypeLayout {
  /** nft's number of the type, which `nft list` prints sets by (nftables datatype.h). */
  readonly id: number;
  /** Length in bytes. */
  readonly length: number;
  /** Order of the bytes where the packet or the kernel puts a value of this type into a register. */
  readonly order: 'host' | 'network';
  /** What nft notes as the key's byte order in a set's userdata: 1 host, 2 big-endian. */
  readonly noted: 1 | 2;
}

/** spec: nft's type numbers with the byte orders nft 1.0.6 sends. */
export const dataTypes: Readonly<Record<DataType | 'ifname', TypeLayout>> = {
  nf_proto: { id: 2, length: 1, order: 'network', noted: 1 },
  integer16: { id: 4, length: 2, order: 'network', noted: 2 },
  integer48: { id: 4, length: 6, order: 'network', noted: 2 },
  integer128: { id: 4, length: 16, order: 'network', noted: 2 },
  ipv4_addr: { id: 7, length: 4, order: 'network', noted: 2 },
  ipv6_addr: { id: 8, length: 16, order: 'network', noted: 2 },
  ether_addr: { id: 9, length: 6, order: 'network', noted: 2 },
  // nft has no types of their own for these two: they are its plain `integer`.
  vlan_id: { id: 4, length: 2, order: 'network', noted: 2 },
  pvid: { id: 4, length: 2, order: 'host', noted: 1 },
  ether_type: { id: 10, length: 2, order: 'network', noted: 2 },
  inet_proto: { id: 12, length: 1, order: 'network', noted: 1 },
  inet_service: { id: 13, length: 2, order: 'network', noted: 2 },
  icmp_type: { id: 14, length: 1, order: 'network', noted: 2 },
  mark: { id: 19, length: 4, order: 'host', noted: 1 },
  icmpv6_type: { id: 29, length: 1, order: 'network', noted: 2 },
  pkt_type: { id: 31, length: 1, order: 'network', noted: 1 },
  icmp_code: { id: 32, length: 1, order: 'network', noted: 2 },
  icmpv6_code: { id: 33, length: 1, order: 'network', noted: 2 },
  fib_addrtype: { id: 38, length: 4, order: 'host', noted: 1 },
  ifname: { id: 41, length: 16, order: 'network', noted: 1 },
};

const names = Object.keys(dataTypes) as (keyof typeof dataTypes)[];

/** The type nft gives this number, when it is one of ours. */
export const typeWithId = (id: number): DataType | 'ifname' | undefined =>
  names.find((name) => dataTypes[name].id === id);

/** A value in `length` bytes, most significant first. Throws RangeError when it does not fit. */
export function networkBytes(value: bigint, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (value < 0n || value >> BigInt(length * 8) !== 0n) throw new RangeError(`${value} does not fit ${length} bytes`);
  if (length <= 6) {
    bytes.writeUIntBE(Number(value), 0, length);
    return bytes;
  }
  let rest = value;
  for (let at = length - 8; ; at -= 8) {
    bytes.writeBigUInt64BE(BigInt.asUintN(64, rest), at);
    rest >>= 64n;
    if (at === 0) return bytes;
  }
}

/** A value as the register holds it. */
export function registerBytes(value: bigint, layout: TypeLayout): Buffer {
  const bytes = networkBytes(value, layout.length);
  return layout.order === 'host' ? bytes.reverse() : bytes;
}

export const fromNetworkBytes = (bytes: Buffer): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);

/** IFNAMSIZ of the kernel, with the final NUL. */
const NAME_SIZE = 16;

/** An interface name as registers hold it: padded with NULs. Throws RangeError for a name no interface can have. */
export function nameBytes(name: string): Buffer {
  const bytes = Buffer.alloc(NAME_SIZE);
  const own = bytesOf(name);
  if (own.length === 0 || own.length >= NAME_SIZE) {
    throw new RangeError(`${JSON.stringify(name)} is no interface name`);
  }
  bytes.set(own);
  return bytes;
}

export function nameFromBytes(bytes: Buffer): string {
  const zero = bytes.indexOf(0);
  return textOf(bytes, 0, zero === -1 ? bytes.length : zero);
}

/** A key of a verdict map as the register holds it; a number is a MAC address. */
export const keyBytes = (key: MapKey): Buffer =>
  typeof key === 'string' ? nameBytes(key) : registerBytes(key, dataTypes.ether_addr);

export const keyFromBytes = (type: KeyType, bytes: Buffer): MapKey =>
  type === 'ifname' ? nameFromBytes(bytes) : fromNetworkBytes(bytes);
