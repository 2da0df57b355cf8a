import type { CurrentLink } from './current.js';
import { type Link, portsOf } from './links.js';

/** ETH_DATA_LEN, which hardware and most devices begin with. */
const DEFAULT_MTU = 1500;
/** drivers/net/loopback.c loopback_setup */
const LOOPBACK_MTU = 65_536;
/** drivers/net/vrf.c vrf_setup: IP6_MAX_MTU */
const VRF_MTU = 65_575;
/** What a tunnel adds: IPv4 or IPv6, UDP, VXLAN and Ethernet (net/vxlan.h vxlan_headroom). */
const VXLAN_OVERHEAD = { ipv4: 50, ipv6: 70 } as const;

/** What was applied last, what is wanted, and what the kernel holds, by name. */
export interface Around {
  readonly before: ReadonlyMap<string, Link>;
  readonly wanted: ReadonlyMap<string, Link>;
  readonly there: ReadonlyMap<string, CurrentLink>;
}

/** The MTU of a link whose line went: the kernel would make it with that, on the links it stands on. */
export function mtuWithoutLine(link: Link, around: Around): number {
  switch (link.kind) {
    case 'vlan':
      return mtuToBe(link.parent.name, around);
    case 'bridge': {
      const ports = link.ports.map(({ name }) => mtuToBe(name, around));
      return ports.length === 0 ? DEFAULT_MTU : Math.min(...ports);
    }
    case 'vxlan': {
      if (link.device === undefined) return DEFAULT_MTU;
      const ends = [link.local, link.group, ...link.remotes.map(({ address }) => address)];
      const overhead = ends.some((end) => end?.includes(':')) ? VXLAN_OVERHEAD.ipv6 : VXLAN_OVERHEAD.ipv4;
      return mtuToBe(link.device.name, around) - overhead;
    }
    case 'loopback':
      return LOOPBACK_MTU;
    case 'vrf':
      return VRF_MTU;
    case 'physical':
    case 'bond':
    case 'veth':
    case 'dummy':
    case 'other': {
      const bond = bondOf(link.name, around);
      return bond === undefined ? DEFAULT_MTU : mtuToBe(bond.name, around);
    }
  }
}

/** The MTU a link has when all is done. */
function mtuToBe(name: string, around: Around): number {
  const link = around.wanted.get(name);
  if (link?.mtu !== undefined) return link.mtu;
  if (link !== undefined && around.before.get(name)?.mtu !== undefined) return mtuWithoutLine(link, around);
  return around.there.get(name)?.mtu ?? DEFAULT_MTU;
}

/**
 * The MAC address of a link whose line went; undefined where it keeps the one it has, because there is none that is its
 * own: the kernel made one up.
 */
export function macWithoutLine(link: Link, around: Around): string | undefined {
  switch (link.kind) {
    case 'physical':
      // A slave has the address of its bond.
      return bondOf(link.name, around) === undefined ? permanentMac(link.name, around) : undefined;
    case 'vlan':
      return macToBe(link.parent.name, around);
    case 'bond':
      return link.slaves.map(({ name }) => permanentMac(name, around)).find((mac) => mac !== undefined);
    case 'bridge':
      return macOfPorts(link, around);
    case 'loopback':
    case 'vxlan':
    case 'veth':
    case 'dummy':
    case 'vrf':
    case 'other':
      return undefined;
  }
}

/** The address of the first port that is no tunnel, so that a guest's port with a lower one does not change the bridge's. */
export function macOfPorts(link: Link, around: Around): string | undefined {
  for (const { name } of portsOf(link)) {
    const port = around.wanted.get(name);
    if (port === undefined || port.kind === 'vxlan') continue;
    const mac = macToBe(name, around);
    if (mac !== undefined) return mac;
  }
  return undefined;
}

/** The address a link has when all is done, as far as that is known before. */
export function macToBe(name: string, around: Around): string | undefined {
  const link = around.wanted.get(name);
  if (link?.mac !== undefined) return link.mac;
  if (link !== undefined && around.before.get(name)?.mac !== undefined) {
    const back = macWithoutLine(link, around);
    if (back !== undefined) return back;
  }
  const there = around.there.get(name)?.mac ?? undefined;
  if (there !== undefined || link === undefined) return there;
  if (link.kind === 'vlan') return macToBe(link.parent.name, around);
  return link.kind === 'bond' || link.kind === 'bridge' ? macOfPorts(link, around) : undefined;
}

const permanentMac = (name: string, { there }: Around): string | undefined =>
  there.get(name)?.permanentMac ?? undefined;

function bondOf(name: string, { wanted }: Around): Link | undefined {
  return [...wanted.values()].find((link) => link.kind === 'bond' && link.slaves.some((slave) => slave.name === name));
}
