import { Failure } from '../diagnostics/index.js';
import type { Applied } from './apply.js';
import { fitToKernel } from './features.js';
import { previousGeneration, readGeneration, storedGenerations } from './generation.js';
import { isDone, makePlan } from './plan.js';
import { type StateDirectory, withLock } from './state-directory.js';
import { carryOut, settle } from './transition.js';
import type { World } from './world.js';

/**
 * Brings the kernel back to a stored generation, by default the one that was in force before the current one was made.
 * Compiles nothing.
 */
export function rollback(world: World, wanted?: number): Promise<Applied> {
  const { state } = world;
  return withLock(state, async () => {
    const position = await settle(world);
    const generation = chooseGeneration(state, position.current, wanted);
    const stored = readGeneration(state, generation);
    const { ruleset } = await fitToKernel(stored.ruleset, world.nftables);
    const desired = { ...stored, ruleset };
    const plan = await makePlan(world, desired, position.replaced);
    if (isDone(plan) && position.current === generation) return { generation, changes: [] };
    const changes = await carryOut(world, position, { action: 'rollback', generation, desired, plan, store: null });
    return { generation, changes };
  });
}

function chooseGeneration(state: StateDirectory, current: number | null, wanted: number | undefined): number {
  const stored = storedGenerations(state);
  const newest = stored.at(-1);
  if (newest === undefined) {
    throw new Failure('no-generation', 'there is no generation to go back to: nothing was applied yet', {
      help: '`ringwall apply` makes the first one',
    });
  }
  if (wanted !== undefined) {
    if (stored.includes(wanted)) return wanted;
    throw new Failure('no-generation', `there is no generation ${wanted}`, {
      help: `\`ringwall history\` lists them: ${stored.at(0)} to ${newest}`,
    });
  }
  if (current === null) return newest;
  const previous = previousGeneration(state, current);
  if (previous !== null) return previous;
  throw new Failure('no-generation', `generation ${current} is the first one: there is none before it`, {
    help: '`ringwall clear` takes our tables out of the kernel',
  });
}
