import { type OwedHooks, readHook } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { type Reader, readJson } from '../ruleset/index.js';
import { type Replaced, readReplaced, replacedToJson } from '../sysctl/index.js';
import { type Pending, readPending } from './pending.js';
import { damaged, seal, unseal } from './seal.js';
import { readRecord, type StateDirectory } from './state-directory.js';

/** What takes the kernel from one generation to another. */
export type Action = 'apply' | 'rollback' | 'clear';

/** A change that is under way, and what must be known of it to finish or undo it after a crash. */
export interface Applying {
  /** The one it goes to. */
  readonly generation: number;
  readonly action: Action;
  /** What the kernel held of ours before it; null when it leaves the rules as they are. */
  readonly rules: {
    /** The id of the kernel's ruleset: with another one, somebody has committed since. */
    readonly ruleset: number;
    /** There was no table of ours. */
    readonly none: boolean;
  } | null;
  /** Does it change links? */
  readonly links: boolean;
}

/**
 * Where we are among the generations. While the kernel is being changed `applying` says to what: found there by a later
 * run, it says that this run was cut short.
 */
export interface Position {
  /** The generation the kernel was last brought to; null before the first. */
  readonly current: number | null;
  /** The last one that was kept: `current`, but for the time in which that is pending. */
  readonly confirmed: number | null;
  readonly applying: Applying | null;
  /** The change that is taken back unless somebody confirms it. */
  readonly pending: Pending | null;
  /** Generations that were in force and that nobody confirmed, ascending. */
  readonly unconfirmed: readonly number[];
  /**
   * The values of settings before ours took their place. Kept here and not in a generation, because it is a matter of
   * when a setting was first taken over. While `applying`, it also holds those the change gives back.
   */
  readonly replaced: Replaced;
  /** Commands of interfaces files that lower what others raised; here because not every generation runs them. */
  readonly owedHooks: OwedHooks;
}

/** Before anything was applied. */
export const nowhere: Position = {
  current: null,
  confirmed: null,
  applying: null,
  pending: null,
  unconfirmed: [],
  replaced: new Map(),
  owedHooks: new Map(),
};

/**
 * The record is kept twice, so that no one damaged file makes anybody forget what was confirmed. The copy is written
 * first: as long as `position.json` can be read, it is what counts.
 */
const filesOf = ({ path }: StateDirectory) => ({
  main: `${path}/position.json`,
  copy: `${path}/position-copy.json`,
});

const help =
  'nobody knows any more what is in force: remove both files, then `ringwall rollback N` or `ringwall apply`';

export const readPosition = (state: StateDirectory): Position => findPosition(state) ?? nowhere;

/** Null when there is no such record. Failure `damaged-file` when neither copy of it can be read. */
export const findPosition = (state: StateDirectory): Position | null => openPosition(state).position;

/** What is recorded, null when nothing is; and what is wrong with the first copy of it, when that cannot be read. */
export interface PositionRecord {
  readonly position: Position | null;
  readonly damage: Failure | null;
}

export function openPosition(state: StateDirectory): PositionRecord {
  const { main, copy } = filesOf(state);
  const first = readOne(state, main);
  if (first.position !== null) return { position: first.position, damage: null };
  const second = readOne(state, copy);
  const damage = first.damage ?? second.damage ?? damaged(main, 'it is missing', help);
  if (second.position !== null) return { position: second.position, damage };
  if (first.damage === null && second.damage === null) return { position: null, damage: null };
  throw damage;
}

/** One of the two. What others may have written is no damage, and ends everything. */
function readOne(state: StateDirectory, file: string): PositionRecord {
  try {
    const text = readRecord(state, file);
    return { position: text === null ? null : readJson(unseal(text, file, help), file, decode, help), damage: null };
  } catch (error) {
    // A disk that cannot read a block of it says EIO.
    if (!(error instanceof Failure) || !['damaged-file', 'file-error'].includes(error.code)) throw error;
    return { position: null, damage: error };
  }
}

export function writePosition(state: StateDirectory, position: Position): void {
  const { unconfirmed, replaced, owedHooks, ...rest } = position;
  const refused = unconfirmed.length === 0 ? {} : { unconfirmed };
  const kept = replaced.size === 0 ? {} : { replaced: replacedToJson(replaced) };
  const owed = owedHooks.size === 0 ? {} : { owedHooks: Object.fromEntries(owedHooks) };
  const text = seal({ ...rest, ...refused, ...kept, ...owed });
  const { main, copy } = filesOf(state);
  state.files.writeAtomically(copy, text);
  state.files.writeAtomically(main, text);
}

/** Makes the two the same again, after damage or a crash between them. What cannot be written is left for the next run. */
export function mendPosition(state: StateDirectory, position: Position): void {
  const { main, copy } = filesOf(state);
  try {
    if (readRecord(state, main) !== readRecord(state, copy)) writePosition(state, position);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

const decode = (reader: Reader): Position => ({
  current: reader.field('current').nullable((field) => field.integer()),
  confirmed: reader.field('confirmed').nullable((field) => field.integer()),
  applying: reader.field('applying').nullable((field) => ({
    generation: field.field('generation').integer(),
    action: field.field('action').oneOf(['apply', 'rollback', 'clear']),
    rules: field.field('rules').nullable((rules) => ({
      ruleset: rules.field('ruleset').integer(),
      none: rules.field('none').boolean(),
    })),
    links: field.field('links').boolean(),
  })),
  pending: reader.field('pending').nullable(readPending),
  unconfirmed: reader.optional('unconfirmed', (field) => field.list((item) => item.integer())) ?? [],
  replaced: reader.optional('replaced', readReplaced) ?? new Map(),
  owedHooks: readOwedHooks(reader),
});

export const readOwedHooks = (reader: Reader): OwedHooks =>
  new Map(reader.optional('owedHooks', (field) => field.entries((item) => item.list(readHook))));
