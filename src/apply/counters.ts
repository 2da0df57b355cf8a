import { Failure } from '../diagnostics/index.js';
import { countLines, type LineCount, type Ruleset } from '../ruleset/index.js';
import { readGeneration, readSources, type Sources } from './generation.js';
import { positionInForce } from './in-force.js';
import type { World } from './world.js';

export interface Counters {
  readonly lines: readonly LineCount[];
  /** The files that were applied, for lines the present files have no more. */
  readonly sources: Sources;
}

/**
 * What the kernel's rules counted, by the lines of the files `present` is compiled from. Changes nothing. Failure
 * `no-generation` when no rules were applied yet.
 */
export async function counters(
  { state, nftables }: Pick<World, 'state' | 'nftables'>,
  present: Ruleset,
): Promise<Counters> {
  const { current: generation } = positionInForce(state);
  const { firewall } = readGeneration(state, generation);
  if (firewall === null) {
    throw new Failure('no-generation', `no rules were applied yet: generation ${generation} holds links only`, {
      help: '`ringwall apply` without --only applies both',
    });
  }
  return {
    lines: countLines(await nftables.read(), present, firewall.ruleset),
    sources: readSources(state, generation),
  };
}
