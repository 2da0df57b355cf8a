import { noLinks } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import { diffRuleset, type Ruleset, spellChange } from '../ruleset/index.js';
import { carryOutSysctls, planSysctls, type Replaced, type SysctlName, type SysctlPlan } from '../sysctl/index.js';
import { type Brought, bring } from './bring.js';
import { undo } from './bring-links.js';
import { bringNetwork } from './bring-network.js';
import { findGeneration, removeGeneration, storedGenerations } from './generation.js';
import { desiredInForce } from './in-force.js';
import { readLinkJournal, removeLinkJournal } from './link-journal.js';
import {
  type Desired,
  type Firewall,
  linkChanges,
  type Plan,
  type PlannedChange,
  planLinksOf,
  planRuleset,
} from './plan.js';
import { type Action, type Applying, type Position, readPosition, writePosition } from './position.js';
import type { StateDirectory } from './state-directory.js';
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
}

export interface CarriedOut {
  readonly changes: readonly PlannedChange[];
  /** What failed and held nothing up. */
  readonly warnings: readonly string[];
}

/**
 * Takes the kernel to a generation in steps of which each leaves records that tell what happened: the position says
 * where it goes, the generation is stored, the settings are written and read back, the kernel commits the rules, the
 * links follow step by step, the position says that it is there, the rules are read back. Settings go first because they
 * can be taken back one by one, then the rules, so that no port is ever on a bridge unfiltered. When the kernel refuses
 * something, everything before it is taken back. The caller holds the lock.
 */
export async function carryOut(world: World, from: Position, to: Transition): Promise<CarriedOut> {
  const { state, nftables, sysctls } = world;
  const { firewall, links } = to.plan;
  const { replaced, changes: settings } = firewall?.sysctls ?? { replaced: from.replaced, changes: [] };
  const owed: Replaced = new Map([...replaced, ...from.replaced]);
  try {
    const applying = applyingOf(to);
    writePosition(state, { ...from, applying, replaced: owed });
    to.store?.();
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

  try {
    const owedHooks = to.runHooks && links !== null ? links.hooks.owed : from.owedHooks;
    writePosition(state, { current: to.generation, applying: null, replaced, owedHooks });
    removeLinkJournal(state);
  } catch (error) {
    throw withNote(error, `generation ${to.generation} is in force, the next run will record it`);
  }
  if (firewall !== null && to.desired.firewall !== null) await verify(nftables, to.generation, to.desired.firewall);
  const changes = [...settings, ...brought.changes, ...(links === null ? [] : linkChanges(links))];
  return { changes, warnings };
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

/**
 * Finishes or undoes a run that was cut short: when the kernel holds all the run was to bring, that generation is the
 * current one; else links, rules and settings are taken back, and an unused new generation is removed. The caller
 * holds the lock.
 */
export async function settle(world: World): Promise<Position> {
  const { state } = world;
  const position = readPosition(state);
  const { applying } = position;
  if (applying === null) {
    removeLinkJournal(state);
    return position;
  }
  const before = changedHalves(desiredInForce(state, position), applying);
  const stored = findGeneration(state, applying.generation);
  const goal = stored === null ? null : changedHalves(stored, applying);
  const arrived = goal !== null && (await holds(world, goal, before, position.replaced));
  if (!arrived) await takeBack(world, applying, before, position.replaced);
  if (!arrived && applying.action !== 'rollback') removeGeneration(state, applying.generation);
  const { firewall } = arrived ? goal : before;
  const settings = applying.rules === null ? null : planSettings(world, firewall, position.replaced);
  const settled: Position = {
    ...position,
    current: arrived ? applying.generation : position.current,
    applying: null,
    replaced: settings?.replaced ?? position.replaced,
  };
  writePosition(state, settled);
  removeLinkJournal(state);
  return settled;
}

/** What a change has to do with; null for a half that it leaves as it is. */
const changedHalves = ({ firewall, links }: Desired, { rules, links: changesLinks }: Applying): Desired => ({
  firewall: rules === null ? null : firewall,
  links: changesLinks ? links : null,
});

/** Does the kernel hold all of it, and nothing of what it takes away? */
async function holds(
  world: World,
  { firewall, links }: Desired,
  before: Desired,
  replaced: Replaced,
): Promise<boolean> {
  if (firewall !== null) {
    if (diffRuleset(firewall.ruleset, await world.nftables.read()).operations.length > 0) return false;
    if (planSettings(world, firewall, replaced)?.changes.length !== 0) return false;
  }
  return links === null || (await planLinksOf(world.route, before.links ?? noLinks, links)).steps.length === 0;
}

/** Undoes what may have been done of a change. What the kernel refuses is left: `status` shows it, `apply` repairs it. */
async function takeBack(world: World, applying: Applying, before: Desired, replaced: Replaced): Promise<void> {
  const { state, nftables, sysctls, route } = world;
  const journal = readLinkJournal(state);
  if (journal?.generation === applying.generation) await undo(route, journal.inverses);
  if (applying.rules === null) return;
  const ruleset = rulesBefore(before, applying.rules.none);
  if (ruleset !== null) {
    const plan = await planRuleset(nftables, ruleset);
    // In the same kernel ruleset as at the beginning the rules are those of before, with whatever others had changed.
    if (plan.current.generation !== applying.rules.ruleset) await bring(nftables, ruleset, plan);
  }
  carryOutSysctls(planSettings(world, before.firewall, replaced)?.changes ?? [], sysctls);
}

/** Null when this kernel has not what it had when they were applied, as after a boot. */
function planSettings({ sysctls }: World, firewall: Firewall | null, replaced: Replaced): SysctlPlan | null {
  try {
    return planSysctls(firewall?.sysctls ?? [], replaced, sysctls);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/**
 * The rules to go back to; `none`: the kernel held no table of ours. Null where nobody knows what was in force: the new
 * rules stay then, because taking them out would open what they close.
 */
const rulesBefore = ({ firewall }: Desired, none: boolean): Ruleset | null =>
  firewall?.ruleset ?? (none ? { tables: [] } : null);

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
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

async function verify(nftables: NftablesPort, generation: number, { ruleset }: Firewall): Promise<void> {
  const { changes } = await planRuleset(nftables, ruleset);
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
