import type { SysctlChange } from '../sysctl/index.js';
import type { Author } from './apply.js';
import { storeGeneration } from './generation.js';
import { type Desired, isDone, makePlan } from './plan.js';
import { withLock } from './state-directory.js';
import { carryOut, nextGeneration, settle } from './transition.js';
import type { World } from './world.js';

const nothing: Desired = { ruleset: { tables: [] }, sysctls: [] };

export interface Cleared {
  /** The tables that were removed, such as `inet ringwall`. */
  readonly removed: readonly string[];
  /** The settings that have the value again that they had before. */
  readonly restored: readonly SysctlChange[];
}

/**
 * Takes our tables out of the kernel, and gives its settings back. That is a generation like any other, with an empty
 * ruleset, so it is in the history and `rollback` brings the rules back.
 */
export function clear(world: World, author: Author): Promise<Cleared> {
  const { state, clock } = world;
  return withLock(state, async () => {
    const position = await settle(world);
    const plan = await makePlan(world, nothing, position.replaced);
    const removed = plan.ruleset.current.tables.map(({ family, name }) => `${family} ${name}`);
    const restored = plan.sysctls.changes;
    if (isDone(plan)) return { removed, restored };
    const generation = nextGeneration(state);
    const time = new Date(clock.now()).toISOString();
    const meta = {
      generation,
      time,
      summary: 'cleared: our tables taken out of the kernel',
      node: null,
      previous: position.current,
      ...author,
    };
    const store = () => storeGeneration(state, meta, nothing, new Map());
    await carryOut(world, position, { action: 'clear', generation, desired: nothing, plan, store });
    return { removed, restored };
  });
}
