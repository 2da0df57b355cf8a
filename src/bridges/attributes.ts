import type { Reader } from '../ruleset/index.js';
import {
  adSelections,
  arpAllTargets,
  arpValidations,
  type BondOptions,
  bondModes,
  failOverMacs,
  hashPolicies,
  lacpRates,
  primaryReselections,
} from './bond.js';
import type { BridgeOptions, PortOptions } from './bridge.js';
import type { VxlanOptions } from './links.js';

/** How one attribute is written for `ip`, read from a record, and what it is where nobody ever set it. */
export interface Attribute<T> {
  /** The words of `ip link` for a value. */
  words(value: T): readonly string[];
  read(reader: Reader): T;
  /** Absent where the kernel works it out, or does not let it go back. */
  readonly initial?: T;
}

/** All attributes a record of options can have. */
export type AttributeTable<Options> = {
  readonly [Name in keyof Options]-?: Attribute<NonNullable<Options[Name]>>;
};

const number = (keyword: string, initial?: number): Attribute<number> => ({
  words: (value) => [keyword, String(value)],
  read: (reader) => reader.integer(),
  ...(initial === undefined ? {} : { initial }),
});

const flag = (
  keyword: string,
  initial: boolean,
  words: readonly [string, string] = ['0', '1'],
): Attribute<boolean> => ({
  words: (value) => [keyword, words[value ? 1 : 0]],
  read: (reader) => reader.boolean(),
  initial,
});

const onOff = (keyword: string, initial: boolean): Attribute<boolean> => flag(keyword, initial, ['off', 'on']);

const word = <const T extends string>(keyword: string, words: readonly T[], initial: T): Attribute<T> => ({
  words: (value) => [keyword, value],
  read: (reader) => reader.oneOf(words),
  initial,
});

const text = (keyword: string, initial?: string): Attribute<string> => ({
  words: (value) => [keyword, value],
  read: (reader) => reader.string(),
  ...(initial === undefined ? {} : { initial }),
});

/** Initial values of net/bridge/br_device.c, br_multicast.c and br_stp.c. */
export const bridgeAttributes: AttributeTable<BridgeOptions> = {
  // Before the delay, which the kernel takes within its bounds only while STP is off.
  stp: flag('stp_state', false),
  forwardDelay: number('forward_delay', 1500),
  helloTime: number('hello_time', 200),
  maxAge: number('max_age', 2000),
  ageingTime: number('ageing_time', 30_000),
  priority: number('priority', 32_768),
  vlanAware: flag('vlan_filtering', false),
  vlanProtocol: word('vlan_protocol', ['802.1q', '802.1ad'], '802.1q'),
  multicastSnooping: flag('mcast_snooping', true),
  multicastRouter: number('mcast_router', 1),
  multicastQueryUseAddress: flag('mcast_query_use_ifaddr', false),
  multicastQuerier: flag('mcast_querier', false),
  hashMax: number('mcast_hash_max', 4096),
  multicastLastMemberCount: number('mcast_last_member_count', 2),
  multicastStartupQueryCount: number('mcast_startup_query_count', 2),
  multicastLastMemberInterval: number('mcast_last_member_interval', 100),
  multicastMembershipInterval: number('mcast_membership_interval', 26_000),
  multicastQuerierInterval: number('mcast_querier_interval', 25_500),
  multicastQueryInterval: number('mcast_query_interval', 12_500),
  multicastQueryResponseInterval: number('mcast_query_response_interval', 1000),
  multicastStartupQueryInterval: number('mcast_startup_query_interval', 3125),
  multicastStatistics: flag('mcast_stats_enabled', false),
  vlanStatistics: flag('vlan_stats_enabled', false),
  igmpVersion: number('mcast_igmp_version', 2),
  mldVersion: number('mcast_mld_version', 1),
};

/** Initial values of net/bridge/br_if.c; the cost follows the link's speed. */
export const portAttributes: AttributeTable<PortOptions> = {
  pathCost: number('cost'),
  priority: number('priority', 32),
  hairpin: onOff('hairpin', false),
  guard: onOff('guard', false),
  rootBlock: onOff('root_block', false),
  fastLeave: onOff('fastleave', false),
  learning: onOff('learning', true),
  unicastFlood: onOff('flood', true),
  multicastFlood: onOff('mcast_flood', true),
  broadcastFlood: onOff('bcast_flood', true),
  multicastToUnicast: onOff('mcast_to_unicast', false),
  multicastRouter: number('mcast_router', 1),
  groupForwardMask: number('group_fwd_mask', 0),
  vlanTunnel: onOff('vlan_tunnel', false),
  neighbourSuppress: onOff('neigh_suppress', false),
  isolated: onOff('isolated', false),
  locked: onOff('locked', false),
};

/** Initial values of drivers/net/bonding/bond_main.c bond_check_params. */
export const bondAttributes: AttributeTable<BondOptions> = {
  mode: word('mode', bondModes, 'balance-rr'),
  miimon: number('miimon', 0),
  upDelay: number('updelay', 0),
  downDelay: number('downdelay', 0),
  peerNotifyDelay: number('peer_notify_delay', 0),
  useCarrier: flag('use_carrier', true),
  arpInterval: number('arp_interval', 0),
  arpTargets: {
    words: (targets) => ['arp_ip_target', targets.join(',')],
    read: (reader) => reader.list((item) => item.string()),
    initial: [],
  },
  arpValidate: word('arp_validate', arpValidations, 'none'),
  arpAllTargets: word('arp_all_targets', arpAllTargets, 'any'),
  primary: text('primary', ''),
  primaryReselect: word('primary_reselect', primaryReselections, 'always'),
  failOverMac: word('fail_over_mac', failOverMacs, 'none'),
  hashPolicy: word('xmit_hash_policy', hashPolicies, 'layer2'),
  resendIgmp: number('resend_igmp', 1),
  peerNotifications: number('num_grat_arp', 1),
  allSlavesActive: flag('all_slaves_active', false),
  minLinks: number('min_links', 0),
  learnPacketInterval: number('lp_interval', 1),
  packetsPerSlave: number('packets_per_slave', 1),
  lacpRate: word('lacp_rate', lacpRates, 'slow'),
  lacpActive: onOff('lacp_active', true),
  adSelect: word('ad_select', adSelections, 'stable'),
  adActorPriority: number('ad_actor_sys_prio', 65_535),
  adUserPortKey: number('ad_user_port_key', 0),
  adActorSystem: text('ad_actor_system'),
  tlbDynamic: flag('tlb_dynamic_lb', true),
  missedMax: number('arp_missed_max', 2),
};

/** Initial values of drivers/net/vxlan/vxlan_core.c. */
export const vxlanAttributes: AttributeTable<VxlanOptions> = {
  learning: {
    words: (value) => [value ? 'learning' : 'nolearning'],
    read: (reader) => reader.boolean(),
    initial: true,
  },
  ageing: number('ageing', 300),
  ttl: number('ttl', 0),
  // `ip` reads it as hexadecimal whether it begins with 0x or not (iproute2 lib/rt_names.c rtnl_dsfield_a2n).
  tos: { ...number('tos', 0), words: (value) => ['tos', `0x${value.toString(16)}`] },
};
