import { Failure } from '../diagnostics/index.js';
import { goBackInKernel, isPending, type PendingPosition, recordBack } from './go-back.js';
import { timeLeft } from './pending.js';
import { findPosition, type Position } from './position.js';
import { takeLock } from './state-directory.js';
import { findWayBack, type WayBack } from './way-back.js';
import type { World } from './world.js';

/** How often the records are looked at, in milliseconds: in that time a confirm is seen, and an apply that was killed. */
const TICK = 100;
/** How long it waits after it could not take the change back, or not record that it did. */
const RETRY = 500;

/** What a watchman knows. Records that cannot be read any more do not make it forget. */
interface Knowledge {
  readonly position: Position;
  readonly way: WayBack | null;
  /** What is to be recorded of a change that the kernel holds no more. */
  readonly done: Position | null;
}

/**
 * Waits until the pending change is confirmed, or its deadline has passed and it is taken back. A change whose run was
 * killed is taken back as soon as the lock is free. `tick` is called again and again while it waits.
 */
export async function watchPending(world: World, tick: () => Promise<void>): Promise<void> {
  const { state, clock } = world;
  let known: Knowledge = { position: nothingKnown(findPosition(state)), way: null, done: null };
  for (;;) {
    known = look(world, known);
    const { position } = known;
    if (!isPending(position)) return;
    await tick();
    const left = timeLeft(position.pending, clock);
    if (left > 0) {
      await clock.wait(Math.min(left, TICK));
      continue;
    }
    known = await takeBack(world, known);
    if (isPending(known.position)) await clock.wait(known.done === null ? TICK : RETRY);
  }
}

function nothingKnown(position: Position | null): Position {
  if (position !== null) return position;
  throw new Failure('nothing-pending', 'no change is pending: there is nothing to wait for');
}

/** The records as they are now, as far as they can be read. */
function look({ state }: World, known: Knowledge): Knowledge {
  const position = orKnown(() => findPosition(state), known.position);
  if (!isPending(position)) return { ...known, position };
  const same = known.position.pending?.generation === position.pending.generation;
  const way = orKnown(() => findWayBack(state, position.pending.generation), same ? known.way : null);
  return { position, way, done: same ? known.done : null };
}

function orKnown<T>(read: () => T | null, known: T): T {
  try {
    return read() ?? known;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return known;
  }
}

async function takeBack(world: World, known: Knowledge): Promise<Knowledge> {
  const lock = lockOrGo(world);
  if (lock === null) return known;
  try {
    // Whoever had the lock meanwhile has decided: it may be confirmed, or have more time, or be gone.
    const now = look(world, known);
    const { position } = now;
    if (!isPending(position) || timeLeft(position.pending, world.clock) > 0) return now;
    return await takeBackNow(world, { ...now, position });
  } finally {
    lock.release();
  }
}

async function takeBackNow(
  world: World,
  known: Knowledge & { readonly position: PendingPosition },
): Promise<Knowledge> {
  let { done } = known;
  try {
    done ??= (await goBackInKernel(world, known.position, known.way)).position;
    recordBack(world.state, known.position, done);
    return { ...known, position: done, done };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...known, done };
  }
}

/** Null when somebody else has it. Where it cannot be taken at all nobody can have it: then the kernel matters more. */
function lockOrGo({ state }: World): { release(): void } | null {
  try {
    const lock = takeLock(state);
    return lock.held ? lock : null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { release: () => {} };
  }
}
