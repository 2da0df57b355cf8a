import type { Origin } from '../../ruleset/index.js';
import type { GoalRoute } from '../goal.js';
import { forwardingKey, isSameRoute, takesPlaceOf } from '../same.js';
import type { Draft } from './draft.js';

/** Entries of forwarding tables. */
export function settleForwarding(draft: Draft): void {
  const { there, gone } = draft.goal.forwarding;
  const known = new Set(draft.model.forwarding.map(forwardingKey));
  const has = (entry: (typeof there)[number]): boolean => known.has(forwardingKey(entry));
  const originOf = (name: string): Origin | null => draft.goalOf(name)?.origin ?? null;
  for (const entry of gone) {
    if (has(entry)) draft.step({ kind: 'delete forwarding', link: entry.link, entry }, null);
  }
  for (const entry of there) {
    const link = draft.link(entry.link);
    if (has(entry) || link === undefined || (entry.of === 'master' && link.port === null)) continue;
    draft.step({ kind: 'add forwarding', link: entry.link, entry }, originOf(entry.link));
  }
}

export function settleRoutes(draft: Draft): void {
  const { there, gone } = draft.goal.routes;
  for (const { origin: _origin, ...route } of gone) {
    const replaced = there.some((wanted) => takesPlaceOf(wanted, route));
    if (!replaced && isThere(draft, route)) draft.step({ kind: 'delete route', route }, null);
  }
  for (const { origin, ...route } of there) {
    if (isThere(draft, route) || !canCarry(draft, route)) continue;
    const taken = draft.model.routes.some((known) => takesPlaceOf(route, known));
    draft.step({ kind: taken ? 'replace route' : 'add route', route }, origin);
  }
}

const isThere = ({ model }: Draft, route: Omit<GoalRoute, 'origin'>): boolean =>
  model.routes.some((known) => isSameRoute(known, route));

const canCarry = (draft: Draft, { link }: Omit<GoalRoute, 'origin'>): boolean =>
  link === null || draft.link(link)?.up === true;
