import { Failure } from '../diagnostics/index.js';
import type { Commit } from '../netlink/index.js';
import type { FileLock } from '../ports/index.js';
import { type Reader, readJson } from '../ruleset/index.js';
import { checkStateDirectory, readRecord, type StateDirectory } from './state-directory.js';

/** A commit to our tables, and when it was heard of. */
export interface RecordedCommit extends Commit {
  /** ISO 8601 in UTC. */
  readonly time: string;
}

/** Enough for the drift there is; each apply ends what was before it. */
const KEPT = 100;

const fileOf = ({ path }: StateDirectory): string => `${path}/commits.json`;
const lockOf = ({ path }: StateDirectory): string => `${path}/watch.lock`;

/**
 * Makes this process the one that listens to commits; the record starts anew, because nobody knows what happened before.
 * Failure `already-watching` when there is another. The state directory is made when it is not there.
 */
export function startRecord(state: StateDirectory): Extract<FileLock, { held: true }> {
  if (!checkStateDirectory(state)) state.files.makeDirectory(state.path);
  const lock = state.files.lock(lockOf(state));
  if (!lock.held) {
    const who = lock.pid === null ? 'another process' : `the process ${lock.pid}`;
    throw new Failure('already-watching', `${who} watches already, with the state directory ${state.path}`);
  }
  writeCommits(state, []);
  return lock;
}

/** Keeps the newest ones. */
export function recordCommits(state: StateDirectory, commits: readonly RecordedCommit[]): void {
  writeCommits(state, [...readCommits(state), ...commits].slice(-KEPT));
}

/** After some were not heard: the last one that is known need not be the last one there was. */
export const forgetCommits = (state: StateDirectory): void => writeCommits(state, []);

/** The commits since somebody listens, the oldest first; none when nobody does, or when the record cannot be read. */
export function heardCommits(state: StateDirectory): readonly RecordedCommit[] {
  if (state.files.attributes(lockOf(state)) === null) return [];
  const lock = state.files.lock(lockOf(state));
  if (lock.held) {
    lock.release();
    return [];
  }
  return readCommits(state);
}

function readCommits(state: StateDirectory): readonly RecordedCommit[] {
  const file = fileOf(state);
  const text = readRecord(state, file);
  if (text === null) return [];
  try {
    return readJson(text, file, (reader) => reader.list(readCommit));
  } catch (error) {
    // It is there to help people; nothing depends on it.
    if (error instanceof Failure && error.code === 'damaged-file') return [];
    throw error;
  }
}

const writeCommits = (state: StateDirectory, commits: readonly RecordedCommit[]): void =>
  state.files.writeAtomically(fileOf(state), `${JSON.stringify(commits)}\n`);

const readCommit = (reader: Reader): RecordedCommit => ({
  generation: reader.field('generation').integer(),
  time: reader.field('time').string(),
  pid: reader.field('pid').integer(),
  process: reader.field('process').string(),
  touched: reader.field('touched').list((item) => ({
    family: item.field('family').oneOf(['inet', 'bridge']),
    kind: item.field('kind').oneOf(['table', 'chain', 'set', 'object']),
    name: item.field('name').string(),
  })),
});
