import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import { diffRuleset, spellChange } from '../ruleset/index.js';
import { carryOutSysctls, type Replaced, type SysctlName } from '../sysctl/index.js';
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
import { type Action, type Position, readPosition, writePosition } from './position.js';
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
    const applying = { generation: to.generation, action: to.action };
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
  const none = plan.firewall.ruleset.current.tables.length === 0 ? { tables: [] } : null;
  const ruleset = before.firewall?.ruleset ?? none;
  // Where nobody knows what was in force, the new rules stay: taking them out would open what they close.
  if (ruleset === null) return noted(failure, 'the new rules stay in force');
  const brought = await bring(nftables, ruleset, await planRuleset(nftables, ruleset));
  return noted(failure, brought.committed ? 'the rules of before are in force again' : brought.failure.message);
}

/**
 * Finishes the records of a run that was cut short: when the kernel holds the generation it was going to, that is the
 * current one; else the steps of links that may have been done are undone, the rules with them, and an unused new
 * generation is removed. The caller holds the lock.
 */
export async function settle(world: World): Promise<Position> {
  const { state, nftables, route } = world;
  const position = readPosition(state);
  const { applying } = position;
  if (applying === null) {
    removeLinkJournal(state);
    return position;
  }
  const goal = findGeneration(state, applying.generation);
  const journal = readLinkJournal(state);
  const links = journal?.generation === applying.generation ? journal : null;
  let arrived = goal !== null && (await holdsRules(world, goal));
  if (links !== null) {
    arrived = arrived && goal !== null && (await holdsLinks(world, goal));
    if (!arrived) {
      await undo(route, links.inverses);
      const { firewall } = desiredInForce(state, position);
      if (firewall !== null) await bring(nftables, firewall.ruleset, await planRuleset(nftables, firewall.ruleset));
    }
  }
  if (!arrived && applying.action !== 'rollback') removeGeneration(state, applying.generation);
  const current = arrived ? applying.generation : position.current;
  const settled: Position = { ...position, current, applying: null };
  writePosition(state, settled);
  removeLinkJournal(state);
  return settled;
}

const holdsRules = async ({ nftables }: World, { firewall }: Desired): Promise<boolean> =>
  firewall === null || diffRuleset(firewall.ruleset, await nftables.read()).operations.length === 0;

const holdsLinks = async ({ route }: World, { links }: Desired): Promise<boolean> =>
  links === null || (await planLinksOf(route, links, links)).steps.length === 0;

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
