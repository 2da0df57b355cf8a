import { readPosition } from './position.js';
import { settle } from './settle.js';
import { withLock } from './state-directory.js';
import type { World } from './world.js';

export interface Recovered {
  /** The generation the kernel was last brought to; null when there is none. */
  readonly generation: number | null;
  /** The generation that was pending and is taken back. */
  readonly takenBack: number | null;
  /** The generation a run was going to when it was cut short. */
  readonly interrupted: number | null;
}

/** Finishes or undoes what the last run left: what every other command that changes something does first. */
export const recover = (world: World): Promise<Recovered> =>
  withLock(world, async () => {
    const before = readPosition(world.state);
    const { current, pending } = await settle(world);
    return {
      generation: current,
      takenBack: pending === null ? (before.pending?.generation ?? null) : null,
      interrupted: before.applying?.generation ?? null,
    };
  });
