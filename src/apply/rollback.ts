import { Failure } from '../diagnostics/index.js';
import type { Way } from '../guard/index.js';
import { type Author, makeGeneration } from './apply.js';
import { fitFirewall } from './fitted.js';
import {
  type Half,
  noSuchGeneration,
  previousGeneration,
  readGeneration,
  readMeta,
  readSources,
  storedGenerations,
} from './generation.js';
import { goBack, isPending } from './go-back.js';
import { desiredInForce, earlierOf, refuseWhilePending } from './in-force.js';
import { guard } from './outlook.js';
import type { Pending } from './pending.js';
import { type Desired, isDone, makePlan, type PlannedChange } from './plan.js';
import { settle } from './settle.js';
import { type StateDirectory, withLock } from './state-directory.js';
import { carryOut } from './transition.js';
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

export interface RolledBack {
  /** The generation the kernel holds now; null where it holds none, as before the first. */
  readonly generation: number | null;
  readonly changes: readonly PlannedChange[];
  /** What failed and held nothing up. */
  readonly warnings: readonly string[];
  /** The generation that was pending and is taken back; then the changes are not counted. */
  readonly takenBack: number | null;
}

/** Brings the kernel back to a stored generation. Compiles nothing. */
export function rollback(world: World, request: RollbackRequest): Promise<RolledBack> {
  const { state } = world;
  return withLock(world, async () => {
    const position = await settle(world);
    if (isPending(position) && takesBack(request, position.pending)) {
      const { warnings } = await goBack(world, position);
      const { back: generation, generation: takenBack } = position.pending;
      return { generation, takenBack, changes: [], warnings };
    }
    refuseWhilePending(world, position);
    const generation = chooseGeneration(state, position.current, request.generation);
    const stored = readGeneration(state, generation);
    if (request.only !== undefined) {
      const { node } = readMeta(state, generation);
      const half = onlyHalf(generation, stored, request.only);
      const sources = readSources(state, generation);
      const { author, ways } = request;
      return { takenBack: null, ...(await makeGeneration(world, position, { ...half, sources, node, author, ways })) };
    }
    const { firewall } = await fitFirewall(stored.firewall, world.nftables);
    const desired = { ...stored, firewall };
    const before = desiredInForce(state, position);
    const plan = await makePlan(world, desired, earlierOf(position, before));
    if (isDone(plan) && position.current === generation)
      return { generation, changes: [], warnings: [], takenBack: null };
    await guard(world, { before, desired, plan }, request.ways, () => readSources(state, generation));
    const to = {
      action: 'rollback',
      generation,
      desired,
      before,
      plan,
      store: null,
      runHooks: false,
      timer: null,
    } as const;
    return { generation, takenBack: null, ...(await carryOut(world, position, to)) };
  });
}

/** Without a number, and with that of the generation it came from, a pending change is meant. */
const takesBack = ({ generation, only }: RollbackRequest, { back }: Pending): boolean =>
  only === undefined && (generation === undefined || generation === back);

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
    throw noSuchGeneration(stored, wanted);
  }
  if (current === null) return newest;
  const previous = previousGeneration(state, current);
  if (previous !== null) return previous;
  throw new Failure('no-generation', `generation ${current} is the first one: there is none before it`, {
    help: '`ringwall clear` takes our tables out of the kernel',
  });
}
