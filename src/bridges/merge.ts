import { addressGoals } from './address-goal.js';
import type { CurrentLink, CurrentLinks } from './current.js';
import { forwardingGoals } from './forwarding-goal.js';
import type { Goal, GoalNote } from './goal.js';
import { guestPortGoals } from './guest-goal.js';
import { foreignGoal, releasedGoal, wantedGoal } from './link-goal.js';
import type { Link, Links } from './links.js';
import { withMatchingPorts } from './matching-ports.js';
import { mtuNotes } from './mtu-goal.js';
import { newDevice } from './new-device.js';
import { routeGoals } from './route-goal.js';
import { type Sides, sidesOf } from './sides.js';

export const noLinks: Links = { links: [], guestPorts: [], unmanaged: [] };

/**
 * Merges what was applied last, what is desired and what the kernel holds. Only what was applied and is not desired any
 * more is taken away or put back to what it is where nobody sets it; everything else that is there stays, and a plan
 * brings it back where a step takes it along.
 */
export function mergeGoal(before: Links, desired: Links, current: CurrentLinks): Goal {
  const last = withMatchingPorts(before, current, 'held');
  const next = withMatchingPorts(desired, current, 'free');
  const { sides, notes } = sidesOf(last, next, current);
  const needed = neededByOthers(sides, current);
  const unwanted = [...sides.before.values()].filter(({ name }) => sides.there.has(name) && !sides.wanted.has(name));
  const deletable = unwanted.filter((link) => isDeletable(link, next, sides));
  // Uppers first, so that each goes by itself.
  const gone = deletable
    .map(({ name }) => name)
    .filter((name) => !needed.has(name))
    .reverse();
  const released = unwanted.filter(
    ({ name, kind }) => (kind === 'physical' || kind === 'veth') && !gone.includes(name),
  );

  const links = [
    ...[...sides.wanted.values()].map((link) => wantedGoal(link, sides)),
    ...released.map((link) => releasedGoal(link, needed.has(link.name), sides)),
  ];
  const known = new Set([...links.map(({ name }) => name), ...gone]);
  const guests = guestPortGoals(next.guestPorts, sides.there, sides.wanted, last.guestPorts)
    .filter(({ name }) => !known.has(name))
    .map((guest) => ({ ...guest, addresses: addressGoals(guest.name, [], [], sides) }));
  for (const { name } of guests) known.add(name);
  const foreign = current.links.filter(({ name }) => !known.has(name)).map((link) => foreignGoal(link, gone, sides));
  return {
    gone,
    links: [...links, ...guests, ...foreign],
    routes: routeGoals(sides, current.routes, gone),
    forwarding: forwardingGoals(sides, current.forwarding, last.guestPorts, next.guestPorts),
    notes: [...notes, ...mtuNotes(sides), ...notesOfStaying(new Set([...deletable, ...released]), needed)],
  };
}

/** Is it a device we made, and may it go with all that it takes along? */
function isDeletable(link: Link, { links }: Links, { there, wanted }: Sides): boolean {
  if (newDevice(link) === null || there.get(link.name)?.device.kind !== link.kind) return false;
  // It would take its other end along, which is wanted.
  if (link.kind === 'veth' && wanted.has(link.peer)) return false;
  return !links.some(({ name, start }) => name === link.name && start === 'manual');
}

/** Links with somebody else's link on them or in them, each with the first of these. */
function neededByOthers({ before, wanted }: Sides, { links }: CurrentLinks): ReadonlyMap<string, CurrentLink> {
  const needed = new Map<string, CurrentLink>();
  for (const link of links) {
    if (before.has(link.name) || wanted.has(link.name)) continue;
    const lowers = [link.master, link.device.kind === 'vlan' ? link.device.parent : null];
    for (const name of lowers) if (name !== null && !needed.has(name)) needed.set(name, link);
  }
  return needed;
}

const notesOfStaying = (links: Iterable<Link>, needed: ReadonlyMap<string, CurrentLink>): GoalNote[] =>
  [...links].flatMap(({ name }) => {
    const by = needed.get(name);
    return by === undefined ? [] : [{ name, text: `stays, because ${by.name} needs it`, origin: null }];
  });
