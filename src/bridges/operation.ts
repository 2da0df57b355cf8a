import type { BondOptions } from './bond.js';
import type { BridgeOptions, PortOptions, VlanProtocol } from './bridge.js';
import type { CurrentDevice, Forwarding, LinkAddress, Route, VlanEntry } from './current.js';
import type { LinkSysctlName, VxlanOptions } from './links.js';

/** One change of the kernel's links; rtnetlink knows no transactions, so each is done or refused alone. */
export type LinkOperation =
  | {
      readonly kind: 'create link';
      readonly link: string;
      readonly device: NewDevice;
      readonly mtu?: number;
      readonly mac?: string;
    }
  | { readonly kind: 'delete link'; readonly link: string }
  | { readonly kind: 'set up'; readonly link: string; readonly up: boolean }
  /** Null releases the link. */
  | { readonly kind: 'set master'; readonly link: string; readonly master: string | null }
  | { readonly kind: 'set mac'; readonly link: string; readonly mac: string }
  | { readonly kind: 'set mtu'; readonly link: string; readonly mtu: number }
  /** Null takes it away. */
  | { readonly kind: 'set alias'; readonly link: string; readonly alias: string | null }
  | { readonly kind: 'set device'; readonly link: string; readonly device: DeviceOptions }
  | { readonly kind: 'set port'; readonly link: string; readonly options: PortOptions }
  | {
      readonly kind: 'add vlans' | 'delete vlans';
      readonly link: string;
      /** The ids of a bridge itself, not of a port. */
      readonly self: boolean;
      readonly vlans: VlanEntry;
    }
  | { readonly kind: 'add forwarding' | 'delete forwarding'; readonly link: string; readonly entry: Forwarding }
  | { readonly kind: 'add address' | 'delete address'; readonly link: string; readonly address: LinkAddress }
  /** `replace` takes the place of the route with the same destination, metric and table. */
  | { readonly kind: 'add route' | 'replace route' | 'delete route'; readonly route: Route }
  | { readonly kind: 'set sysctl'; readonly link: string; readonly name: LinkSysctlName; readonly value: number };

/** A device to make. What is absent is as the kernel makes it. */
export type NewDevice =
  | Extract<CurrentDevice, { kind: 'bridge' | 'bond' | 'vxlan' | 'vrf' | 'dummy' }>
  | {
      readonly kind: 'vlan';
      readonly parent: string;
      readonly id: number;
      readonly protocol: VlanProtocol;
      readonly bridgeBinding?: boolean;
    }
  | { readonly kind: 'veth'; readonly peer: string };

/** What can change while a device lives. */
export type DeviceOptions =
  | { readonly kind: 'bridge'; readonly options: BridgeOptions }
  | { readonly kind: 'bond'; readonly options: BondOptions }
  | { readonly kind: 'vlan'; readonly bridgeBinding: boolean }
  | { readonly kind: 'vxlan'; readonly local?: string; readonly group?: string; readonly options: VxlanOptions };

/** The link an operation is about; null for a route that names none. */
export const linkOf = (operation: LinkOperation): string | null => {
  switch (operation.kind) {
    case 'add route':
    case 'replace route':
    case 'delete route':
      return operation.route.link;
    default:
      return operation.link;
  }
};
