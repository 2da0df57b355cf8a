import { lineOf, type Sources } from '../apply/index.js';
import { harmless } from '../diagnostics/index.js';
import { type ClosedWay, spellClosed, spellWay, summarizeClosed } from '../guard/index.js';
import type { Origin } from '../ruleset/index.js';
import type { Context } from './context.js';

/** Warns of the ways in that a change would close. */
export function showClosed({ err }: Context, closed: readonly ClosedWay[], sources: Sources): void {
  if (closed.length === 0) return;
  err.write(`warning: ${summarizeClosed(closed)}:\n`);
  for (const line of spellClosed(closed, (origin) => lineOf(sources, origin))) err.write(`  ${harmless(line)}\n`);
}

interface ClosedJson {
  readonly way: string;
  /** Null where the links close it. */
  readonly verdict: 'DROP' | 'REJECT' | null;
  readonly origin: Origin | null;
  readonly note: string | null;
}

/** Nothing where nothing would close. */
export const closedJson = (closed: readonly ClosedWay[]): { readonly closed?: readonly ClosedJson[] } =>
  closed.length === 0
    ? {}
    : {
        closed: closed.map(({ way, ending }) => ({
          way: spellWay(way),
          verdict: ending?.verdict ?? null,
          origin: ending?.origin ?? null,
          note: ending?.note ?? null,
        })),
      };
