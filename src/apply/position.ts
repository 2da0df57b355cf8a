import { type OwedHooks, readHook } from '../bridges/index.js';
import { type Reader, readJson } from '../ruleset/index.js';
import { type Replaced, readReplaced, replacedToJson } from '../sysctl/index.js';
import { readRecord, type StateDirectory } from './state-directory.js';

/** What takes the kernel from one generation to another. */
export type Action = 'apply' | 'rollback' | 'clear';

/**
 * Where we are among the generations. While the kernel is being changed `applying` names the generation it goes to:
 * found there by a later run, it says that this run was cut short, and the kernel holds either `current` or that one,
 * because a transaction is all or none.
 */
export interface Position {
  /** The generation the kernel was last brought to; null before the first. */
  readonly current: number | null;
  readonly applying: { readonly generation: number; readonly action: Action } | null;
  /**
   * The values of settings before ours took their place. Kept here and not in a generation, because it is a matter of
   * when a setting was first taken over. While `applying`, it also holds those the change gives back.
   */
  readonly replaced: Replaced;
  /** Commands of interfaces files that lower what others raised; here because not every generation runs them. */
  readonly owedHooks: OwedHooks;
}

/** Before anything was applied. */
export const nowhere: Position = { current: null, applying: null, replaced: new Map(), owedHooks: new Map() };

const fileOf = (state: StateDirectory): string => `${state.path}/position.json`;

export function readPosition(state: StateDirectory): Position {
  const file = fileOf(state);
  const text = readRecord(state, file);
  return text === null ? nowhere : readJson(text, file, decode, 'remove it: `ringwall apply` writes it again');
}

export function writePosition(state: StateDirectory, position: Position): void {
  const { replaced, owedHooks, ...rest } = position;
  const kept = replaced.size === 0 ? {} : { replaced: replacedToJson(replaced) };
  const owed = owedHooks.size === 0 ? {} : { owedHooks: Object.fromEntries(owedHooks) };
  state.files.writeAtomically(fileOf(state), `${JSON.stringify({ ...rest, ...kept, ...owed })}\n`);
}

const decode = (reader: Reader): Position => ({
  current: reader.field('current').nullable((field) => field.integer()),
  applying: reader.field('applying').nullable((field) => ({
    generation: field.field('generation').integer(),
    action: field.field('action').oneOf(['apply', 'rollback', 'clear']),
  })),
  replaced: reader.optional('replaced', readReplaced) ?? new Map(),
  owedHooks: new Map(reader.optional('owedHooks', (field) => field.entries((item) => item.list(readHook)))),
});
