import { Failure } from '../diagnostics/index.js';
import { findMeta, retireGeneration, storedGenerations } from './generation.js';
import { readPosition } from './position.js';
import type { StateDirectory } from './state-directory.js';

/** So many of the newest stay however old they are: a way back that a quiet node's administrator may still think of. */
const ALWAYS = 20;
/** A month of changes, and no more than a disk has room for: a site with 30,000 rules takes 14 MB each time. */
const AT_MOST = 50;
const DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

export interface Aged {
  readonly generation: number;
  /** When it was made, in milliseconds since 1970; null when its record cannot be read. */
  readonly time: number | null;
}

/** The generations that are too many or too old, and that nobody may need; `now` in milliseconds since 1970. */
export function outdated(stored: readonly Aged[], needed: ReadonlySet<number>, now: number): number[] {
  const newestFirst = [...stored].sort((a, b) => b.generation - a.generation);
  return newestFirst
    .filter(({ generation, time }, rank) => {
      if (needed.has(generation) || rank < ALWAYS) return false;
      return rank >= AT_MOST || (time !== null && now - time > DAYS * DAY);
    })
    .map(({ generation }) => generation);
}

/** Removes outdated generations. What cannot be removed is a warning: it must not keep a change from being done. */
export function prune(state: StateDirectory, now: number): string[] {
  try {
    const stored = storedGenerations(state);
    if (stored.length <= ALWAYS) return [];
    const metas = stored.map((generation) => ({ generation, meta: findMeta(state, generation) }));
    const aged = metas.map(({ generation, meta }) => ({ generation, time: meta === null ? null : timeOf(meta.time) }));
    const { current, confirmed, applying, pending } = readPosition(state);
    const previous = metas.find(({ generation }) => generation === current)?.meta?.previous;
    const named = [current, confirmed, applying?.generation, pending?.back, previous];
    const needed = named.filter((generation) => typeof generation === 'number');
    for (const generation of outdated(aged, new Set(needed), now)) retireGeneration(state, generation);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [`old generations stay: ${error.message}`];
  }
}

function timeOf(text: string): number | null {
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
