import { type Link, portsOf } from './links.js';
import { bondOf, type Sides } from './sides.js';

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
