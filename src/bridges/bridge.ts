import type { Origin } from '../ruleset/index.js';

/** VLAN ids from `first` to `last`, both from 1 to 4094. */
export interface VlanRange {
  readonly first: number;
  readonly last: number;
}

export type VlanProtocol = '802.1q' | '802.1ad';

/** A link that another one stands on, and the line that says so. */
export interface Lower {
  readonly name: string;
  readonly origin: Origin;
}

/** Ports that are not named: links of the machine whose names end in what a regular expression matches. */
export interface Matching {
  /** A pattern that `parseNamePattern` takes. */
  readonly pattern: string;
  readonly origin: Origin;
  /** What a bridge says of all its ports. */
  readonly options?: PortOptions;
  readonly vlans?: PortVlans;
}

export interface Bridge {
  readonly kind: 'bridge';
  /** The ports the files name, which are a minimum: guests and other people add theirs. */
  readonly ports: readonly BridgePort[];
  readonly matching?: readonly Matching[];
  /** It has the MAC address of this link. */
  readonly macFrom?: Lower;
  readonly options: BridgeOptions;
}

export interface BridgePort extends Lower {
  readonly options: PortOptions;
  /** What the port of a VLAN-aware bridge carries; absent leaves it alone. */
  readonly vlans?: PortVlans;
}

/** The whole of what a port carries: ids beyond these are taken away. */
export interface PortVlans {
  /** For frames without a tag; null takes none. */
  readonly pvid: number | null;
  /** Sorted, apart from each other, and without the `pvid`. */
  readonly tagged: readonly VlanRange[];
}

/**
 * The attributes of a bridge that a file can set, as the kernel holds them (uapi linux/if_link.h IFLA_BR_*). An absent
 * one is left alone. Times are hundredths of seconds.
 */
export interface BridgeOptions {
  readonly stp?: boolean;
  /** 200 to 3000 while STP is on. */
  readonly forwardDelay?: number;
  readonly helloTime?: number;
  readonly maxAge?: number;
  readonly ageingTime?: number;
  readonly priority?: number;
  readonly vlanAware?: boolean;
  readonly vlanProtocol?: VlanProtocol;
  readonly multicastSnooping?: boolean;
  /** 0 never, 1 where queries come from, 2 always. */
  readonly multicastRouter?: number;
  readonly multicastQueryUseAddress?: boolean;
  readonly multicastQuerier?: boolean;
  readonly hashMax?: number;
  readonly multicastLastMemberCount?: number;
  readonly multicastStartupQueryCount?: number;
  readonly multicastLastMemberInterval?: number;
  readonly multicastMembershipInterval?: number;
  readonly multicastQuerierInterval?: number;
  readonly multicastQueryInterval?: number;
  readonly multicastQueryResponseInterval?: number;
  readonly multicastStartupQueryInterval?: number;
  readonly multicastStatistics?: boolean;
  readonly vlanStatistics?: boolean;
  readonly igmpVersion?: number;
  readonly mldVersion?: number;
}

/** The attributes of a bridge's port (uapi linux/if_link.h IFLA_BRPORT_*); an absent one is left alone. */
export interface PortOptions {
  readonly pathCost?: number;
  /** 0 to 63. */
  readonly priority?: number;
  readonly hairpin?: boolean;
  readonly guard?: boolean;
  readonly rootBlock?: boolean;
  readonly fastLeave?: boolean;
  readonly learning?: boolean;
  readonly unicastFlood?: boolean;
  readonly multicastFlood?: boolean;
  readonly broadcastFlood?: boolean;
  readonly multicastToUnicast?: boolean;
  /** 0 never, 1 where queries come from, 2 always, 3 for a while. */
  readonly multicastRouter?: number;
  /** A bit for each 01:80:c2:00:00:0X that is forwarded although it is meant for the bridge alone. */
  readonly groupForwardMask?: number;
  readonly vlanTunnel?: boolean;
  readonly neighbourSuppress?: boolean;
  readonly isolated?: boolean;
  readonly locked?: boolean;
}

/** The host's end of a guest's NIC: `tap<id>i<n>` or `veth<id>i<n>`. */
export interface GuestPort {
  readonly name: string;
  readonly bridge: string;
  readonly tag: number | null;
  /** VLAN ids the guest may tag itself; null is all of them. */
  readonly trunks: readonly VlanRange[] | null;
  readonly linkDown: boolean;
  /** The NIC has a firewall. */
  readonly firewall: boolean;
  /** It reaches the ports of its bridge that are not isolated, and no others; absent leaves it alone. */
  readonly isolated?: boolean;
  /** The MAC address of the only station behind it, in lower case with colons: nothing is learned or flooded there. */
  readonly station?: string;
  readonly origin: Origin;
}
