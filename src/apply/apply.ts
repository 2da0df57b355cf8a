import { type Change, type CurrentRuleset, countChanges, diffRuleset, type Ruleset } from '../ruleset/index.js';
import { fitToKernel } from './features.js';
import { findGenerationRuleset, type Sources, storeGeneration } from './generation.js';
import { makePlan } from './plan.js';
import type { Position } from './position.js';
import { type StateDirectory, withLock } from './state-directory.js';
import { carryOut, nextGeneration, settle, type World } from './transition.js';

/** Who asks, for the record. */
export interface Author {
  readonly user: string;
  readonly version: string;
}

export interface ApplyRequest {
  readonly ruleset: Ruleset;
  readonly sources: Sources;
  readonly node: string;
  readonly author: Author;
}

export interface Applied {
  /** The generation the kernel holds now. */
  readonly generation: number;
  readonly changes: readonly Change[];
}

/**
 * Brings the kernel to a ruleset and records it as a new generation. Nothing is written, neither to the kernel nor to
 * the records, when the kernel holds the current generation and it says the same.
 */
export function applyRuleset(world: World, request: ApplyRequest): Promise<Applied> {
  const { state, nftables, clock } = world;
  return withLock(state, async () => {
    const position = await settle(world);
    const { ruleset } = fitToKernel(request.ruleset, await nftables.probe());
    const plan = await makePlan(nftables, ruleset);
    if (plan.operations.length === 0 && position.current !== null && holds(state, position, plan.current)) {
      return { generation: position.current, changes: [] };
    }
    const generation = nextGeneration(state);
    const { sources, node, author } = request;
    const meta = {
      generation,
      time: new Date(clock.now()).toISOString(),
      summary: describeChanges(plan.changes),
      node,
      previous: position.current,
      ...author,
    };
    const store = () => storeGeneration(state, meta, ruleset, sources);
    const changes = await carryOut(world, position, { action: 'apply', generation, ruleset, plan, store });
    return { generation, changes };
  });
}

/** Does the kernel hold what the current generation says? */
function holds(state: StateDirectory, { current }: Position, kernel: CurrentRuleset): boolean {
  const ruleset = current === null ? null : findGenerationRuleset(state, current);
  return ruleset !== null && diffRuleset(ruleset, kernel).operations.length === 0;
}

/** `2 to create, 1 to update`: the summary of a generation and the last line of a plan. */
export function describeChanges(changes: readonly Change[]): string {
  const counts = countChanges(changes);
  const parts = (['create', 'update', 'delete'] as const).flatMap((action) =>
    counts[action] === 0 ? [] : [`${counts[action]} ${past[action]}`],
  );
  return parts.length === 0 ? 'no changes' : parts.join(', ');
}

const past = { create: 'created', update: 'updated', delete: 'deleted' } as const;
