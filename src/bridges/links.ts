import type { Origin } from '../ruleset/index.js';

/** What a node's interfaces files and guests want its links to be. What the files do not say is left alone. */
export interface Links {
  /** One for each interface, in the order the files name them first. */
  readonly links: readonly Link[];
  /** Ports that guests bring along while they run. */
  readonly guestPorts: readonly GuestPort[];
  /** What the files say and no link holds. */
  readonly unmanaged: readonly Unmanaged[];
}

export type Link = Device & {
  /** A name `isLinkName` allows; so are all names of other links below. */
  readonly name: string;
  /** The first line that names it. */
  readonly origin: Origin;
  readonly start: Start;
  /** Bytes; null leaves it alone. */
  readonly mtu: number | null;
  readonly addresses: readonly Address[];
  /** Next hops of default routes. */
  readonly gateways: readonly Gateway[];
};

/** What an interface is, and what only its kind has. */
export type Device =
  /** It is there, or it is not: nobody can make it. */
  | { readonly kind: 'physical' | 'loopback' }
  | Bridge
  | VlanDevice
  | Bond
  /** Of a kind that cannot be made yet; `option` is the one that says so, such as `vxlan-id`. */
  | { readonly kind: 'other'; readonly option: string };

export interface Bridge {
  readonly kind: 'bridge';
  /** The ports the files name, which are a minimum: guests and other people add theirs. */
  readonly ports: readonly Lower[];
  readonly stp: boolean | null;
  /** Seconds. */
  readonly forwardDelay: number | null;
  readonly vlanAware: boolean;
  /** Carried tagged by the ports the files name, when the bridge is VLAN-aware. */
  readonly vids: readonly VlanRange[];
}

export interface VlanDevice {
  readonly kind: 'vlan';
  readonly parent: Lower;
  /** From 1 to 4094. */
  readonly id: number;
  readonly protocol: '802.1q' | '802.1ad';
}

export interface Bond {
  readonly kind: 'bond';
  readonly slaves: readonly Lower[];
  readonly mode: BondMode | null;
  /** How often the carrier is looked at, in milliseconds. */
  readonly miimon: number | null;
}

/** By the number the kernel has for them (uapi linux/if_bonding.h BOND_MODE_*). */
export const bondModes = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
] as const;
export type BondMode = (typeof bondModes)[number];

/** A link that another one stands on, and the line that says so. */
export interface Lower {
  readonly name: string;
  readonly origin: Origin;
}

/** `auto` comes up at boot, `hotplug` when its device appears, `manual` only under a link that comes up. */
export type Start = 'auto' | 'hotplug' | 'manual';

export interface Address {
  /** In canonical form: dotted IPv4, or IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly prefixLength: number;
  readonly origin: Origin;
}

export interface Gateway {
  /** In canonical form. */
  readonly address: string;
  readonly metric: number | null;
  readonly origin: Origin;
}

/** VLAN ids from `first` to `last`, both from 1 to 4094. */
export interface VlanRange {
  readonly first: number;
  readonly last: number;
}

/** The host's end of a guest's NIC: `tap<id>i<n>` or `veth<id>i<n>`. */
export interface GuestPort {
  readonly name: string;
  readonly bridge: string;
  readonly tag: number | null;
  /** VLAN ids the guest may tag itself; null is all of them. */
  readonly trunks: readonly VlanRange[] | null;
  readonly linkDown: boolean;
  readonly origin: Origin;
}

export interface Unmanaged {
  /** The interface it is said of, as the file spells it. */
  readonly link: string;
  readonly option: string;
  readonly value: string;
  /** `repeated`: the first value counts. `on a port`: a port of a bridge or bond has no addresses of its own. */
  readonly reason: 'not yet' | 'wrong value' | 'repeated' | 'on a port';
  readonly origin: Origin;
}

/** The links that a link needs to be there before it. */
export function lowersOf(link: Link): readonly Lower[] {
  switch (link.kind) {
    case 'bridge':
      return link.ports;
    case 'bond':
      return link.slaves;
    case 'vlan':
      return [link.parent];
    case 'physical':
    case 'loopback':
    case 'other':
      return [];
  }
}

/** The links that belong to this one: a VLAN's parent does not, it only carries it. */
export const portsOf = (link: Link): readonly Lower[] => (link.kind === 'vlan' ? [] : lowersOf(link));
