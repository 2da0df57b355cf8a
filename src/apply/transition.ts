import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import { spellChange } from '../ruleset/index.js';
import { carryOutSysctls, type Replaced, type SysctlName } from '../sysctl/index.js';
import { type Brought, bring } from './bring.js';
import { bringNetwork } from './bring-network.js';
import { removeGeneration, storedGenerations } from './generation.js';
import { goBack, isPending, type PendingPosition } from './go-back.js';
import { rulesBefore } from './in-force.js';
import { removeLinkJournal } from './link-journal.js';
import { type Pending, withDeadline } from './pending.js';
import { type Desired, type Plan, type PlannedChange, planRuleset } from './plan.js';
import { completeWayBack, planWayBack } from './plan-way-back.js';
import { type Action, type Applying, type Position, writePosition } from './position.js';
import type { StateDirectory } from './state-directory.js';
import { removeWayBack, writeWayBack } from './way-back.js';
import type { World } from './world.js';

export interface Transition {
  readonly action: Action;
  readonly generation: number;
  readonly desired: Desired;
  /** What is in force until then. */
  readonly before: Desired;
  readonly plan: Plan;
  /** Stores the generation; null when it is stored already. */
  readonly store: (() => void) | null;
  readonly runHooks: boolean;
  /** Null keeps the generation at once. */
  readonly timer: Timer | null;
}

/** How a generation is taken back unless somebody confirms it. */
export interface Timer {
  /** From the moment in which the kernel holds it. */
  readonly seconds: number;
  /** Starts who takes it back; they outlive this process. */
  readonly startWatchmen: (generation: number) => Promise<void>;
}

export interface CarriedOut {
  readonly changes: readonly PlannedChange[];
  /** What failed and held nothing up. */
  readonly warnings: readonly string[];
  readonly pending: Pending | null;
}

/**
 * Takes the kernel to a generation in steps of which each leaves records that tell what happened: the position says
 * where it goes, the generation is stored, the settings are written and read back, the kernel commits the rules, the
 * links follow step by step, the position says that it is there, the rules are read back. Settings go first because they
 * can be taken back one by one, then the rules, so that no port is ever on a bridge unfiltered. When the kernel refuses
 * something, everything before it is taken back. With a timer the way back is stored and watchmen are there before the
 * kernel is touched, and whatever goes wrong later takes that way. The caller holds the lock.
 */
export async function carryOut(world: World, from: Position, to: Transition): Promise<CarriedOut> {
  const { state, nftables, sysctls, clock } = world;
  const { timer } = to;
  const { firewall, links } = to.plan;
  const { replaced, changes: settings } = firewall?.sysctls ?? { replaced: from.replaced, changes: [] };
  const owed: Replaced = new Map([...replaced, ...from.replaced]);
  const going: Position = {
    ...from,
    applying: applyingOf(to),
    pending: timer === null ? null : beginPending(world, from, to.generation),
    unconfirmed: from.pending === null ? from.unconfirmed : [...from.unconfirmed, from.pending.generation],
    replaced: owed,
  };
  const way = timer === null ? null : planWayBack(state, from, to);
  try {
    if (way !== null) writeWayBack(state, way);
    writePosition(state, going);
    to.store?.();
    await timer?.startWatchmen(to.generation);
  } catch (error) {
    takeBackRecords(state, from, to);
    throw withNote(error, 'nothing was changed');
  }

  const giveUp = (failure: Failure, left: readonly SysctlName[]): unknown => {
    takeBackRecords(state, left.length === 0 ? from : { ...from, replaced: owed }, to);
    return left.length === 0 ? failure : withNote(failure, `${left.join(', ')} could not be put back`);
  };
  const set = carryOutSysctls(settings, sysctls);
  if (!set.done) throw giveUp(set.failure, set.left);
  const brought = await bringRules(nftables, to);
  if (!brought.committed) throw giveUp(brought.failure, set.takeBack());
  let warnings: readonly string[] = [];
  if (links !== null && to.desired.links !== null) {
    const goal = { generation: to.generation, desired: to.desired.links };
    const there = await bringNetwork(world, goal, links, to.runHooks);
    if (there.ok) ({ warnings } = there);
    else {
      const failure = await takeRulesBack(world, to, there.failure);
      throw giveUp(failure, set.takeBack());
    }
  }

  const owedHooks = to.runHooks && links !== null ? links.hooks.owed : from.owedHooks;
  const there: Position = { ...arrivedAt(going, to), replaced, owedHooks };
  const changes = [...settings, ...brought.changes, ...(links?.changes ?? [])];
  if (timer === null || way === null || !isPending(going)) {
    try {
      writePosition(state, there);
      removeLinkJournal(state);
    } catch (error) {
      throw withNote(error, `generation ${to.generation} is in force, the next run will record it`);
    }
    await verify(nftables, to);
    return { changes, warnings, pending: null };
  }
  let last = going;
  try {
    writeWayBack(state, await completeWayBack(world, way, going.pending));
    const pending = withDeadline(going.pending, timer.seconds, clock);
    const waiting = { ...there, pending };
    writePosition(state, waiting);
    last = waiting;
    removeLinkJournal(state);
    await verify(nftables, to);
    return { changes, warnings, pending };
  } catch (error) {
    throw withNote(error, await goneBack(world, last));
  }
}

/** What becomes of a change that fails after the kernel took it; what cannot be taken back now, the watchmen take back. */
async function goneBack(world: World, position: PendingPosition): Promise<string> {
  try {
    await goBack(world, position);
    return 'everything is as it was before';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `it is taken back by itself (not yet: ${error.message})`;
  }
}

/** Without a deadline yet: as long as there is none, whoever finds the lock free takes the change back. */
const beginPending = ({ clock }: World, { current, pending }: Position, generation: number): Pending => ({
  generation,
  back: pending === null ? current : pending.back,
  bootId: clock.bootId(),
  deadline: null,
  until: null,
});

function arrivedAt(going: Position, { generation, timer }: Transition): Position {
  const { confirmed, unconfirmed } = going;
  const there = { ...going, current: generation, applying: null, pending: null };
  return timer === null
    ? { ...there, confirmed: generation, unconfirmed: unconfirmed.filter((number) => number !== generation) }
    : { ...there, confirmed };
}

const bringRules = async (nftables: NftablesPort, { desired, plan }: Transition): Promise<Brought> =>
  desired.firewall === null || plan.firewall === null
    ? { committed: true, changes: [] }
    : bring(nftables, desired.firewall.ruleset, plan.firewall.ruleset);

/** After links could not follow: the rules of before in force again, and what became of that in the failure. */
async function takeRulesBack({ nftables }: World, { before, plan }: Transition, failure: Failure): Promise<Failure> {
  if (plan.firewall === null || plan.firewall.ruleset.operations.length === 0) return failure;
  const ruleset = rulesBefore(before, plan.firewall.ruleset.current.tables.length === 0);
  if (ruleset === null) return noted(failure, 'the new rules stay in force');
  const brought = await bring(nftables, ruleset, await planRuleset(nftables, ruleset));
  return noted(failure, brought.committed ? 'the rules of before are in force again' : brought.failure.message);
}

function applyingOf({ generation, action, plan: { firewall, links } }: Transition): Applying {
  const current = firewall?.ruleset.current;
  const rules = current === undefined ? null : { ruleset: current.generation, none: current.tables.length === 0 };
  return { generation, action, rules, links: links !== null };
}

/** The next free number: never one that was used before and is still stored. */
export function nextGeneration(state: StateDirectory): number {
  return (storedGenerations(state).at(-1) ?? 0) + 1;
}

/** Undoes the records of a change that did not happen. What cannot be undone now, `settle` does in the next run. */
function takeBackRecords(state: StateDirectory, from: Position, to: Transition): void {
  try {
    if (to.store !== null) removeGeneration(state, to.generation);
    writePosition(state, from);
    removeLinkJournal(state);
    if (from.pending === null) removeWayBack(state);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

async function verify(nftables: NftablesPort, { generation, desired, plan }: Transition): Promise<void> {
  if (plan.firewall === null || desired.firewall === null) return;
  const { changes } = await planRuleset(nftables, desired.firewall.ruleset);
  const [first] = changes;
  if (first === undefined) return;
  throw new Failure(
    'not-as-sent',
    `generation ${generation} was committed, but read back ${changes.length} things differ, the first: ${spellChange(first)}`,
    { help: 'another program may be changing our tables: `ringwall status` lists what differs' },
  );
}

function withNote(error: unknown, note: string): unknown {
  return error instanceof Failure ? noted(error, note) : error;
}

function noted({ code, message, help, exit, cause }: Failure, note: string): Failure {
  return new Failure(code, `${message}: ${note}`, { ...(help === undefined ? {} : { help }), exit, cause });
}
