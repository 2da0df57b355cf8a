import { isIPv4 } from 'node:net';
import { portAttributes } from '../attributes.js';
import type { CurrentLink } from '../current.js';
import { NO_MAC } from '../mac.js';
import { initialOptions } from '../option-record.js';
import { defaultVlans } from './create.js';
import { type LinkState, lowestMtu } from './state.js';

/** RTPROT_KERNEL */
const KERNEL = 2;
/** A smaller MTU takes IPv6 away from a link (RFC 8200). */
const IPV6_MINIMUM_MTU = 1280;

/** VLAN devices go with their parent, a veth with its peer; the ports of a bridge stay as they are, slaves go down. */
export function deleteLink(state: LinkState, link: CurrentLink): null {
  for (const upper of state.vlansOn(link.name)) deleteLink(state, upper);
  for (const port of state.portsOf(link.name)) setMaster(state, port, null);
  state.remove(link);
  if (link.device.kind === 'veth') {
    const peer = link.device.peer === null ? undefined : state.link(link.device.peer);
    if (peer !== undefined) deleteLink(state, peer);
  }
  return null;
}

export const setUp = (state: LinkState, link: CurrentLink, up: boolean): string | null =>
  up ? bringUp(state, link) : bringDown(state, link);

function bringUp(state: LinkState, link: CurrentLink): string | null {
  const { device, name } = link;
  if (link.up) return null;
  if (device.kind === 'vlan' && state.link(device.parent)?.up === false) return 'ENETDOWN';
  state.put({ ...link, up: true });
  for (const upper of state.vlansOn(name)) bringUp(state, upper);
  return null;
}

function bringDown(state: LinkState, link: CurrentLink): null {
  if (!link.up) return null;
  state.put({ ...link, up: false });
  for (const upper of state.vlansOn(link.name)) bringDown(state, upper);
  flush(state, link.name);
  return null;
}

/** A link that goes down loses its IPv6 addresses and all routes but those of its IPv4 networks, which come back. */
function flush(state: LinkState, name: string): void {
  state.keepAddresses(name, ({ address }) => isIPv4(address));
  state.keepRoutes(
    ({ link, family, protocol, gateway }) => link !== name || (family === 4 && protocol === KERNEL && gateway === null),
  );
}

function dropIpv6(state: LinkState, name: string): void {
  state.keepAddresses(name, ({ address }) => isIPv4(address));
  state.keepRoutes(({ link, family }) => link !== name || family === 4);
}

/** Null releases the link. */
export function setMaster(state: LinkState, link: CurrentLink, master: string | null): string | null {
  if (link.master === master) return null;
  const next = master === null ? undefined : state.link(master);
  if (master !== null && next === undefined) return 'ENODEV';
  if (next?.device.kind === 'bridge' && link.device.kind === 'bridge') return 'ELOOP';
  const before = link.master === null ? undefined : state.link(link.master);
  const free: CurrentLink = {
    ...link,
    master: null,
    port: null,
    vlans: link.device.kind === 'bridge' ? link.vlans : [],
  };
  if (next?.device.kind === 'bond' && link.up && before?.device.kind !== 'bond') return 'EPERM';
  state.keepForwarding((entry) => entry.link !== link.name || entry.of !== 'master');
  state.put(free);
  if (before !== undefined) followPorts(state, before.name);
  if (before?.device.kind === 'bond') bringDown(state, free);
  return next === undefined ? null : join(state, state.link(link.name) ?? free, next);
}

/** A link that has no master becomes the port, or what it is called there, of one. */
function join(state: LinkState, link: CurrentLink, to: CurrentLink): string | null {
  const master = to.name;
  switch (to.device.kind) {
    case 'bond':
      state.put({ ...link, master, mtu: to.mtu });
      if (to.mac === null) state.put({ ...to, mac: link.mac });
      return bringUp(state, state.link(link.name) ?? link);
    case 'bridge':
      if (to.mac === NO_MAC) state.put({ ...to, mac: link.mac });
      state.put({ ...link, master, port: initialOptions(portAttributes), vlans: defaultVlans });
      followPorts(state, master);
      return null;
    case 'vrf':
      // The link goes down and up, so that its routes come to the other table (drivers/net/vrf.c cycle_netdev).
      if (link.up) flush(state, link.name);
      state.put({ ...link, master });
      return null;
    default:
      state.put({ ...link, master });
      return null;
  }
}

export function setMtu(state: LinkState, link: CurrentLink, mtu: number): string | null {
  const { device, name } = link;
  const parent = device.kind === 'vlan' ? state.link(device.parent) : undefined;
  if (parent !== undefined && mtu > parent.mtu) return 'ERANGE';
  // A bridge that is given one keeps it (net/bridge/br_device.c br_change_mtu).
  if (mtu !== link.mtu) state.followers.delete(name);
  changeMtu(state, link, mtu);
  return null;
}

function changeMtu(state: LinkState, link: CurrentLink, mtu: number): void {
  const { device, name, master } = link;
  state.put({ ...link, mtu });
  if (mtu < IPV6_MINIMUM_MTU) dropIpv6(state, name);
  for (const upper of state.vlansOn(name)) if (upper.mtu > mtu) changeMtu(state, upper, mtu);
  if (device.kind === 'bond') for (const slave of state.portsOf(name)) changeMtu(state, slave, mtu);
  if (master !== null) followPorts(state, master);
}

/** net/bridge/br_if.c br_mtu_auto_adjust */
function followPorts(state: LinkState, name: string): void {
  const bridge = state.link(name);
  if (bridge === undefined || !state.followers.has(name)) return;
  const mtu = lowestMtu(state.portsOf(name));
  if (mtu !== bridge.mtu) changeMtu(state, bridge, mtu);
}

export function setSysctl(
  state: LinkState,
  link: CurrentLink,
  name: keyof CurrentLink['sysctls'],
  value: number,
): null {
  if (name === 'ipv6/disable_ipv6' && value === 1) dropIpv6(state, link.name);
  state.put({ ...link, sysctls: { ...link.sysctls, [name]: value } });
  return null;
}
