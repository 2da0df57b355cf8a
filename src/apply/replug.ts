import { Failure } from '../diagnostics/index.js';
import { type Applied, type ApplyRequest, makeGeneration } from './apply.js';
import { readGeneration, readMeta, readSources } from './generation.js';
import { settle } from './settle.js';
import { withLock } from './state-directory.js';
import type { World } from './world.js';

/**
 * Brings the links to what was applied last, for ports that came since. No file is looked at, so neither a rollback nor
 * a change of the files that was refused is undone by it.
 */
export function replug(world: World, { author, ways }: Pick<ApplyRequest, 'author' | 'ways'>): Promise<Applied> {
  const { state } = world;
  return withLock(world, async () => {
    const position = await settle(world);
    const { current } = position;
    if (current === null) throw new Failure('no-generation', 'nothing was applied yet');
    const { links } = readGeneration(state, current);
    const { node } = readMeta(state, current);
    const sources = readSources(state, current);
    return makeGeneration(world, position, { firewall: null, links, sources, node, author, ways });
  });
}
