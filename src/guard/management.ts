import { type Interval, managementSet, type Ruleset } from '../ruleset/index.js';
import type { AddressFamily } from '../site/index.js';
import type { Way } from './way.js';

/** SSH, and the web interface of Proxmox VE. */
const PORTS = [22, 8006] as const;

/**
 * Intervals of each address family that are looked at; of a larger set so many, evenly spread over it. Each stands for
 * four packets: its first and its last address, to both ports.
 */
const INTERVALS = 256;

/** The ways of those who may manage the node: the members of the set `management` and its local network. */
export const managementWays = ({ tables }: Ruleset): Way[] =>
  ([4, 6] as const).flatMap((family) => {
    const sets = tables.flatMap((table) => (table.family === 'inet' ? table.sets : []));
    const members = sets.find(({ name }) => name === managementSet(family))?.elements ?? [];
    return spread(members).flatMap((interval) => waysFrom(family, interval));
  });

function spread(members: readonly Interval[]): readonly Interval[] {
  if (members.length <= INTERVALS) return members;
  const step = (members.length - 1) / (INTERVALS - 1);
  return Array.from({ length: INTERVALS }, (_, at) => members[Math.round(at * step)]).filter(
    (member) => member !== undefined,
  );
}

function waysFrom(family: AddressFamily, [first, last]: Interval): Way[] {
  const ends = first === last ? [first] : [first, last];
  return ends.flatMap((value) =>
    PORTS.map(
      (port): Way => ({
        by: 'management',
        protocol: 'tcp',
        remote: { family, value },
        remotePort: null,
        own: null,
        port,
      }),
    ),
  );
}
