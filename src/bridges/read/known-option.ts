import { nearest } from '../../parser/index.js';
import { BOND_FIELDS, BOND_KEYS } from './bond.js';
import { BRIDGE_FIELDS, PORT_KEYS, PORT_VLAN_KEYS } from './bridge.js';
import { keysOf } from './field.js';
import { SYSCTL_FIELDS } from './general.js';
import { NOTHING_TO_DO } from './nothing-to-do.js';
import { VXLAN_FIELDS } from './vxlan.js';

/** Options that are read one by one. */
const SINGLE = `address netmask broadcast scope preferred-lifetime pointopoint gateway metric mtu hwaddress alias vrf
  link-down pre-up up post-up pre-down down post-down bridge-ports bridge-disable-mac-learning bridge-vlan-aware
  bridge-hw bond-master vlan-raw-device vlan-id vlan-protocol vlan-bridge-binding vxlan-id vxlan-port
  vxlan-local-tunnelip vxlan-svcnodeip vxlan-svcnodeip6 vxlan-mcastgrp vxlan-mcastgrp6 vxlan-physdev vxlan-remoteip
  link-type veth-peer-name vrf-table`;

/** Options that ifupdown2 has and that are not managed (spec interfaces.md 2). */
const NOT_MANAGED = `dns-nameservers dns-search link-speed link-duplex link-autoneg link-fec link-lanes gro-offload
  lro-offload gso-offload tso-offload ufo-offload tx-offload rx-offload rx-vlan-filter ring-rx ring-tx
  bridge-always-up vxlan-udp-csum address-virtual vrrp ovs-type ovs-bridge ovs-ports ovs-options ovs-bonds ovs-mtu
  ovs-extra tunnel-mode tunnel-local tunnel-endpoint provider`;

/** Every option that anybody is known to read. */
const knownOptions: ReadonlySet<string> = new Set([
  ...`${SINGLE} ${NOT_MANAGED}`.split(/\s+/),
  ...keysOf([...BRIDGE_FIELDS, ...BOND_FIELDS, ...VXLAN_FIELDS, ...SYSCTL_FIELDS]),
  ...NOTHING_TO_DO.keys(),
  ...PORT_KEYS,
  ...PORT_VLAN_KEYS,
  ...BOND_KEYS,
]);

/** What people write after the attribute of the kernel or the manual of another program. */
const FALSE_FRIENDS: ReadonlyMap<string, string> = new Map([
  ['bridge-priority', 'bridge-bridgeprio'],
  ['bridge-prio', 'bridge-bridgeprio'],
  ['bridge-vlan-filtering', 'bridge-vlan-aware'],
  ['bridge-forward-delay', 'bridge-fd'],
  ['bond-hash-policy', 'bond-xmit-hash-policy'],
  ['mac', 'hwaddress'],
]);

/** The option that was probably meant by one that nobody reads; null where that is not known. */
export const meantOption = (key: string): string | null =>
  knownOptions.has(key) ? null : (FALSE_FRIENDS.get(key) ?? nearest(key, knownOptions));
