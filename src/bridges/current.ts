import type { BondOptions } from './bond.js';
import type { BridgeOptions, PortOptions, VlanProtocol, VlanRange } from './bridge.js';
import type { LinkSysctls, VxlanOptions } from './links.js';

/** The links, addresses and routes of a network namespace as the kernel holds them. */
export interface CurrentLinks {
  readonly links: readonly CurrentLink[];
  readonly addresses: readonly CurrentAddress[];
  readonly routes: readonly Route[];
  readonly forwarding: readonly Forwarding[];
}

export interface CurrentLink {
  readonly index: number;
  readonly name: string;
  readonly device: CurrentDevice;
  /** Administratively up. */
  readonly up: boolean;
  /** Up and with a carrier. */
  readonly running: boolean;
  readonly mtu: number;
  /** Hardware address in lower case with colons; null where the device has none. */
  readonly mac: string | null;
  /** The one the hardware was made with, where there is such a thing. */
  readonly permanentMac: string | null;
  /** The bridge, bond or VRF it belongs to. */
  readonly master: string | null;
  /** Index of the lower device or of the peer; null where it is in another namespace. */
  readonly parentIndex: number | null;
  readonly alias: string | null;
  /** As a port of a bridge. */
  readonly port: PortOptions | null;
  /** The VLAN ids of a bridge's port, or of a bridge itself. */
  readonly vlans: readonly VlanEntry[];
  readonly sysctls: LinkSysctls;
}

/** What a link is; of a kind that ringwall makes with all that can be said of it, so that it can be made again. */
export type CurrentDevice =
  | { readonly kind: 'bridge'; readonly options: BridgeOptions }
  | { readonly kind: 'bond'; readonly options: BondOptions }
  | {
      readonly kind: 'vlan';
      readonly parent: string;
      readonly id: number;
      readonly protocol: VlanProtocol;
      readonly bridgeBinding: boolean;
    }
  | {
      readonly kind: 'vxlan';
      readonly id: number;
      readonly port: number;
      readonly local?: string;
      readonly group?: string;
      readonly device?: string;
      readonly options: VxlanOptions;
    }
  | { readonly kind: 'vrf'; readonly table: number }
  /** The peer's name is null when it is in another namespace. */
  | { readonly kind: 'veth'; readonly peer: string | null }
  | { readonly kind: 'dummy' }
  /** `type` is what the kernel calls it, such as `tun`; null for hardware and loopback. */
  | { readonly kind: 'other'; readonly type: string | null };

/** VLAN ids that a port carries in the same way. */
export interface VlanEntry extends VlanRange {
  /** Frames without a tag get this id; then there is one only. */
  readonly pvid: boolean;
  /** They leave without a tag. */
  readonly untagged: boolean;
}

export interface CurrentAddress extends LinkAddress {
  readonly link: string;
  /** It was given by somebody and stays; others come and go with advertisements, leases and the link itself. */
  readonly permanent: boolean;
}

export interface LinkAddress {
  /** In canonical form. */
  readonly address: string;
  readonly prefixLength: number;
  /** RT_SCOPE_*: 0 universe, 253 link, 254 host. */
  readonly scope: number;
  readonly broadcast?: string;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  /** Seconds; absent is for ever. */
  readonly preferredLifetime?: number;
}

/** A route with at most one next hop; those the kernel has for its own addresses and for multicast are left out. */
export interface Route {
  readonly family: 4 | 6;
  /** Null is the default route. */
  readonly destination: Prefix | null;
  readonly gateway: string | null;
  readonly link: string | null;
  readonly table: number;
  /** 0 is none. */
  readonly metric: number;
  /** RTPROT_*: 2 kernel, 3 boot, 4 static. */
  readonly protocol: number;
  /** RTN_*: 1 unicast, 6 blackhole, 7 unreachable. */
  readonly type: number;
  readonly scope: number;
  readonly onlink: boolean;
  /** The address packets leave with. */
  readonly source?: string;
}

export interface Prefix {
  readonly address: string;
  readonly length: number;
}

/** Where a bridge or a VXLAN device sends frames for a station, said by somebody and not learned. */
export interface Forwarding {
  readonly link: string;
  readonly mac: string;
  /** Of the device itself, or of the bridge whose port it is. */
  readonly of: 'self' | 'master';
  readonly vlan?: number;
  /** The other end of a VXLAN tunnel. */
  readonly destination?: string;
}
