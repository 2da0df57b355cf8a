import type { Located, Span } from '../diagnostics/index.js';
import type { Interval, Origin } from '../ruleset/index.js';
import type { AddressRange } from './address.js';
import type { IcmpType } from './icmp.js';
import type { LogSetting } from './log-level.js';
import type { ClusterOptions, GuestOptions, HostOptions, VnetOptions } from './options.js';
import type { Protocol } from './protocol.js';
import type { Stanza } from './stanza.js';
import type { StartMark } from './start.js';

/** All input of one node, read and typed. Names (aliases, sets, groups, macros) are resolved by the compiler. */
export interface Site {
  readonly node: string;
  /** Is the cluster-wide switch on, a timed `enable` taken into account? */
  readonly enabled: boolean;
  /** The first second in which `enabled` is another one without any change of the files; null when there is none. */
  readonly enabledUntil: number | null;
  readonly cluster: ClusterConfig;
  readonly host: HostConfig;
  /** The guests of this node, by id. */
  readonly guests: readonly Guest[];
  readonly vnets: readonly VnetConfig[];
  readonly network: NodeNetwork;
  readonly interfaces: Interfaces;
  /** The vnets of the SDN running configuration. */
  readonly sdnVnets: readonly string[];
  /** Sets of scope `sdn`, generated from the SDN running configuration and the IPAM state. */
  readonly sdnSets: readonly IpSet[];
}

/** What `etc/network/interfaces` and the files it sources say. */
export interface Interfaces {
  /** In the order they are read; empty when there is none. */
  readonly files: readonly string[];
  readonly stanzas: readonly Stanza[];
  /** What starts the interfaces of these names. */
  readonly starts: ReadonlyMap<string, StartMark>;
}

export interface ClusterConfig {
  readonly options: ClusterOptions;
  readonly aliases: readonly Alias[];
  readonly ipsets: readonly IpSet[];
  readonly rules: readonly Rule[];
  readonly groups: readonly Group[];
}

export interface HostConfig {
  readonly options: HostOptions;
  readonly rules: readonly Rule[];
}

export interface VnetConfig {
  readonly name: string;
  readonly file: string;
  readonly options: VnetOptions;
  readonly rules: readonly Rule[];
}

export interface Guest {
  readonly id: number;
  readonly kind: 'vm' | 'container';
  /** The guest's configuration, relative to the root. */
  readonly file: string;
  readonly nics: readonly Nic[];
  /** Null when the guest has no firewall file: it is not filtered. */
  readonly firewall: GuestConfig | null;
}

export interface GuestConfig {
  readonly file: string;
  readonly options: GuestOptions;
  readonly aliases: readonly Alias[];
  readonly ipsets: readonly IpSet[];
  readonly rules: readonly Rule[];
}

/** One network interface of a guest; its host end is `tap<id>i<n>` (VM) or `veth<id>i<n>` (container). */
export interface Nic {
  readonly index: number;
  /** The host's end of the interface. */
  readonly port: string;
  /** The guest's MAC address, when the configuration names it. */
  readonly mac: bigint | null;
  /** The configuration names a MAC address that cannot be read, which has been reported. */
  readonly macUnreadable: boolean;
  readonly bridge: string | null;
  readonly tag: number | null;
  readonly trunks: string | null;
  readonly firewall: boolean;
  readonly linkDown: boolean;
  /** Fixed addresses of a container's interface, as single addresses. */
  readonly addresses: readonly AddressRange[];
  readonly origin: Origin;
}

/** A name that a section declares; `name` is folded to lower case, `spelling` is the file's. */
export interface Alias {
  readonly name: string;
  readonly spelling: string;
  /** Null when the line that declares it cannot be read, which has been reported. */
  readonly address: AddressRange | null;
  readonly span: Span;
}

export interface IpSet {
  readonly name: string;
  readonly spelling: string;
  readonly span: Span;
  readonly entries: readonly SetEntry[];
  /** The first line that leaves something out and cannot be read, which has been reported: it may leave out anything. */
  readonly unclear: Span | null;
}

export interface SetEntry {
  readonly nomatch: boolean;
  readonly member: AddressRange | NameRef;
  readonly span: Span;
}

export interface Group {
  readonly name: string;
  readonly spelling: string;
  readonly span: Span;
  readonly rules: readonly Rule[];
}

export type Scope = 'dc' | 'guest' | 'sdn';

/** A reference to an alias, folded to lower case; `scope` is null where the file gives none. */
export interface NameRef {
  readonly kind: 'alias' | 'set';
  readonly scope: Scope | null;
  readonly name: string;
  /** As written, for messages. */
  readonly text: string;
}

export type AddressSpec = NameRef | { readonly kind: 'list'; readonly ranges: readonly AddressRange[] };

export type RuleDirection = 'in' | 'out' | 'forward';

/** An enabled rule without syntax or value errors. Disabled and erroneous rules are not part of a site. */
export type Rule = MatchRule | GroupRule;

export interface GroupRule {
  readonly kind: 'group';
  readonly origin: Origin;
  readonly group: Located<string>;
  readonly iface: Located<string> | null;
}

export interface MatchRule {
  readonly kind: 'match';
  readonly origin: Origin;
  readonly span: Span;
  readonly direction: RuleDirection;
  readonly verdict: Policy;
  readonly macro: Located<string> | null;
  readonly iface: Located<string> | null;
  readonly source: Located<AddressSpec> | null;
  readonly dest: Located<AddressSpec> | null;
  readonly protocol: Located<Protocol> | null;
  readonly sport: Located<readonly Interval[]> | null;
  readonly dport: Located<readonly Interval[]> | null;
  readonly icmpType: Located<IcmpType> | null;
  readonly log: LogSetting;
}

type Policy = 'accept' | 'drop' | 'reject';

/** The node's place in the network (spec firewall.md 5.5 and 5.8). */
export interface NodeNetwork {
  /** The node's own address: corosync ring 0, else its name in `etc/hosts`, else the bridge with the default route. */
  readonly address: AddressRange | null;
  /** The configured network that holds the node's address, or the alias `local_network`. */
  readonly local: { readonly network: AddressRange; readonly span: Span | null } | null;
  readonly corosync: Corosync | null;
  /** The bridges the interfaces files configure, in their order. */
  readonly bridges: readonly ConfiguredBridge[];
}

/** A bridge as the interfaces files give it: the ports they name (guests add theirs), and whether it has a gateway. */
export interface ConfiguredBridge {
  readonly name: string;
  readonly ports: readonly string[];
  readonly defaultRoute: boolean;
  /** Open vSwitch moves its frames past the kernel's bridge hooks. */
  readonly openVSwitch: boolean;
  /** Keeps VLANs apart by itself: one MAC address may belong to two stations in two of them. */
  readonly vlanAware: boolean;
}

/** Who the node talks to over corosync, link by link; only links where both ends have a literal address. */
export interface Corosync {
  readonly transport: 'knet' | 'udp' | 'udpu';
  readonly file: string;
  readonly links: readonly CorosyncLink[];
}

export interface CorosyncLink {
  readonly link: number;
  readonly own: AddressRange;
  readonly peers: readonly AddressRange[];
}
