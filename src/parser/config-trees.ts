import type { Located } from '../diagnostics/index.js';
import type { Encoding, LineEnding, Word } from './tree.js';

/** The lossless tree of a guest configuration (`qemu-server/<id>.conf`, `lxc/<id>.conf`); spec section 6. */
export interface GuestConfigTree {
  readonly file: string;
  readonly encoding: Encoding;
  readonly lines: readonly GuestConfigLine[];
}

export interface GuestConfigLine {
  readonly number: number;
  readonly text: string;
  readonly ending: LineEnding;
  readonly content: GuestConfigContent;
}

export type GuestConfigContent =
  | { readonly kind: 'blank' | 'comment' }
  /** `[snapshot]`: everything from here on describes other states of the guest and is kept, not read. */
  | { readonly kind: 'section'; readonly name: string }
  /** A line of a later section, kept as it is. */
  | { readonly kind: 'other state' }
  /** A `netN:` line. */
  | {
      readonly kind: 'nic';
      readonly index: Located<number>;
      readonly properties: readonly Property[];
      /** Has it control characters? Then a property may be another one than it looks. */
      readonly garbled: boolean;
    }
  | { readonly kind: 'setting'; readonly key: Word; readonly value: Word }
  | { readonly kind: 'inert' };

/** One `key=value` of a property list. A first item without a key (`virtio`) has an empty value. */
export interface Property {
  readonly key: Word;
  readonly value: Word;
}

/** `corosync.conf` as far as spec section 5.8 needs it. */
export interface CorosyncConfig {
  readonly transport: string | null;
  readonly ipVersion: string | null;
  readonly nodes: readonly CorosyncNode[];
}

export interface CorosyncNode {
  readonly name: string | null;
  readonly nodeid: string | null;
  /** Link number to the address or host name of `ring<k>_addr`. */
  readonly rings: ReadonlyMap<number, Word>;
}

/** The lossless tree of `/etc/network/interfaces`. */
export interface InterfacesTree {
  readonly file: string;
  readonly encoding: Encoding;
  readonly lines: readonly InterfacesLine[];
}

export interface InterfacesLine {
  readonly number: number;
  readonly text: string;
  readonly ending: LineEnding;
  readonly content: InterfacesContent;
}

export type InterfacesContent =
  | { readonly kind: 'blank' | 'comment' }
  /** `auto`, or `allow-<class>`; `auto` and `allow-auto` have the class `auto`. */
  | { readonly kind: 'auto'; readonly class: string; readonly names: readonly Word[] }
  | {
      readonly kind: 'iface';
      readonly name: Word;
      readonly family: Word | null;
      readonly method: Word | null;
      /** The stanza whose options come before its own: Debian's ifupdown only. */
      readonly inherits: Word | null;
    }
  | { readonly kind: 'source'; readonly directory: boolean; readonly path: Word }
  /** What only one dialect has: `vlan` is of ifupdown2, the others are of Debian's ifupdown. */
  | { readonly kind: 'foreign'; readonly keyword: ForeignKeyword; readonly names: readonly Word[] }
  /** Belongs to the stanza above, an `iface` or a foreign one; `key` has `_` folded to `-`. */
  | { readonly kind: 'option'; readonly key: Word; readonly value: Word }
  /** Joined to the line above by that line's final backslash. */
  | { readonly kind: 'continuation' }
  /** Cannot be read, or belongs to a stanza that cannot. */
  | { readonly kind: 'inert' };

export type ForeignKeyword = 'vlan' | 'mapping' | 'rename' | 'no-auto-down' | 'no-scripts';

/** Which guests run where, from `.vmlist`; spec section 6.1. */
export interface VmList {
  readonly guests: readonly VmListEntry[];
}

export interface VmListEntry {
  readonly id: Located<number>;
  readonly node: string;
  readonly type: 'qemu' | 'lxc';
}

/** The SDN running configuration (`sdn/.running-config`) as far as spec section 5.7 needs it. */
export interface SdnConfig {
  readonly zones: readonly Word[];
  readonly vnets: readonly SdnVnet[];
  readonly subnets: readonly SdnSubnet[];
}

export interface SdnVnet {
  readonly name: Word;
  readonly zone: Word | null;
  readonly tag: number | null;
}

export interface SdnSubnet {
  /** `<zone>-<network>-<prefix length>`. */
  readonly id: Word;
  readonly zone: string;
  /** `<network>/<prefix length>`, placed at the id. */
  readonly cidr: Word;
  readonly vnet: Word;
  readonly gateway: Word | null;
  /** The configuration names a gateway that is no text, which has been reported. */
  readonly gatewayUnreadable: boolean;
  readonly snat: boolean;
  readonly dhcpRanges: readonly { readonly start: Word; readonly end: Word }[];
}

/** The IPAM state (`sdn/pve-ipam-state.json`); spec section 5.7. */
export interface Ipam {
  readonly addresses: readonly IpamAddress[];
}

export interface IpamAddress {
  readonly zone: string;
  readonly subnet: string;
  readonly address: Word;
  readonly gateway: boolean;
  readonly vmid: number | null;
  readonly mac: string | null;
  readonly hostname: string | null;
}
