import type { Origin } from '../ruleset/index.js';
import type { BondOptions } from './bond.js';
import type { BridgeOptions, PortOptions, VlanRange } from './bridge.js';
import type { Forwarding, LinkAddress, Route, VlanEntry } from './current.js';
import type { LinkSysctls } from './links.js';
import type { NewDevice } from './operation.js';

/** Where a plan leads: what is desired, merged with what stays because it is not ours. */
export interface Goal {
  /** Links ringwall made and nobody wants any more, uppers first. */
  readonly gone: readonly string[];
  /** Lowers first. */
  readonly links: readonly GoalLink[];
  readonly routes: Wanted<GoalRoute>;
  readonly forwarding: Wanted<Forwarding>;
  /** What is desired and cannot be had, in words. */
  readonly notes: readonly GoalNote[];
}

/** What must be there, and what must not; everything else is left alone. */
export interface Wanted<T> {
  readonly there: readonly T[];
  readonly gone: readonly T[];
}

export interface GoalRoute extends Route {
  readonly origin: Origin | null;
}

export interface GoalNote {
  readonly name: string;
  readonly text: string;
  readonly origin: Origin | null;
}

/** One link; what is absent is left alone. */
export interface GoalLink {
  readonly name: string;
  /** The line that wants it; null for what nobody wants any more. */
  readonly origin: Origin | null;
  /** To be made when it is missing, and again when what is there cannot become it; null for what nobody can make. */
  readonly device: NewDevice | null;
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  /** The address it is made with; one that is there keeps its own. */
  readonly firstMac?: string;
  readonly alias?: string | null;
  /** Null releases it. */
  readonly master?: string | null;
  /** The line that names it as a port; absent for the one of the link. */
  readonly masterOrigin?: Origin;
  readonly bridge?: BridgeOptions;
  readonly bond?: BondOptions;
  readonly port?: PortOptions;
  /** All VLAN ids it carries. */
  readonly vlans?: readonly VlanEntry[];
  /** Of a bridge itself: ids that must be there, and ids that must not. */
  readonly ownVlans?: { readonly there: readonly VlanEntry[]; readonly gone: readonly VlanRange[] };
  readonly sysctls?: LinkSysctls;
  readonly addresses: Wanted<GoalAddress>;
}

export interface GoalAddress extends LinkAddress {
  readonly origin: Origin | null;
}
