import type { Origin } from '../ruleset/index.js';
import type { AddressFamily } from '../site/index.js';
import type { Bond } from './bond.js';
import type { Bridge, GuestPort, Lower, VlanProtocol } from './bridge.js';

/** What a node's interfaces files and guests want its links to be. What the files do not say is left alone. */
export interface Links {
  /** One for each interface, in the order the files name them first. */
  readonly links: readonly Link[];
  /** Ports that guests bring along while they run. */
  readonly guestPorts: readonly GuestPort[];
  /** What the files say and no link holds. */
  readonly unmanaged: readonly Unmanaged[];
}

/** What is optional here is left alone when it is absent. */
export type Link = Device & {
  /** A name `isLinkName` allows; so are all names of other links below. */
  readonly name: string;
  /** The first line that names it. */
  readonly origin: Origin;
  readonly start: Start;
  /** Absent is up: `link-down yes` keeps it down. */
  readonly down?: true;
  /** Bytes. */
  readonly mtu?: number;
  /** The hardware address in lower case with colons. */
  readonly mac?: string;
  readonly alias?: string;
  /** The VRF it belongs to. */
  readonly vrf?: Lower;
  readonly sysctls?: LinkSysctls;
  /** The families whose addresses the host's DHCP client asks for. */
  readonly dhcp?: readonly AddressFamily[];
  /** Commands of the file, which run only when the administrator asks for it. */
  readonly hooks?: readonly Hook[];
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
  | Vxlan
  | { readonly kind: 'dummy' }
  /** One end of a pair; the other end has a stanza of its own, or is made along. */
  | { readonly kind: 'veth'; readonly peer: string }
  | { readonly kind: 'vrf'; readonly table: number }
  /** Of a kind that cannot be made yet; `option` is the one that says so, such as `tunnel-mode`. */
  | { readonly kind: 'other'; readonly option: string };

export interface VlanDevice {
  readonly kind: 'vlan';
  readonly parent: Lower;
  /** From 1 to 4094. */
  readonly id: number;
  readonly protocol: VlanProtocol;
  /** Is its carrier that of the bridge ports which carry its id? */
  readonly bridgeBinding?: boolean;
}

export interface Vxlan {
  readonly kind: 'vxlan';
  /** From 1 to 16777214. */
  readonly id: number;
  /** UDP port; absent is 4789. */
  readonly port?: number;
  /** The own end of the tunnel. */
  readonly local?: string;
  /** A multicast group or the one other end. */
  readonly group?: string;
  readonly device?: Lower;
  /** Where frames to unknown stations go, each with its line. */
  readonly remotes: readonly { readonly address: string; readonly origin: Origin }[];
  readonly options: VxlanOptions;
}

/** What can change while a VXLAN device lives (uapi linux/if_link.h IFLA_VXLAN_*). */
export interface VxlanOptions {
  readonly learning?: boolean;
  /** Seconds. */
  readonly ageing?: number;
  /** 0 is automatic. */
  readonly ttl?: number;
  /** 1 is inherited. */
  readonly tos?: number;
}

/** `auto` comes up at boot, `hotplug` when its device appears, `manual` only under a link that comes up. */
export type Start = 'auto' | 'hotplug' | 'manual';

export interface Address {
  /** In canonical form: dotted IPv4, or IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly prefixLength: number;
  /** RT_SCOPE_*: 0 universe (also when absent), 200 site, 253 link, 254 host. */
  readonly scope?: number;
  readonly broadcast?: string;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  /** Seconds; absent is for ever. */
  readonly preferredLifetime?: number;
  readonly origin: Origin;
}

export interface Gateway {
  /** In canonical form. */
  readonly address: string;
  readonly metric?: number;
  /** Absent is true: it may lie outside every network of the link, as providers of single addresses want it. */
  readonly onlink?: boolean;
  /** The routing table; absent is that of the link's VRF, else the main one. */
  readonly table?: number;
  readonly origin: Origin;
}

/** Settings of an interface below /proc/sys/net/, each `FAMILY/conf/INTERFACE/NAME` there. */
export const linkSysctlNames = [
  'ipv4/forwarding',
  'ipv4/arp_accept',
  'ipv6/forwarding',
  'ipv6/disable_ipv6',
  'ipv6/accept_ra',
  'ipv6/autoconf',
  'ipv6/addr_gen_mode',
  'mpls/input',
] as const;
export type LinkSysctlName = (typeof linkSysctlNames)[number];
export type LinkSysctls = { readonly [Name in LinkSysctlName]?: number };

/** In the order in which they run. */
export const hookPhases = ['pre-up', 'up', 'post-up', 'pre-down', 'down', 'post-down'] as const;
export type HookPhase = (typeof hookPhases)[number];

export interface Hook {
  readonly phase: HookPhase;
  /** A line for a shell. */
  readonly command: string;
  /** What its stanza says, as the command finds it in its environment: ADDRFAM, METHOD and IF_… . */
  readonly environment: Readonly<Record<string, string>>;
  readonly origin: Origin;
}

/** `repeated`: the first value counts. `on a port`: a port of a bridge or bond has no addresses of its own. */
export const unmanagedReasons = ['not yet', 'wrong value', 'repeated', 'on a port', 'nothing to do'] as const;
export type UnmanagedReason = (typeof unmanagedReasons)[number];

export interface Unmanaged {
  /** The interface it is said of, as the file spells it. */
  readonly link: string;
  readonly option: string;
  readonly value: string;
  readonly reason: UnmanagedReason;
  readonly origin: Origin;
}

/** The links that a link needs to be there before it. */
export function lowersOf(link: Link): readonly Lower[] {
  const lowers = lowersOfDevice(link);
  return link.vrf === undefined ? lowers : [...lowers, link.vrf];
}

function lowersOfDevice(device: Device): readonly Lower[] {
  switch (device.kind) {
    case 'bridge':
      return device.ports;
    case 'bond':
      return device.slaves;
    case 'vlan':
      return [device.parent];
    case 'vxlan':
      return device.device === undefined ? [] : [device.device];
    case 'physical':
    case 'loopback':
    case 'dummy':
    case 'veth':
    case 'vrf':
    case 'other':
      return [];
  }
}

/** The links that belong to this one: a VLAN's parent does not, it only carries it. */
export function portsOf(device: Device): readonly Lower[] {
  switch (device.kind) {
    case 'bridge':
      return device.ports;
    case 'bond':
      return device.slaves;
    case 'physical':
    case 'loopback':
    case 'vlan':
    case 'vxlan':
    case 'dummy':
    case 'veth':
    case 'vrf':
    case 'other':
      return [];
  }
}
