import { type CurrentRuleset, countChanges, diffRuleset } from '../ruleset/index.js';
import { fitToKernel } from './features.js';
import { findGeneration, type Sources, storeGeneration } from './generation.js';
import { changesOf, type Desired, isDone, makePlan, type PlannedChange } from './plan.js';
import type { Position } from './position.js';
import { type StateDirectory, withLock } from './state-directory.js';
import { carryOut, nextGeneration, settle } from './transition.js';
import type { World } from './world.js';

/** Who asks, for the record. */
export interface Author {
  readonly user: string;
  readonly version: string;
}

export interface ApplyRequest extends Desired {
  readonly sources: Sources;
  readonly node: string;
  readonly author: Author;
}

export interface Applied {
  /** The generation the kernel holds now. */
  readonly generation: number;
  readonly changes: readonly PlannedChange[];
}

/**
 * Brings the kernel to a ruleset and its settings and records it as a new generation. Nothing is written, neither to the kernel nor to
 * the records, when the kernel holds the current generation and it says the same.
 */
export function applyRuleset(world: World, request: ApplyRequest): Promise<Applied> {
  const { state, clock } = world;
  return withLock(state, async () => {
    const position = await settle(world);
    const { ruleset } = await fitToKernel(request.ruleset, world.nftables);
    const desired: Desired = { ruleset, sysctls: request.sysctls };
    const plan = await makePlan(world, desired, position.replaced);
    if (isDone(plan) && position.current !== null && records(state, position, desired, plan.ruleset.current)) {
      return { generation: position.current, changes: [] };
    }
    const generation = nextGeneration(state);
    const { sources, node, author } = request;
    const meta = {
      generation,
      time: new Date(clock.now()).toISOString(),
      summary: describeChanges(changesOf(plan)),
      node,
      previous: position.current,
      ...author,
    };
    const store = () => storeGeneration(state, meta, desired, sources);
    const changes = await carryOut(world, position, { action: 'apply', generation, desired, plan, store });
    return { generation, changes };
  });
}

/** Does the current generation say what is desired, of a kernel that holds it? */
function records(state: StateDirectory, { current }: Position, desired: Desired, kernel: CurrentRuleset): boolean {
  const recorded = current === null ? null : findGeneration(state, current);
  if (recorded === null || diffRuleset(recorded.ruleset, kernel).operations.length > 0) return false;
  const values = ({ sysctls }: Desired): string => JSON.stringify(sysctls.map(({ name, value }) => [name, value]));
  return values(recorded) === values(desired);
}

/** `2 to create, 1 to update`: the summary of a generation and the last line of a plan. */
export function describeChanges(changes: readonly PlannedChange[]): string {
  const counts = countChanges(changes);
  const parts = (['create', 'update', 'delete'] as const).flatMap((action) =>
    counts[action] === 0 ? [] : [`${counts[action]} ${past[action]}`],
  );
  return parts.length === 0 ? 'no changes' : parts.join(', ');
}

const past = { create: 'created', update: 'updated', delete: 'deleted' } as const;
