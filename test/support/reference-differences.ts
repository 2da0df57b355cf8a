import { findZone } from '../../src/simulate/index.js';
import type { ReferenceCase } from './reference-verdicts.js';

/** A kind of packet on which we and pve-firewall's simulator differ on purpose. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** Is this differing case of that kind? */
  readonly explains: (item: ReferenceCase) => boolean;
}

/**
 * Every disputed verdict is here and nowhere else: a packet we decide otherwise than pve-firewall has a kind in this list
 * that says why we believe ours, or the comparison fails.
 */
export const differences: readonly Difference[] = [
  {
    name: 'accept mark left over from an earlier zone',
    reason:
      'In pve-firewall a group that accepts sets a mark, and the line after `GROUP x -i LINK` accepts whatever carries ' +
      'it, on any link. A packet of another link never enters the group, which would clear the mark: one that a ' +
      'guest’s OUT rules had accepted, or in that simulator the packet before it, gets past the host’s firewall. ' +
      '`-i` limits the line to its link (spec firewall.md 2.9), so here it does.',
    explains: ({ expected, found, site, query }) => {
      // No rule of the files decided, only the host's policy.
      const chain = found.trace.at(-1)?.chain;
      if (expected !== 'ACCEPT' || (chain !== 'input' && chain !== 'output')) return false;
      const links = [findZone(query.from, site), findZone(query.to, site)].flatMap((zone) =>
        zone.kind === 'port' ? [zone.bridge] : [],
      );
      return [...site.host.rules, ...site.cluster.rules].some(
        (rule) => rule.kind === 'group' && rule.iface !== null && !links.includes(rule.iface.value),
      );
    },
  },
];
