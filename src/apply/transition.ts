import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import { diffRuleset, spellChange } from '../ruleset/index.js';
import { carryOutSysctls, type Replaced, type SysctlName } from '../sysctl/index.js';
import { bring } from './bring.js';
import { findGeneration, removeGeneration, storedGenerations } from './generation.js';
import { type Desired, type Plan, type PlannedChange, planRuleset } from './plan.js';
import { type Action, type Position, readPosition, writePosition } from './position.js';
import type { StateDirectory } from './state-directory.js';
import type { World } from './world.js';

export interface Transition {
  readonly action: Action;
  readonly generation: number;
  readonly desired: Desired;
  readonly plan: Plan;
  /** Stores the generation; null when it is stored already. */
  readonly store: (() => void) | null;
}

/**
 * Takes the kernel to a generation in steps of which each leaves records that tell what happened: the position says
 * where it goes, the generation is stored, the settings are written and read back, the kernel commits the rules, the
 * position says that it is there, the rules are read back. Settings go first because they can be taken back one by one
 * and the commit is all or none: when it is refused, or a setting is, everything is as it was. The caller holds the lock.
 */
export async function carryOut(world: World, from: Position, to: Transition): Promise<readonly PlannedChange[]> {
  const { state, nftables, sysctls } = world;
  const { replaced, changes: settings } = to.plan.sysctls;
  const owed: Replaced = new Map([...replaced, ...from.replaced]);
  try {
    const applying = { generation: to.generation, action: to.action };
    writePosition(state, { current: from.current, applying, replaced: owed });
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
  const brought = await bring(nftables, to.desired.ruleset, to.plan.ruleset);
  if (!brought.committed) throw giveUp(brought.failure, set.takeBack());

  try {
    writePosition(state, { current: to.generation, applying: null, replaced });
  } catch (error) {
    throw withNote(error, `the rules of generation ${to.generation} are in force, the next run will record it`);
  }
  await verify(nftables, to);
  return [...settings, ...brought.changes];
}

/**
 * Finishes the records of a run that was cut short: when the kernel holds the generation it was going to, that is the
 * current one; else it never happened, and an unused new generation is removed. The caller holds the lock.
 */
export async function settle({ state, nftables }: World): Promise<Position> {
  const position = readPosition(state);
  const { applying } = position;
  if (applying === null) return position;
  const goal = findGeneration(state, applying.generation);
  const arrived = goal !== null && diffRuleset(goal.ruleset, await nftables.read()).operations.length === 0;
  if (!arrived && applying.action !== 'rollback') removeGeneration(state, applying.generation);
  const current = arrived ? applying.generation : position.current;
  const settled: Position = { ...position, current, applying: null };
  writePosition(state, settled);
  return settled;
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
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

async function verify(nftables: NftablesPort, { generation, desired }: Transition): Promise<void> {
  const { changes } = await planRuleset(nftables, desired.ruleset);
  const [first] = changes;
  if (first === undefined) return;
  throw new Failure(
    'not-as-sent',
    `generation ${generation} was committed, but read back ${changes.length} things differ, the first: ${spellChange(first)}`,
    { help: 'another program may be changing our tables: `ringwall status` lists what differs' },
  );
}

function withNote(error: unknown, note: string): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, message, help, exit, cause } = error;
  return new Failure(code, `${message}: ${note}`, { ...(help === undefined ? {} : { help }), exit, cause });
}
