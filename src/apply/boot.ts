import { Failure } from '../diagnostics/index.js';
import { rebuildRuleset } from '../ruleset/index.js';
import { findMeta, removeGeneration, storedGenerations } from './generation.js';
import { openGeneration } from './generation-files.js';
import { removeLinkJournal } from './link-journal.js';
import { nowhere, openPosition, type Position, writePosition } from './position.js';
import { messageOf, orWarn, restoreLinks, restoreRules, restoreSettings } from './restore.js';
import { checkStateDirectory, removeUnfinished, type StateDirectory, waitForLock } from './state-directory.js';
import { removeWayBack } from './way-back.js';
import type { World } from './world.js';

export interface Restored {
  /** The generation whose rules the kernel holds now; null when nothing was ever applied and kept. */
  readonly generation: number | null;
  /** The generation that was confirmed last; null when none was, or nobody knows which. */
  readonly confirmed: number | null;
  /** What is not as the generation says, or was restored in another's place. */
  readonly warnings: readonly string[];
}

/**
 * Restores the last confirmed generation from the state directory alone, for when the machine starts: the rules first,
 * from the batch that is ready to be sent, then the settings, then the links whose hardware is there. A change that was
 * pending or under way is dropped. When that generation cannot be restored another confirmed one is, because any is
 * better than a host that is open; Failure `nothing-restored` when none can be.
 */
export async function restoreAtBoot(world: World): Promise<Restored> {
  if (!checkStateDirectory(world.state)) return nothingThere;
  const warnings: string[] = [];
  const lock = await waitForLock(world).catch((error: unknown) => {
    // A disk that is read-only has no lock to give, and nobody who could have taken it.
    if (error instanceof Failure && error.code === 'locked') throw error;
    warnings.push(messageOf(error));
    return null;
  });
  try {
    return await restore(world, warnings);
  } finally {
    lock?.release();
  }
}

async function restore(world: World, warnings: string[]): Promise<Restored> {
  const { state } = world;
  const stored = storedGenerations(state);
  const position = lookUp(state, warnings);
  if (stored.length === 0 && position === null) return { ...nothingThere, warnings };
  const from = position ?? { ...nowhere, unconfirmed: stored.filter((generation) => isOnTrial(state, generation)) };
  const candidates = position === null ? keptAtOnce(stored, from) : bootCandidates(stored, position);
  const { confirmed } = from;
  for (const generation of candidates) {
    const found = orWarn(warnings, () => openGeneration(state, generation));
    if (found === null || !(await restoreRules(world, found, warnings))) continue;
    const replaced = restoreSettings(world, found, from.replaced, warnings);
    await restoreLinks(world, found, from, warnings);
    record(world, { ...from, replaced }, generation, warnings);
    return { generation, confirmed, warnings };
  }
  if (candidates.length > 0 || position === null) {
    throw new Failure('nothing-restored', ['no generation could be restored', ...warnings].join('; '), {
      help: 'the kernel got no rules of ringwall: `ringwall apply` compiles the files anew',
    });
  }
  // Nothing was ever kept. Where the machine was not started anew, what was pending is there still.
  if (from.pending !== null) await dropTables(world, warnings);
  record(world, from, null, warnings);
  return { generation: null, confirmed, warnings };
}

const nothingThere: Restored = { generation: null, confirmed: null, warnings: [] };

/** Null when neither copy of the record can be read, or none is there. */
function lookUp(state: StateDirectory, warnings: string[]): Position | null {
  const record = orWarn(warnings, () => openPosition(state));
  if (record?.damage != null) warnings.push(record.damage.message);
  return record?.position ?? null;
}

/** One that cannot be read is none that could be restored. */
const isOnTrial = (state: StateDirectory, generation: number): boolean => findMeta(state, generation)?.onTrial ?? true;

/** What may be restored when nobody knows what was confirmed: none that waited for it, the newest first. */
const keptAtOnce = (stored: readonly number[], { unconfirmed }: Position): number[] =>
  stored.filter((generation) => !unconfirmed.includes(generation)).reverse();

/**
 * The generations that may be restored, the likeliest first: the last one that was kept, those before it, then those
 * after it that somebody went back from. None that nobody confirmed.
 */
export function bootCandidates(stored: readonly number[], position: Position): number[] {
  const { confirmed, pending, unconfirmed } = position;
  if (confirmed === null) return [];
  const never = [confirmed, pending?.generation, unusedGeneration(position), ...unconfirmed];
  const others = stored.filter((generation) => !never.includes(generation));
  return [
    confirmed,
    ...others.filter((generation) => generation < confirmed).reverse(),
    ...others.filter((generation) => generation > confirmed),
  ];
}

async function dropTables({ nftables }: World, warnings: string[]): Promise<void> {
  const result = await nftables.load(await nftables.encode(rebuildRuleset({ tables: [] }), null));
  if (!result.ok) warnings.push(`our tables could not be taken out of the kernel (${result.reason})`);
}

/** What cannot be written now is written by the next run. */
function record({ state }: World, from: Position, generation: number | null, warnings: string[]): void {
  const { pending, applying, unconfirmed } = from;
  // One that was cut short was never in force as a whole: nobody can go to it.
  const dropped = pending === null || applying !== null ? [] : [pending.generation];
  orWarn(warnings, () => {
    removeUnfinished(state);
    // While the position still names it: nobody finds it afterwards.
    const unused = unusedGeneration(from);
    if (unused !== null) removeGeneration(state, unused);
    writePosition(state, {
      ...from,
      current: generation,
      confirmed: generation,
      applying: null,
      pending: null,
      unconfirmed: [...new Set([...unconfirmed, ...dropped])].sort((a, b) => a - b),
    });
    removeWayBack(state);
    removeLinkJournal(state);
  });
}

/** The one a run was storing when it was cut short: never in force as far as anybody knows. */
const unusedGeneration = ({ applying }: Position): number | null =>
  applying === null || applying.action === 'rollback' ? null : applying.generation;
