import type { CurrentAddress, CurrentLink, CurrentLinks } from './current.js';
import type { GoalNote } from './goal.js';
import { grouped } from './grouped.js';
import { type Link, type Links, portsOf } from './links.js';
import { linksThatStart } from './order.js';

/** The three sides of a merge, by name, lowers first: what was applied last, what is wanted, what the kernel holds. */
export interface Sides {
  readonly before: ReadonlyMap<string, Link>;
  /** What is desired and can be had. */
  readonly wanted: ReadonlyMap<string, Link>;
  readonly there: ReadonlyMap<string, CurrentLink>;
  /** The bridge, bond or VRF each link was put into, and is to be put into. */
  readonly mastersBefore: ReadonlyMap<string, string>;
  readonly masters: ReadonlyMap<string, string>;
  readonly addressesOf: ReadonlyMap<string, readonly CurrentAddress[]>;
}

/** The sides, and in words what is desired and cannot be had: hardware has to be there, and what a device is made on. */
export function sidesOf(
  before: Links,
  desired: Links,
  current: CurrentLinks,
): { readonly sides: Sides; readonly notes: readonly GoalNote[] } {
  const there = new Map(current.links.map((link) => [link.name, link]));
  const managedBefore = byName(managed(before));
  const wanted = new Map<string, Link>();
  const lacking = new Map<string, GoalNote>();
  for (const link of managed(desired)) {
    const text = lackOf(link, there, lacking);
    if (text === null) wanted.set(link.name, link);
    else lacking.set(link.name, { name: link.name, text, origin: link.origin });
  }
  const sides = {
    before: managedBefore,
    wanted,
    there,
    mastersBefore: mastersOf(managedBefore.values()),
    masters: mastersOf(wanted.values()),
    addressesOf: grouped(current.addresses, ({ link }) => link),
  };
  return { sides, notes: [...lacking.values()] };
}

function lackOf(
  link: Link,
  there: ReadonlyMap<string, CurrentLink>,
  lacking: ReadonlyMap<string, unknown>,
): string | null {
  if (there.has(link.name)) return null;
  if (link.kind === 'physical') return 'is not there';
  const carrier = link.kind === 'vlan' ? link.parent : link.kind === 'vxlan' ? link.device : undefined;
  return carrier !== undefined && lacking.has(carrier.name) ? `cannot be made: ${carrier.name} is not there` : null;
}

/** The links that come up, lowers first, without those of kinds that cannot be made and those that stand on such. */
export function managed({ links }: Links): Link[] {
  const out = new Set<string>();
  return linksThatStart(links).filter((link) => {
    const cannot = link.kind === 'other' || (link.kind === 'vlan' && out.has(link.parent.name));
    if (cannot) out.add(link.name);
    return !cannot;
  });
}

const byName = (links: readonly Link[]): Map<string, Link> => new Map(links.map((link) => [link.name, link]));

function mastersOf(links: Iterable<Link>): Map<string, string> {
  const masters = new Map<string, string>();
  for (const link of links) {
    for (const { name } of portsOf(link)) masters.set(name, link.name);
    if (link.vrf !== undefined) masters.set(link.name, link.vrf.name);
  }
  return masters;
}

/** The bond a link is to be a slave of. */
export function bondOf(name: string, { masters, wanted }: Sides): Link | undefined {
  const master = wanted.get(masters.get(name) ?? '');
  return master?.kind === 'bond' ? master : undefined;
}
