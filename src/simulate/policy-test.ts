import { Failure } from '../diagnostics/index.js';
import type { Origin, Ruleset } from '../ruleset/index.js';
import type { Site } from '../site/index.js';
import { readQuery } from './query.js';
import type { Simulation } from './simulate.js';
import { simulate, verdicts } from './simulate.js';

/** One entry of a policy test and what became of it. */
export interface CaseResult {
  readonly ok: boolean;
  /** Null when the entry could not be run. */
  readonly verdict: Simulation['verdict'] | null;
  /** The line that decided, as in a simulation. */
  readonly origin: Origin | null;
  /** Who decided, or why the entry could not be run and what to do about it. */
  readonly reason: string;
}

/**
 * Runs one entry: a query with `expect`, and an `id` that names it. An entry that cannot be run fails with the reason,
 * so that the others still run.
 */
export function runCase(ruleset: Ruleset, site: Site, entry: unknown): CaseResult {
  try {
    const { expected, query } = readCase(entry);
    const { verdict, origin, reason } = simulate(ruleset, site, query);
    return { ok: verdict === expected, verdict, origin, reason };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const reason = error.help === undefined ? error.message : `${error.message}; ${error.help}`;
    return { ok: false, verdict: null, origin: null, reason };
  }
}

function readCase(entry: unknown): { expected: string; query: ReturnType<typeof readQuery> } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw new Failure('bad-case', 'the entry has no fields', { help: 'write {from: ZONE, to: ZONE, expect: ACCEPT}' });
  const { expect, id: _, ...data }: { readonly [key: string]: unknown } = { ...entry };
  const expected = Object.values(verdicts).find((verdict) => verdict === String(expect).toUpperCase());
  if (expected === undefined)
    throw new Failure('bad-case', expect === undefined ? '`expect` is missing' : `\`${expect}\` is no verdict`, {
      help: `expect one of: ${Object.values(verdicts).join(', ')}`,
    });
  return { expected, query: readQuery(data) };
}
