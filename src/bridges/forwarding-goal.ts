import type { Forwarding } from './current.js';
import type { Goal } from './goal.js';
import { stationsOf } from './guest-goal.js';
import type { Link, Links } from './links.js';
import { masterGoal } from './master-goal.js';
import { isSameForwarding } from './same.js';
import type { Sides } from './sides.js';

const UNKNOWN_STATIONS = '00:00:00:00:00:00';

/** Where VXLAN devices send frames for stations nobody knows, and what guests' ports were told. */
export function forwardingGoals(
  sides: Sides,
  current: readonly Forwarding[],
  guestsBefore: Links['guestPorts'],
  guests: Links['guestPorts'],
): Goal['forwarding'] {
  const { before, wanted, there } = sides;
  const own = [...[...wanted.values()].flatMap(remotesOf), ...stationsOf(guests, there)];
  const gone = [...[...before.values()].flatMap(remotesOf), ...stationsOf(guestsBefore, there)].filter(
    (entry) => !own.some((one) => isSameForwarding(one, entry)),
  );
  const foreign = current.filter(
    // A bridge that filters VLANs has an entry for each id of a port, which come and go with the one that names none.
    (entry) =>
      !own.some((one) => isSameForwarding(one, entry)) &&
      !gone.some((one) => isSameForwarding(one, withoutVlan(entry))) &&
      !leavesItsBridge(entry.link, sides),
  );
  return { there: [...foreign, ...own], gone };
}

/** What a port was told ends when it leaves its bridge on purpose. */
function leavesItsBridge(name: string, sides: Sides): boolean {
  const there = sides.there.get(name);
  if (there === undefined) return true;
  const master = masterGoal(name, sides);
  if (master !== undefined && master !== there.master) return true;
  return there.master !== null && sides.before.has(there.master) && !sides.wanted.has(there.master);
}

const remotesOf = (link: Link): Forwarding[] =>
  link.kind === 'vxlan'
    ? link.remotes.map(({ address }) => ({ link: link.name, mac: UNKNOWN_STATIONS, of: 'self', destination: address }))
    : [];

const withoutVlan = ({ vlan: _vlan, ...entry }: Forwarding): Forwarding => entry;
