import type { SysctlChange } from '../sysctl/index.js';
import type { Author } from './apply.js';
import { storeGeneration } from './generation.js';
import { desiredInForce, earlierOf, refuseWhilePending } from './in-force.js';
import { type Firewall, isDone, makePlan } from './plan.js';
import { settle } from './settle.js';
import { withLock } from './state-directory.js';
import { carryOut, nextGeneration } from './transition.js';
import { wholeBatch } from './whole-batch.js';
import type { World } from './world.js';

const nothing: Firewall = { ruleset: { tables: [] }, sysctls: [] };

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
  return withLock(world, async () => {
    const position = await settle(world);
    refuseWhilePending(world, position);
    const before = desiredInForce(state, position);
    const desired = { firewall: nothing, links: before.links };
    const plan = await makePlan(world, { firewall: nothing, links: null }, earlierOf(position, before));
    const removed = (plan.firewall?.ruleset.current.tables ?? []).map(({ family, name }) => `${family} ${name}`);
    const restored = plan.firewall?.sysctls.changes ?? [];
    if (isDone(plan)) return { removed, restored };
    const generation = nextGeneration(state);
    const time = new Date(clock.now()).toISOString();
    const meta = {
      generation,
      time,
      summary: 'cleared: our tables taken out of the kernel',
      node: null,
      previous: position.current,
      onTrial: false,
      ...author,
    };
    const batch = await wholeBatch(world.nftables, desired);
    const store = () => storeGeneration(state, { meta, desired, batch, sources: new Map() });
    const to = { action: 'clear', generation, desired, before, plan, store, runHooks: false, timer: null } as const;
    await carryOut(world, position, to);
    return { removed, restored };
  });
}
