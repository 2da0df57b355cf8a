import { type Link, portsOf } from './links.js';
import type { Sides } from './sides.js';

/** ETH_DATA_LEN, which hardware and most devices begin with. */
const DEFAULT_MTU = 1500;
/** drivers/net/loopback.c loopback_setup */
const LOOPBACK_MTU = 65_536;
/** drivers/net/vrf.c vrf_setup: IP6_MAX_MTU */
const VRF_MTU = 65_575;
/** What a tunnel adds: IPv4 or IPv6, UDP, VXLAN and Ethernet (net/vxlan.h vxlan_headroom). */
const VXLAN_OVERHEAD = { ipv4: 50, ipv6: 70 } as const;

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
  if (link?.mtu !== undefined) return link.mtu;
  if (link !== undefined && sides.before.get(name)?.mtu !== undefined) return mtuWithoutLine(link, sides);
  return sides.there.get(name)?.mtu ?? DEFAULT_MTU;
}

/**
 * The MAC address of a link whose line went; undefined where it keeps the one it has, because there is none that is its
 * own: the kernel made one up.
 */
export function macWithoutLine(link: Link, sides: Sides): string | undefined {
  switch (link.kind) {
    case 'physical':
      // A slave has the address of its bond.
      return bondOf(link.name, sides) === undefined ? permanentMac(link.name, sides) : undefined;
    case 'vlan':
      return macToBe(link.parent.name, sides);
    case 'bond':
      return link.slaves.map(({ name }) => permanentMac(name, sides)).find((mac) => mac !== undefined);
    case 'bridge':
      return macOfPorts(link, sides);
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
export function macOfPorts(link: Link, sides: Sides): string | undefined {
  for (const { name } of portsOf(link)) {
    const port = sides.wanted.get(name);
    if (port === undefined || port.kind === 'vxlan') continue;
    const mac = macToBe(name, sides);
    if (mac !== undefined) return mac;
  }
  return undefined;
}

/** The address a link has when all is done, as far as that is known before. */
export function macToBe(name: string, sides: Sides): string | undefined {
  const link = sides.wanted.get(name);
  if (link?.mac !== undefined) return link.mac;
  if (link !== undefined && sides.before.get(name)?.mac !== undefined) {
    const back = macWithoutLine(link, sides);
    if (back !== undefined) return back;
  }
  const there = sides.there.get(name)?.mac ?? undefined;
  if (there !== undefined || link === undefined) return there;
  if (link.kind === 'vlan') return macToBe(link.parent.name, sides);
  return link.kind === 'bond' || link.kind === 'bridge' ? macOfPorts(link, sides) : undefined;
}

const permanentMac = (name: string, { there }: Sides): string | undefined => there.get(name)?.permanentMac ?? undefined;

function bondOf(name: string, { wanted }: Sides): Link | undefined {
  return [...wanted.values()].find((link) => link.kind === 'bond' && link.slaves.some((slave) => slave.name === name));
}
