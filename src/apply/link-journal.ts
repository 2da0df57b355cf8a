import { type LinkOperation, readOperation } from '../bridges/index.js';
import { readJson } from '../ruleset/index.js';
import { readRecord, type StateDirectory } from './state-directory.js';

/**
 * What undoes the steps of a change of links that may be under way. It is on disk whole before the first step: each
 * inverse says how things are to be and does no harm where its step never happened, so one flush serves all of them.
 */
export interface LinkJournal {
  /** The generation the steps lead to. */
  readonly generation: number;
  /** For each step, in the order of the steps. */
  readonly inverses: readonly (readonly LinkOperation[])[];
}

const fileOf = (state: StateDirectory): string => `${state.path}/links-undo.json`;

export function writeLinkJournal(state: StateDirectory, journal: LinkJournal): void {
  state.files.writeAtomically(fileOf(state), `${JSON.stringify(journal)}\n`);
}

/** Null when nothing is under way. */
export function readLinkJournal(state: StateDirectory): LinkJournal | null {
  const file = fileOf(state);
  const text = readRecord(state, file);
  if (text === null) return null;
  return readJson(text, file, (reader) => ({
    generation: reader.field('generation').integer(),
    inverses: reader.field('inverses').list((item) => item.list(readOperation)),
  }));
}

export function removeLinkJournal(state: StateDirectory): void {
  if (state.files.attributes(fileOf(state)) !== null) state.files.remove(fileOf(state));
}
