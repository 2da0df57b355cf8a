import type { Origin } from '../../ruleset/index.js';
import type { GoalLink } from '../goal.js';
import type { Draft } from './draft.js';

export function settleState(draft: Draft, { name, origin, up, master }: GoalLink): void {
  const now = draft.link(name);
  if (now === undefined || up === undefined || up === now.up) return;
  // A bond takes links only that are down, and brings them up itself.
  const joinsBond =
    master !== undefined && master !== null && now.master !== master && draft.goalOf(master)?.bond !== undefined;
  if (up && !joinsBond) bringUp(draft, name, origin);
  if (!up) draft.step({ kind: 'set up', link: name, up }, origin, 'flap');
}

/** A VLAN device comes up with its parent, not before it. */
export function bringUp(draft: Draft, name: string, origin: Origin | null): void {
  const device = draft.link(name)?.device;
  if (device?.kind === 'vlan' && draft.link(device.parent)?.up === false) return;
  draft.step({ kind: 'set up', link: name, up: true }, origin);
}
