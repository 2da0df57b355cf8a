import { Failure } from '../diagnostics/index.js';
import { type Clock, type FileLock, isUnfinished, type StateFiles } from '../ports/index.js';

/** Where generations are kept, and through what. */
export interface StateDirectory {
  readonly files: StateFiles;
  /** Absolute, without a slash at the end. */
  readonly path: string;
}

/**
 * Makes sure that nobody else can have written the records: the directory is this user's and closed to all others.
 * False when it is not there.
 */
export function checkStateDirectory({ files, path }: StateDirectory): boolean {
  const found = files.attributes(path);
  if (found === null) return false;
  if (found.kind !== 'directory') {
    throw new Failure('state-not-a-directory', `${path} is not a directory`, { help: 'name another one with --state' });
  }
  if (!found.own) {
    throw new Failure('state-not-ours', `${path} belongs to another user, so its records cannot be trusted`, {
      help: 'run as its owner, or name another directory with --state',
    });
  }
  if ((found.mode & 0o077) !== 0) {
    throw new Failure('state-open-to-others', `${path} is open to other users, so its records cannot be trusted`, {
      help: `look at what is in it, then close it: chmod 700 ${path}`,
    });
  }
  return true;
}

/** A record of ours as text, or null when there is none; one that others own or can write is refused. */
export function readRecord(state: StateDirectory, path: string): string | null {
  const bytes = readRecordBytes(state, path);
  return bytes && new TextDecoder().decode(bytes);
}

export const readRecordBytes = (state: StateDirectory, path: string): Uint8Array | null =>
  isOurs(state, path, 'file') ? state.files.read(path) : null;

/**
 * False when there is nothing. Throws Failure `state-not-ours` for what is something else or somebody else's, and
 * `state-open-to-others`.
 */
export function isOurs({ files }: StateDirectory, path: string, kind: 'file' | 'directory'): boolean {
  const found = files.attributes(path);
  if (found === null) return false;
  if (found.kind !== kind || !found.own) {
    throw new Failure('state-not-ours', `${path} is not a ${kind} of this user, so it cannot be trusted`, {
      help: 'find out who put it there before you remove it',
    });
  }
  if ((found.mode & 0o022) !== 0) {
    throw new Failure('state-open-to-others', `${path} can be written by other users, so it cannot be trusted`, {
      help: `look at what is in it, then close it: chmod ${kind === 'file' ? 600 : 700} ${path}`,
    });
  }
  return true;
}

/** How long another run may need, in milliseconds: watchmen look at the records for a moment only. */
const PATIENCE = 1000;
const AGAIN = 20;

interface Locking {
  readonly state: StateDirectory;
  readonly clock: Clock;
}

/** Runs `act` while no other ringwall changes anything; the directory is made when it is not there. */
export async function withLock<T>(world: Locking, act: () => Promise<T>): Promise<T> {
  const lock = await waitForLock(world);
  try {
    removeUnfinished(world.state);
    return await act();
  } finally {
    lock.release();
  }
}

/** The lock on all records, once nobody else has it. Failure `locked` when that takes too long. */
export async function waitForLock({ state, clock }: Locking): Promise<FileLock & { readonly held: true }> {
  let lock = takeLock(state);
  for (let waited = 0; !lock.held; waited += AGAIN) {
    if (waited >= PATIENCE) {
      const holder = lock.pid === null ? 'another run of ringwall' : `another run of ringwall (pid ${lock.pid})`;
      throw new Failure('locked', `${holder} is changing the rules`, { help: 'wait until it is done, then run again' });
    }
    await clock.wait(AGAIN);
    lock = takeLock(state);
  }
  return lock;
}

/** The name of the lock on all records. */
export const LOCK = 'lock';

/** The lock on all records, without waiting for it; the directory is made when it is not there. */
export function takeLock(state: StateDirectory): FileLock {
  if (!checkStateDirectory(state)) state.files.makeDirectory(state.path);
  return takeOwnLock(state, LOCK);
}

/** A lock of that name in the directory. */
export function takeOwnLock(state: StateDirectory, name: string): FileLock {
  const path = `${state.path}/${name}`;
  isOurs(state, path, 'file');
  return state.files.lock(path);
}

/** Takes away what runs that were killed had begun to write. The caller holds the lock: nobody else writes now. */
export function removeUnfinished({ files, path }: StateDirectory): void {
  for (const name of files.list(path) ?? []) {
    if (isUnfinished(name)) files.remove(`${path}/${name}`);
  }
}
