import type { GoalNote } from './goal.js';
import type { Link } from './links.js';
import { bondOf, type Sides } from './sides.js';

/** ETH_DATA_LEN, which hardware and most devices begin with. */
const DEFAULT_MTU = 1500;
/** drivers/net/loopback.c loopback_setup */
const LOOPBACK_MTU = 65_536;
/** drivers/net/vrf.c vrf_setup: IP6_MAX_MTU */
const VRF_MTU = 65_575;
/** What a tunnel adds: IPv4 or IPv6, UDP, VXLAN and Ethernet (net/vxlan.h vxlan_headroom). */
const VXLAN_OVERHEAD = { ipv4: 50, ipv6: 70 } as const;

/**
 * The MTU a link is to have; undefined leaves it alone. A VLAN device has what its line says as far as its parent goes, and
 * without a line all that the parent is given: the kernel lowers it with the parent, and does not raise it again.
 */
export function mtuGoal(link: Link, sides: Sides): number | undefined {
  const said = mtuSaid(link, sides);
  if (link.kind !== 'vlan') return said;
  const parent = sides.wanted.get(link.parent.name);
  if (said !== undefined) return Math.min(said, mostOn(link.parent.name, sides));
  return parent && mtuGoal(parent, sides);
}

/** The VLAN devices that get less than their lines say, in words. */
export const mtuNotes = (sides: Sides): GoalNote[] =>
  [...sides.wanted.values()].flatMap(({ name, origin, mtu, ...link }) => {
    if (link.kind !== 'vlan' || mtu === undefined) return [];
    const most = mostOn(link.parent.name, sides);
    if (mtu <= most) return [];
    return [{ name, text: `cannot have an MTU of ${mtu}: that of ${link.parent.name} is ${most}`, origin }];
  });

const mtuSaid = (link: Link, sides: Sides): number | undefined =>
  link.mtu ?? (sides.before.get(link.name)?.mtu === undefined ? undefined : mtuWithoutLine(link, sides));

/** The MTU of a link whose line went: the kernel would make it with that, on the links it stands on. */
export function mtuWithoutLine(link: Link, sides: Sides): number {
  switch (link.kind) {
    case 'vlan':
      return mtuToBe(link.parent.name, sides);
    case 'bridge': {
      const ports = link.ports.map(({ name }) => mtuToBe(name, sides));
      return ports.length === 0 ? DEFAULT_MTU : Math.min(...ports);
    }
    case 'vxlan': {
      if (link.device === undefined) return DEFAULT_MTU;
      const ends = [link.local, link.group, ...link.remotes.map(({ address }) => address)];
      const overhead = ends.some((end) => end?.includes(':')) ? VXLAN_OVERHEAD.ipv6 : VXLAN_OVERHEAD.ipv4;
      return mtuToBe(link.device.name, sides) - overhead;
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
      const bond = bondOf(link.name, sides);
      return bond === undefined ? DEFAULT_MTU : mtuToBe(bond.name, sides);
    }
  }
}

/** The MTU a link has when all is done. */
function mtuToBe(name: string, sides: Sides): number {
  const link = sides.wanted.get(name);
  const goal = link && mtuGoal(link, sides);
  return goal ?? sides.there.get(name)?.mtu ?? (link ? mtuWithoutLine(link, sides) : DEFAULT_MTU);
}

/** The greatest MTU a VLAN device of that parent can have. A bridge may follow its ports, or not: the kernel does not tell. */
function mostOn(parent: string, sides: Sides): number {
  const link = sides.wanted.get(parent);
  const most = mtuToBe(parent, sides);
  const follows = link?.kind === 'bridge' && mtuSaid(link, sides) === undefined;
  return follows ? Math.max(most, mtuWithoutLine(link, sides)) : most;
}
