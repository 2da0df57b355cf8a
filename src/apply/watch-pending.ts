import { Failure } from '../diagnostics/index.js';
import { goBackInKernel, isPending, type PendingPosition, recordBack } from './go-back.js';
import { timeLeft } from './pending.js';
import { findPosition, nowhere, type Position } from './position.js';
import { LOCK, type StateDirectory, takeOwnLock } from './state-directory.js';
import { findWayBack, type WayBack } from './way-back.js';
import type { World } from './world.js';

/** How often the records are looked at, in milliseconds: in that time a confirm is seen, and an apply that was killed. */
const TICK = 100;
/** How long it waits after it could not take the change back, or not record that it did. */
const RETRY = 500;
/** How often it tries where nobody can see any more that it did. */
const TRIES_WITHOUT_RECORDS = 10;

/** How waiting ended. */
export type WatchEnd =
  /** Nothing is pending: it was confirmed or taken back. */
  | { readonly kind: 'settled' }
  /**
   * The state directory is not there, or another one is in its place. `failure` says why the change could not be taken
   * back; null when it was, and where another directory has records of its own.
   */
  | { readonly kind: 'records gone'; readonly failure: Failure | null }
  /** Nobody can come to the network namespace any more. */
  | { readonly kind: 'namespace gone' };

/** What a watchman knows. Records that cannot be read any more do not make it forget. */
interface Knowledge {
  readonly position: Position;
  readonly way: WayBack | null;
  /** What is to be recorded of a change that the kernel holds no more. */
  readonly done: Position | null;
  /** Why it could not be taken back or recorded the last time. */
  readonly failure: Failure | null;
}

/**
 * Waits until the pending change is confirmed, or its deadline has passed and it is taken back. A change whose run was
 * killed is taken back as soon as the lock is free. When the state directory vanishes nobody can confirm the change any
 * more, so it is taken back at once. `tick` is called again and again while it waits.
 */
export async function watchPending(world: World, tick: () => Promise<void>): Promise<WatchEnd> {
  const { state, clock } = world;
  const home = identityOf(state);
  if (home === null) return { kind: 'settled' };
  let known: Knowledge = { position: findPosition(state) ?? nowhere, way: null, done: null, failure: null };
  for (;;) {
    const here: string = orKnown(() => identityOf(state) ?? '', home);
    if (here !== home) {
      // Another directory has its own records, and watchmen of its own.
      return { kind: 'records gone', failure: here === '' ? await takeBackWithoutRecords(world, known) : null };
    }
    known = look(world, known);
    const { position } = known;
    if (!isPending(position)) return { kind: 'settled' };
    await tick();
    const left = timeLeft(position.pending, clock);
    if (left > 0) {
      await clock.wait(Math.min(left, TICK));
      continue;
    }
    known = await takeBack(world, { ...known, failure: null });
    if (known.failure?.code === 'no-such-netns') return { kind: 'namespace gone' };
    if (isPending(known.position)) await clock.wait(known.done === null ? TICK : RETRY);
  }
}

/** Of the directory that is there now; null for none. */
const identityOf = ({ files, path }: StateDirectory): string | null => files.attributes(path)?.identity ?? null;

/** The records as they are now, as far as they can be read. */
function look({ state }: World, known: Knowledge): Knowledge {
  const position = orKnown(() => findPosition(state), known.position);
  if (!isPending(position)) return { ...known, position };
  const same = known.position.pending?.generation === position.pending.generation;
  const way = orKnown(() => findWayBack(state, position.pending.generation), same ? known.way : null);
  return { ...known, position, way, done: same ? known.done : null };
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
    return { ...known, done, failure: error };
  }
}

/** Null when the change is taken back; else why not. */
async function takeBackWithoutRecords(world: World, { position, way, done }: Knowledge): Promise<Failure | null> {
  if (!isPending(position) || done !== null) return null;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await goBackInKernel(world, position, way);
      return null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (attempt === TRIES_WITHOUT_RECORDS) return error;
    }
    await world.clock.wait(RETRY);
  }
}

/**
 * Null when somebody else has it; who is stopped and cannot give it back is killed, which everything survives. Where it
 * cannot be taken at all nobody can have it: then the kernel matters more.
 */
function lockOrGo({ state, processes }: World): { release(): void } | null {
  try {
    const lock = takeOwnLock(state, LOCK);
    if (lock.held) return lock;
    if (lock.pid !== null) processes.endStopped(lock.pid, `${state.path}/${LOCK}`);
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { release: () => {} };
  }
}
