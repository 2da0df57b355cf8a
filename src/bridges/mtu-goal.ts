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
 * without a line all that the parent is given: the kernel lowers it with the parent, and does not raise it again. A bridge
 * without a line is made with 1500, as by ifupdown2, and keeps what it has when the kernel would have it follow its ports.
 */
export function mtuGoal(link: Link, sides: Sides): number | undefined {
  const said = mtuSaid(link, sides);
  const there = sides.there.get(link.name);
  if (link.kind === 'bridge') return said ?? (there?.device.kind === 'bridge' ? there.mtu : DEFAULT_MTU);
  if (link.kind !== 'vlan') return said;
  const parent = sides.wanted.get(link.parent.name);
  if (said !== undefined) return Math.min(said, mtuToBe(link.parent.name, sides));
  const goal = parent && mtuGoal(parent, sides);
  if (goal === undefined || there === undefined || isGiven(link, sides)) return goal;
  return Math.min(there.mtu, goal);
}

/** Does a line give the link its MTU, or one of a link it is a VLAN device of? */
function isGiven(link: Link, sides: Sides): boolean {
  if (mtuSaid(link, sides) !== undefined) return true;
  const parent = link.kind === 'vlan' ? sides.wanted.get(link.parent.name) : undefined;
  return parent !== undefined && isGiven(parent, sides);
}

/** The VLAN devices that get less than their lines say, in words. */
export const mtuNotes = (sides: Sides): GoalNote[] =>
  [...sides.wanted.values()].flatMap(({ name, origin, mtu, ...link }) => {
    if (link.kind !== 'vlan' || mtu === undefined) return [];
    const most = mtuToBe(link.parent.name, sides);
    if (mtu <= most) return [];
    return [{ name, text: `cannot have an MTU of ${mtu}: that of ${link.parent.name} is ${most}`, origin }];
  });

const mtuSaid = (link: Link, sides: Sides): number | undefined =>
  link.mtu ?? (sides.before.get(link.name)?.mtu === undefined ? undefined : mtuWithoutLine(link, sides));

/** The MTU of a link whose line went: it would be made with that, on the links it stands on. */
export function mtuWithoutLine(link: Link, sides: Sides): number {
  switch (link.kind) {
    case 'vlan':
      return mtuToBe(link.parent.name, sides);
    case 'bridge':
      return DEFAULT_MTU;
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
