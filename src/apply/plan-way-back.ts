import { noLinks } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { diffRuleset, type Ruleset } from '../ruleset/index.js';
import { findGeneration, nothingDesired } from './generation.js';
import { readLinkJournal } from './link-journal.js';
import type { Desired, Plan } from './plan.js';
import type { Position } from './position.js';
import type { StateDirectory } from './state-directory.js';
import { findWayBack, type WayBack } from './way-back.js';
import type { World } from './world.js';

/** A change that is about to be made, as far as its way back is concerned. */
export interface Leaving {
  readonly generation: number;
  readonly before: Desired;
  readonly plan: Plan;
  readonly runHooks: boolean;
}

/**
 * The way back from a change, as far as it is known before the kernel is touched. A change that goes on from a pending
 * one leads back to where that came from. Failure `no-way-back` when nobody knows what is in force.
 */
export function planWayBack(state: StateDirectory, from: Position, leaving: Leaving): WayBack {
  const { generation, before, plan, runHooks } = leaving;
  const earlier = from.pending === null ? null : findWayBack(state, from.pending.generation);
  const rules = plan.firewall?.ruleset ?? null;
  if (from.pending === null && before.firewall === null && (rules?.current.tables.length ?? 0) > 0) {
    throw new Failure('no-way-back', `the kernel holds rules of ringwall that ${state.path} does not know`, {
      help: 'nothing was changed; without --confirm they are replaced for good',
    });
  }
  const changed = rules !== null && rules.operations.length > 0;
  const settings = (plan.firewall?.sysctls.changes ?? []).map(({ name, from: value }) => [name, value] as const);
  const { dhcp, hooks } = plan.links ?? {};
  return {
    from: [...(earlier?.from ?? []), generation],
    rules: changed ? { batch: earlier?.rules?.batch ?? null } : (earlier?.rules ?? null),
    settings: new Map([...settings, ...(earlier?.settings ?? [])]),
    inverses: earlier?.inverses ?? [],
    dhcp: {
      release: [
        ...(dhcp?.start ?? []).map(({ run }) => ({ ...run, action: 'release' }) as const),
        ...(earlier?.dhcp.release ?? []),
      ],
      start: [
        ...(dhcp?.release ?? []).map(({ run }) => ({ ...run, action: 'start' }) as const),
        ...(earlier?.dhcp.start ?? []),
      ],
    },
    hooks: [...(runHooks ? (hooks?.undo ?? []) : []), ...(earlier?.hooks ?? [])],
    replaced: earlier?.replaced ?? from.replaced,
    owedHooks: earlier?.owedHooks ?? from.owedHooks,
  };
}

/** Adds what is known once the kernel holds the change: the inverse of the transaction, and those of all steps of the links. */
export async function completeWayBack(
  { state, nftables }: World,
  way: WayBack,
  { generation, back }: { readonly generation: number; readonly back: number | null },
): Promise<WayBack> {
  const journal = readLinkJournal(state);
  const inverses = journal?.generation === generation ? [...way.inverses, ...journal.inverses] : way.inverses;
  if (way.rules === null) return { ...way, inverses };
  const current = await nftables.read();
  const { operations } = diffRuleset(rulesetOf(state, back), current);
  const batch = operations.length === 0 ? null : await nftables.encode(operations, current.generation);
  return { ...way, inverses, rules: { batch } };
}

/** What a generation says; null says that nothing of ours is there. */
export function desiredBack(state: StateDirectory, back: number | null): Desired {
  if (back === null) return nothingDesired;
  const stored = findGeneration(state, back);
  if (stored !== null) return stored;
  throw new Failure('damaged-file', `generation ${back}, which is to come back, cannot be read`, {
    help: '`ringwall history` says why; `ringwall apply` makes a new generation once this one is confirmed',
  });
}

/** The rules of a generation; none where it holds none, because a way back is only planned where none were there then. */
export const rulesetOf = (state: StateDirectory, back: number | null): Ruleset =>
  desiredBack(state, back).firewall?.ruleset ?? { tables: [] };

export const linksOf = (state: StateDirectory, back: number | null) => desiredBack(state, back).links ?? noLinks;
