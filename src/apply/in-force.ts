import { noLinks } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import type { Ruleset } from '../ruleset/index.js';
import { findGeneration, findMeta, nothingDesired } from './generation.js';
import { refusedWhilePending } from './pending.js';
import type { Desired, Earlier } from './plan.js';
import { type Position, readPosition } from './position.js';
import { checkStateDirectory, type StateDirectory } from './state-directory.js';
import type { World } from './world.js';

/** What the current generation says; nothing before the first, or when it cannot be read. */
export const desiredInForce = (state: StateDirectory, { current }: Position): Desired =>
  (current === null ? null : findGeneration(state, current)) ?? nothingDesired;

/** What a plan from the current generation must know of it. */
export const earlierOf = ({ replaced, owedHooks }: Position, { links }: Desired): Earlier => ({
  replaced,
  owedHooks,
  links: links ?? noLinks,
});

/** Where we are, once something was applied. Failure `no-generation` before. */
export function positionInForce(state: StateDirectory): Position & { readonly current: number } {
  const position = checkStateDirectory(state) ? readPosition(state) : null;
  if (position === null || position.current === null) {
    throw new Failure('no-generation', `nothing was applied yet, as far as ${state.path} knows`, {
      help: '`ringwall plan` shows what would be applied, `ringwall apply` does it',
    });
  }
  return { ...position, current: position.current };
}

/** Failure `pending` while a change waits for somebody to confirm it: what comes on top of it would have no way back. */
export function refuseWhilePending({ state, clock }: Pick<World, 'state' | 'clock'>, { pending }: Position): void {
  if (pending === null) return;
  throw refusedWhilePending(pending, findMeta(state, pending.generation)?.user ?? null, clock);
}

/**
 * The rules to go back to; `none`: the kernel held no table of ours. Null where nobody knows what was in force: the new
 * rules stay then, because taking them out would open what they close.
 */
export const rulesBefore = ({ firewall }: Desired, none: boolean): Ruleset | null =>
  firewall?.ruleset ?? (none ? { tables: [] } : null);
