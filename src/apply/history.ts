import { Failure } from '../diagnostics/index.js';
import { type GenerationMeta, readMeta, storedGenerations } from './generation.js';
import { readPosition } from './position.js';
import { checkStateDirectory, type StateDirectory } from './state-directory.js';

export interface HistoryEntry extends GenerationMeta {
  /** Is it the one the kernel was last brought to? */
  readonly current: boolean;
  /** Kept: not one that waits to be confirmed, or was taken back because nobody did. */
  readonly confirmed: boolean;
}

export interface History {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** Generations whose record cannot be read. */
  readonly damaged: readonly Failure[];
}

export function history(state: StateDirectory): History {
  if (!checkStateDirectory(state)) return { entries: [], damaged: [] };
  const position = readPosition(state);
  const entries: HistoryEntry[] = [];
  const damaged: Failure[] = [];
  for (const number of storedGenerations(state).reverse()) {
    // Stored for a change that is under way or was cut short: not applied as far as anybody knows.
    if (position.applying?.generation === number && position.applying.action !== 'rollback') continue;
    try {
      const confirmed = number !== position.pending?.generation && !position.unconfirmed.includes(number);
      entries.push({ ...readMeta(state, number), current: number === position.current, confirmed });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      damaged.push(error);
    }
  }
  return { entries, damaged };
}
