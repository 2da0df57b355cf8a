import { isSameMeaning } from '../bridges/index.js';
import { closedWays, type Way } from '../guard/index.js';
import { countChanges, diffRuleset } from '../ruleset/index.js';
import { giveMoreTime } from './confirm.js';
import { fitFirewall } from './fitted.js';
import { type Sources, storedGenerations, storeGeneration } from './generation.js';
import { desiredInForce, earlierOf, refuseWhilePending } from './in-force.js';
import { guard, outlookOf } from './outlook.js';
import type { Pending } from './pending.js';
import { changesOf, type Desired, isDone, makePlan, type Plan, type PlannedChange } from './plan.js';
import { nowhere, type Position } from './position.js';
import { type Administrator, type Preview, shownLinks } from './preview.js';
import { prune } from './prune.js';
import { settle } from './settle.js';
import { checkStateDirectory, withLock } from './state-directory.js';
import { carryOut, nextGeneration, type Timer } from './transition.js';
import { wholeBatch } from './whole-batch.js';
import type { World } from './world.js';

/** Who asks, for the record. */
export interface Author {
  readonly user: string;
  readonly version: string;
}

export interface ApplyRequest extends Desired {
  readonly sources: Sources;
  readonly node: string | null;
  readonly author: Author;
  /** The ways in that a change must not close; without them it may close any. */
  readonly ways?: readonly Way[] | undefined;
  /** Run the commands of the interfaces files. */
  readonly runHooks?: boolean | undefined;
  readonly review?: Review | undefined;
  /** Without one the generation is kept at once. */
  readonly timer?: ApplyTimer | undefined;
}

/** `see` gets the plan that is about to be carried out, for that administrator; what it throws ends the run before that. */
export interface Review {
  readonly who: Administrator;
  readonly see: (preview: Preview) => void;
}

export interface ApplyTimer extends Timer {
  /** Goes on from a change that is pending: its way back is kept, the deadline is a new one. */
  readonly extend: boolean;
}

export interface Applied {
  /** The generation the kernel holds now. */
  readonly generation: number;
  readonly changes: readonly PlannedChange[];
  /** What failed and held nothing up. */
  readonly warnings: readonly string[];
  /** Until when it must be confirmed; null when it is kept. */
  readonly pending: Pending | null;
}

/**
 * Brings the kernel to rules and links, and records both as a new generation. Nothing is written, neither to the kernel
 * nor to the records, when the kernel holds the current generation and it says the same.
 */
export async function apply(world: World, request: ApplyRequest): Promise<Applied> {
  if (checkStateDirectory(world.state)) {
    return withLock(world, async () => makeGeneration(world, await settle(world), request));
  }
  // There is nothing to settle yet, and a plan that is refused leaves no directory behind.
  const foreseen = await foresee(world, nowhere, request);
  return withLock(world, async () => {
    const position = await settle(world);
    const isFirst = storedGenerations(world.state).length === 0;
    return isFirst ? realize(world, position, request, foreseen) : makeGeneration(world, position, request);
  });
}

/** As `apply`, for a caller that holds the lock. */
export async function makeGeneration(world: World, position: Position, request: ApplyRequest): Promise<Applied> {
  if (request.timer?.extend !== true) refuseWhilePending(world, position);
  return realize(world, position, request, await foresee(world, position, request));
}

/** Carries out what was foreseen, and records it. */
async function realize(
  world: World,
  position: Position,
  request: ApplyRequest,
  { before, desired, plan, changes }: Foreseen,
): Promise<Applied> {
  const { state, clock } = world;
  const { sources, node, author, runHooks = false, timer = null } = request;
  if (isDone(plan) && position.current !== null && records(before, desired, plan)) {
    const pending = timer === null ? null : giveMoreTime(world, position, timer.seconds);
    return { generation: position.current, changes: [], warnings: [], pending };
  }
  const generation = nextGeneration(state);
  const meta = {
    generation,
    time: new Date(clock.now()).toISOString(),
    summary: describeChanges(changes),
    node,
    previous: position.current,
    onTrial: timer !== null,
    ...author,
  };
  const batch = await wholeBatch(world.nftables, desired);
  const store = () => storeGeneration(state, { meta, desired, batch, sources });
  const to = { action: 'apply', generation, desired, before, plan, store, runHooks, timer } as const;
  const done = await carryOut(world, position, to);
  return { generation, ...done, warnings: [...done.warnings, ...prune(state, clock.now())] };
}

/** A change that is planned and was shown, and what it comes from. */
interface Foreseen {
  readonly before: Desired;
  readonly desired: Desired;
  readonly plan: Plan;
  readonly changes: readonly PlannedChange[];
}

/** Plans, lets the plan be reviewed, and refuses one that would close a way in. Changes nothing. */
async function foresee(world: World, position: Position, request: ApplyRequest): Promise<Foreseen> {
  const { links, review, ways, sources } = request;
  const before = desiredInForce(world.state, position);
  const { firewall, warnings } = await fitFirewall(request.firewall, world.nftables);
  const session = review?.who.session;
  const plan = await makePlan(world, { firewall, links }, { ...earlierOf(position, before), session });
  // A half that is left as it is stays what it was applied as.
  const desired: Desired = { firewall: firewall ?? before.firewall, links: links ?? before.links };
  const changes = changesOf(plan);
  if (review !== undefined) {
    const closed = closedWays(review.who.ways, await outlookOf(world, { before, desired, plan }));
    review.see({ changes, warnings, closed, ...shownLinks(plan) });
  }
  await guard(world, { before, desired, plan }, ways, () => sources);
  return { before, desired, plan, changes };
}

/** Does the current generation say what is desired, of a kernel that holds all of that? */
function records(recorded: Desired, desired: Desired, plan: Plan): boolean {
  if (plan.firewall !== null) {
    if (recorded.firewall === null) return false;
    const { current } = plan.firewall.ruleset;
    if (diffRuleset(recorded.firewall.ruleset, current).operations.length > 0) return false;
    if (settingsOf(recorded) !== settingsOf(desired)) return false;
  }
  if (plan.links === null) return true;
  // The plan comes from what was recorded: when both ask for the same, it is the plan of either.
  return recorded.links !== null && isSameMeaning(askedOf(recorded), askedOf(desired));
}

const settingsOf = ({ firewall }: Desired): string =>
  JSON.stringify(firewall?.sysctls.map(({ name, value }) => [name, value]));

const askedOf = ({ links }: Desired): unknown => [links?.links, links?.guestPorts];

/** `2 to create, 1 to update`: the summary of a generation and the last line of a plan. */
export function describeChanges(changes: readonly PlannedChange[]): string {
  const counts = countChanges(changes);
  const parts = (['create', 'update', 'delete'] as const).flatMap((action) =>
    counts[action] === 0 ? [] : [`${counts[action]} ${past[action]}`],
  );
  return parts.length === 0 ? 'no changes' : parts.join(', ');
}

const past = { create: 'created', update: 'updated', delete: 'deleted' } as const;
