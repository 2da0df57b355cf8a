import { fitToKernel } from './features.js';
import { changesOf, type Desired, makePlan, type PlannedChange } from './plan.js';
import { readPosition } from './position.js';
import { checkStateDirectory } from './state-directory.js';
import type { World } from './world.js';

export interface Preview {
  readonly changes: readonly PlannedChange[];
  /** What this kernel has to do without. */
  readonly warnings: readonly string[];
}

/** What `applyRuleset` would do now. Changes nothing. */
export async function preview(world: World, desired: Desired): Promise<Preview> {
  const { ruleset, warnings } = await fitToKernel(desired.ruleset, world.nftables);
  const replaced = checkStateDirectory(world.state) ? readPosition(world.state).replaced : new Map();
  const plan = await makePlan(world, { ...desired, ruleset }, replaced);
  return { changes: changesOf(plan), warnings };
}
