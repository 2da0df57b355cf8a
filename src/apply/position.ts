import { type OwedHooks, readHook } from '../bridges/index.js';
import { type Reader, readJson } from '../ruleset/index.js';
import { type Replaced, readReplaced, replacedToJson } from '../sysctl/index.js';
import { type Pending, readPending } from './pending.js';
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

const fileOf = (state: StateDirectory): string => `${state.path}/position.json`;

export const readPosition = (state: StateDirectory): Position => findPosition(state) ?? nowhere;

/** Null when there is no such record. */
export function findPosition(state: StateDirectory): Position | null {
  const file = fileOf(state);
  const text = readRecord(state, file);
  return text === null ? null : readJson(text, file, decode, 'remove it: `ringwall apply` writes it again');
}

export function writePosition(state: StateDirectory, position: Position): void {
  const { unconfirmed, replaced, owedHooks, ...rest } = position;
  const refused = unconfirmed.length === 0 ? {} : { unconfirmed };
  const kept = replaced.size === 0 ? {} : { replaced: replacedToJson(replaced) };
  const owed = owedHooks.size === 0 ? {} : { owedHooks: Object.fromEntries(owedHooks) };
  state.files.writeAtomically(fileOf(state), `${JSON.stringify({ ...rest, ...refused, ...kept, ...owed })}\n`);
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
