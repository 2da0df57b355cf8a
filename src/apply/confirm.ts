import { Failure } from '../diagnostics/index.js';
import { isPending } from './go-back.js';
import { type Pending, spellWayBack, withDeadline } from './pending.js';
import { type Position, readPosition, writePosition } from './position.js';
import { settle } from './settle.js';
import { checkStateDirectory, withLock } from './state-directory.js';
import { removeWayBack } from './way-back.js';
import type { World } from './world.js';

export interface Confirmed {
  readonly generation: number;
  /** Null when it is kept now. */
  readonly pending: Pending | null;
}

/**
 * Keeps the pending change, or gives it `extend` seconds from now. Whoever has the lock first decides between it and the
 * deadline. Failures `nothing-pending`, and `too-late` when the change was taken back.
 */
export async function confirm(world: World, extend: number | null): Promise<Confirmed> {
  const { state } = world;
  if (!checkStateDirectory(state)) throw nothingPending();
  const { pending: asked } = readPosition(state);
  if (asked === null) throw nothingPending();
  return withLock(world, async () => {
    const position = await settle(world);
    if (!isPending(position)) throw position.confirmed === asked.generation ? nothingPending() : tooLate(asked);
    const { generation } = position.pending;
    if (extend !== null) return { generation, pending: giveMoreTime(world, position, extend) };
    const unconfirmed = position.unconfirmed.filter((number) => number !== generation);
    writePosition(state, { ...position, pending: null, confirmed: generation, unconfirmed });
    removeWayBack(state);
    return { generation, pending: null };
  });
}

/** Sets the deadline of what is pending anew, if anything is. The caller holds the lock. */
export function giveMoreTime({ state, clock }: World, position: Position, seconds: number): Pending | null {
  if (position.pending === null) return null;
  const pending = withDeadline(position.pending, seconds, clock);
  writePosition(state, { ...position, pending });
  return pending;
}

const nothingPending = (): Failure =>
  new Failure('nothing-pending', 'no change is pending: there is nothing to confirm', {
    help: '`ringwall apply --confirm SECONDS` makes one; `ringwall history` shows what was confirmed',
  });

const tooLate = (pending: Pending): Failure =>
  new Failure('too-late', `too late: ${spellWayBack(pending)}, and is no more in force`, {
    help: '`ringwall apply --confirm SECONDS` tries again',
  });
