import type { ForeignObject } from './current.js';
import type { Interval } from './interval.js';
import type {
  Chain,
  CtHelper,
  DynamicSet,
  MapElement,
  MapKey,
  NamedSet,
  Origin,
  Rule,
  TableFamily,
  VerdictMap,
} from './ruleset.js';

/** Which of our tables an operation works in. */
export interface TableRef {
  readonly family: TableFamily;
  readonly name: string;
}

/** Where a new rule goes: at the end of its chain, or before the rule with this kernel handle. */
export type RulePosition = { readonly at: 'end' } | { readonly at: 'before'; readonly handle: bigint };

/**
 * One step of a transaction, in the kernel's terms. A transaction is a list of these, carried out in order and all or
 * none. Chains, sets and maps are created empty; their content follows as rules and elements of their own.
 */
export type Operation =
  | { readonly kind: 'add table'; readonly table: TableRef }
  | { readonly kind: 'delete table'; readonly table: TableRef }
  | { readonly kind: 'add chain'; readonly table: TableRef; readonly chain: Chain }
  | { readonly kind: 'delete chain'; readonly table: TableRef; readonly chain: string }
  | { readonly kind: 'add set'; readonly table: TableRef; readonly set: NamedSet }
  | { readonly kind: 'add dynamic set'; readonly table: TableRef; readonly set: DynamicSet }
  /** Of either kind. */
  | { readonly kind: 'delete set'; readonly table: TableRef; readonly set: string }
  | {
      readonly kind: 'add elements';
      readonly table: TableRef;
      readonly set: NamedSet;
      readonly elements: readonly Interval[];
    }
  | {
      readonly kind: 'delete elements';
      readonly table: TableRef;
      readonly set: NamedSet;
      readonly elements: readonly Interval[];
    }
  | { readonly kind: 'add helper'; readonly table: TableRef; readonly helper: CtHelper }
  | { readonly kind: 'delete helper'; readonly table: TableRef; readonly helper: string }
  | { readonly kind: 'delete foreign object'; readonly table: TableRef; readonly object: ForeignObject }
  | { readonly kind: 'add map'; readonly table: TableRef; readonly map: VerdictMap }
  | { readonly kind: 'delete map'; readonly table: TableRef; readonly map: string }
  | {
      readonly kind: 'add map elements';
      readonly table: TableRef;
      readonly map: string;
      readonly elements: readonly MapElement[];
    }
  | {
      readonly kind: 'delete map elements';
      readonly table: TableRef;
      readonly map: string;
      readonly keys: readonly MapKey[];
    }
  | {
      readonly kind: 'add rule';
      readonly table: TableRef;
      readonly chain: string;
      readonly rule: Rule;
      readonly position: RulePosition;
    }
  | {
      readonly kind: 'delete rule';
      readonly table: TableRef;
      readonly chain: string;
      readonly handle: bigint;
      readonly origin: Origin | null;
    }
  /** Deletes every rule of the chain. */
  | { readonly kind: 'flush chain'; readonly table: TableRef; readonly chain: string };

/** What the kernel answered to a transaction. `operation` is the index of the operation that caused the refusal. */
export type TransactionResult =
  | { readonly ok: true }
  /** Somebody else committed after the plan was made: plan again. */
  | { readonly ok: false; readonly reason: 'stale' }
  | { readonly ok: false; readonly reason: 'refused'; readonly errors: readonly TransactionError[] }
  /** The kernel's answer was lost (ENOBUFS): read back before deciding anything. */
  | { readonly ok: false; readonly reason: 'unknown' };

export interface TransactionError {
  /** Null when the kernel blames the batch as a whole. */
  readonly operation: number | null;
  /** For example `ENOENT`. */
  readonly errno: string;
  /** The kernel's own words, or the path of the attribute it points at, such as `rule.expressions[2].payload.len`. */
  readonly detail: string | null;
}
