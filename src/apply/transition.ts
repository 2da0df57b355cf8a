import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import type { Clock } from '../ports/index.js';
import { type Change, diffRuleset, type Ruleset, spellChange } from '../ruleset/index.js';
import { bring } from './bring.js';
import { findGenerationRuleset, removeGeneration, storedGenerations } from './generation.js';
import { makePlan, type Plan } from './plan.js';
import { type Action, type Position, readPosition, writePosition } from './position.js';
import type { StateDirectory } from './state-directory.js';

/** Everything outside that applying needs. */
export interface World {
  readonly state: StateDirectory;
  readonly clock: Clock;
  readonly nftables: NftablesPort;
}

export interface Transition {
  readonly action: Action;
  readonly generation: number;
  readonly ruleset: Ruleset;
  readonly plan: Plan;
  /** Stores the generation; null when it is stored already. */
  readonly store: (() => void) | null;
}

/**
 * Takes the kernel to a generation in steps of which each leaves records that tell what happened: the position says
 * where it goes, the generation is stored, the kernel commits, the position says that it is there, the kernel is read
 * back. The caller holds the lock.
 */
export async function carryOut(world: World, from: Position, to: Transition): Promise<readonly Change[]> {
  const { state, nftables } = world;
  try {
    writePosition(state, { current: from.current, applying: { generation: to.generation, action: to.action } });
    to.store?.();
  } catch (error) {
    takeBack(state, from, to);
    throw withNote(error, 'nothing was changed');
  }

  const brought = await bring(nftables, to.ruleset, to.plan);
  if (!brought.committed) {
    takeBack(state, from, to);
    throw brought.failure;
  }

  try {
    writePosition(state, { current: to.generation, applying: null });
  } catch (error) {
    throw withNote(error, `the rules of generation ${to.generation} are in force, the next run will record it`);
  }
  await verify(nftables, to);
  return brought.changes;
}

/**
 * Finishes the records of a run that was cut short: when the kernel holds the generation it was going to, that is the
 * current one; else it never happened, and an unused new generation is removed. The caller holds the lock.
 */
export async function settle({ state, nftables }: World): Promise<Position> {
  const position = readPosition(state);
  const { applying } = position;
  if (applying === null) return position;
  const goal = findGenerationRuleset(state, applying.generation);
  const arrived = goal !== null && diffRuleset(goal, await nftables.read()).operations.length === 0;
  if (!arrived && applying.action !== 'rollback') removeGeneration(state, applying.generation);
  const settled: Position = { current: arrived ? applying.generation : position.current, applying: null };
  writePosition(state, settled);
  return settled;
}

/** The next free number: never one that was used before and is still stored. */
export function nextGeneration(state: StateDirectory): number {
  return (storedGenerations(state).at(-1) ?? 0) + 1;
}

/** Undoes the records of a change that did not happen. What cannot be undone now, `settle` does in the next run. */
function takeBack(state: StateDirectory, from: Position, to: Transition): void {
  try {
    if (to.store !== null) removeGeneration(state, to.generation);
    writePosition(state, from);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

async function verify(nftables: NftablesPort, { generation, ruleset }: Transition): Promise<void> {
  const { changes } = await makePlan(nftables, ruleset);
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
