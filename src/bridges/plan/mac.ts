import type { CurrentLink } from '../current.js';
import { madeUpMac, NO_MAC } from '../mac.js';
import type { Draft } from './draft.js';
import type { Disruption } from './step.js';

/** An address for a link that has none yet. */
export function giveMac(draft: Draft, name: string): void {
  const goal = draft.goalOf(name);
  const mac = goal?.mac ?? goal?.firstMac ?? madeUpMac(name, draft.before.links);
  draft.keptMacs.add(name);
  draft.step({ kind: 'set mac', link: name, mac }, goal?.origin ?? null);
}

/**
 * A bridge nobody gave an address has the lowest of its ports' (net/bridge/br_stp_if.c br_stp_recalculate_bridge_id): before
 * ports come or go it is given the one it has, or without any port that of the first one to come. Its neighbours know it.
 */
export function keepMac(draft: Draft, name: string): void {
  const goal = draft.goalOf(name);
  const now = draft.link(name);
  if (now?.device.kind !== 'bridge' || goal?.bridge === undefined || goal.mac !== undefined || draft.keptMacs.has(name))
    return;
  draft.keptMacs.add(name);
  const mac = draft.model.portsOf(name).length === 0 ? (goal.firstMac ?? now.mac) : now.mac;
  if (mac === null || mac === NO_MAC) return;
  draft.step({ kind: 'set mac', link: name, mac }, goal.origin, moves(now, mac));
}

/** Neighbours send to the old address of a link that is up until they have learned the new one. */
export const moves = ({ up, mac: old }: Pick<CurrentLink, 'up' | 'mac'>, mac: string): Disruption =>
  up && mac !== old ? 'flap' : 'none';
