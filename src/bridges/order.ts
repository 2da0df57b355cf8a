import { type Link, lowersOf } from './links.js';

export interface Order {
  /** Each link stands behind those it stands on, else in the order given. */
  readonly ordered: readonly Link[];
  /** Links that need each other, and links that stand on such. */
  readonly cyclic: readonly Link[];
}

/** The order in which links can be made. A link that is not among them is taken to be there. */
export function lowersFirst(links: readonly Link[]): Order {
  const byName = new Map(links.map((link) => [link.name, link]));
  const state = new Map<Link, 'open' | 'placed' | 'cyclic'>();
  const ordered: Link[] = [];
  const place = (link: Link): boolean => {
    const known = state.get(link);
    if (known !== undefined) return known === 'placed';
    state.set(link, 'open');
    let placed = true;
    for (const { name } of lowersOf(link)) {
      const lower = byName.get(name);
      // Each is visited, so that all links of a cycle are found.
      if (lower !== undefined && !place(lower)) placed = false;
    }
    state.set(link, placed ? 'placed' : 'cyclic');
    if (placed) ordered.push(link);
    return placed;
  };
  for (const link of links) place(link);
  return { ordered, cyclic: links.filter((link) => state.get(link) === 'cyclic') };
}

/**
 * The links that are to come up: those with `auto` or `allow-hotplug`, and what they stand on, in the order they can
 * be made.
 */
export function linksThatStart(links: readonly Link[]): Link[] {
  const { ordered } = lowersFirst(links);
  const needed = new Set<string>();
  const starts = ({ name, start }: Link): boolean => start !== 'manual' || needed.has(name);
  for (const link of [...ordered].reverse()) {
    if (starts(link)) for (const { name } of lowersOf(link)) needed.add(name);
  }
  return ordered.filter(starts);
}
