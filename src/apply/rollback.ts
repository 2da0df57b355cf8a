import { Failure } from '../diagnostics/index.js';
import type { Way } from '../guard/index.js';
import { type Applied, type Author, makeGeneration } from './apply.js';
import { fitFirewall } from './fitted.js';
import {
  type Half,
  previousGeneration,
  readGeneration,
  readMeta,
  readSources,
  storedGenerations,
} from './generation.js';
import { desiredInForce, earlierOf } from './in-force.js';
import { guard } from './outlook.js';
import { type Desired, isDone, makePlan } from './plan.js';
import { type StateDirectory, withLock } from './state-directory.js';
import { carryOut, settle } from './transition.js';
import type { World } from './world.js';

export interface RollbackRequest {
  /** By default the generation that was in force before the current one was made. */
  readonly generation?: number | undefined;
  /** Keeps it to one half: that makes a new generation, of this half as it was and the other as it is. */
  readonly only?: Half | undefined;
  readonly author: Author;
  /** As of `ApplyRequest`. */
  readonly ways?: readonly Way[] | undefined;
}

/** Brings the kernel back to a stored generation. Compiles nothing. */
export function rollback(world: World, request: RollbackRequest): Promise<Applied> {
  const { state } = world;
  return withLock(state, async () => {
    const position = await settle(world);
    const generation = chooseGeneration(state, position.current, request.generation);
    const stored = readGeneration(state, generation);
    if (request.only !== undefined) {
      const { node } = readMeta(state, generation);
      const half = onlyHalf(generation, stored, request.only);
      const sources = readSources(state, generation);
      const { author, ways } = request;
      return makeGeneration(world, position, { ...half, sources, node, author, ways });
    }
    const { firewall } = await fitFirewall(stored.firewall, world.nftables);
    const desired = { ...stored, firewall };
    const before = desiredInForce(state, position);
    const plan = await makePlan(world, desired, earlierOf(position, before));
    if (isDone(plan) && position.current === generation) return { generation, changes: [], warnings: [] };
    await guard(world, { before, desired, plan }, request.ways, () => readSources(state, generation));
    const to = { action: 'rollback', generation, desired, before, plan, store: null, runHooks: false } as const;
    return { generation, ...(await carryOut(world, position, to)) };
  });
}

function onlyHalf(generation: number, stored: Desired, only: Half): Desired {
  const half: Desired = only === 'firewall' ? { ...stored, links: null } : { ...stored, firewall: null };
  if (half.firewall !== null || half.links !== null) return half;
  const what = only === 'firewall' ? 'rules' : 'links';
  throw new Failure('no-generation', `generation ${generation} holds no ${what}: nothing was changed`, {
    help: 'leave --only out, or name another generation',
  });
}

function chooseGeneration(state: StateDirectory, current: number | null, wanted: number | undefined): number {
  const stored = storedGenerations(state);
  const newest = stored.at(-1);
  if (newest === undefined) {
    throw new Failure('no-generation', 'there is no generation to go back to: nothing was applied yet', {
      help: '`ringwall apply` makes the first one',
    });
  }
  if (wanted !== undefined) {
    if (stored.includes(wanted)) return wanted;
    throw new Failure('no-generation', `there is no generation ${wanted}`, {
      help: `\`ringwall history\` lists them: ${stored.at(0)} to ${newest}`,
    });
  }
  if (current === null) return newest;
  const previous = previousGeneration(state, current);
  if (previous !== null) return previous;
  throw new Failure('no-generation', `generation ${current} is the first one: there is none before it`, {
    help: '`ringwall clear` takes our tables out of the kernel',
  });
}
