import type { Ruleset } from '../ruleset/index.js';
import type { Author } from './apply.js';
import { storeGeneration } from './generation.js';
import { makePlan } from './plan.js';
import { withLock } from './state-directory.js';
import { carryOut, nextGeneration, settle, type World } from './transition.js';

const empty: Ruleset = { tables: [] };

export interface Cleared {
  /** The tables that were removed, such as `inet ringwall`. */
  readonly removed: readonly string[];
}

/**
 * Takes our tables out of the kernel. That is a generation like any other, with an empty ruleset, so it is in the
 * history and `rollback` brings the rules back.
 */
export function clear(world: World, author: Author): Promise<Cleared> {
  const { state, nftables, clock } = world;
  return withLock(state, async () => {
    const position = await settle(world);
    const plan = await makePlan(nftables, empty);
    const removed = plan.current.tables.map(({ family, name }) => `${family} ${name}`);
    if (removed.length === 0) return { removed };
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
    const store = () => storeGeneration(state, meta, empty, new Map());
    await carryOut(world, position, { action: 'clear', generation, ruleset: empty, plan, store });
    return { removed };
  });
}
