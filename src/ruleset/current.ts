import type { DataType } from './field.js';
import type { Interval } from './interval.js';
import type { BaseHook, DynamicSet, KeyType, MapKey, TableFamily, Verdict } from './ruleset.js';

/** Our tables as the kernel holds them, read back in one consistent dump. */
export interface CurrentRuleset {
  /** The kernel's ruleset generation id the dump belongs to; guards the transaction that is planned from it. */
  readonly generation: number;
  readonly tables: readonly CurrentTable[];
}

export interface CurrentTable {
  readonly family: TableFamily;
  readonly name: string;
  readonly chains: readonly CurrentChain[];
  readonly sets: readonly CurrentSet[];
  readonly maps: readonly CurrentMap[];
  /** What is in them is the kernel's own business, and not read. */
  readonly dynamicSets?: readonly CurrentDynamicSet[];
  readonly helpers?: readonly CurrentHelper[];
  /** Switched off as a whole (`flags dormant`): no chain of it is asked. */
  readonly dormant?: true;
  /** Names of sets and maps (not anonymous) whose shape is none of ours: always foreign. */
  readonly foreignSets: readonly string[];
  /** What no table of ours ever has: stateful objects other than helpers, and flowtables. */
  readonly foreignObjects?: readonly ForeignObject[];
}

/** `type` is the kernel's number of it (NFT_OBJECT_*). */
export type ForeignObject =
  | { readonly kind: 'flowtable'; readonly name: string }
  | { readonly kind: 'object'; readonly type: number; readonly name: string };

export interface CurrentChain {
  readonly name: string;
  /** `foreign`: a base chain of a hook or type that none of ours has. */
  readonly base?: BaseHook | 'foreign';
  readonly rules: readonly CurrentRule[];
}

/**
 * A rule in the kernel is immutable: it can only be replaced. So a digest of ours in its userdata says what it
 * holds, and a rule without one was written by somebody else.
 */
export interface CurrentRule {
  readonly handle: bigint;
  readonly digest: string | null;
  readonly comment: string | null;
  readonly counter: { readonly packets: bigint; readonly bytes: bigint } | null;
}

export interface CurrentSet {
  readonly name: string;
  readonly type: DataType;
  readonly elements: readonly Interval[];
}

export type CurrentDynamicSet = Omit<DynamicSet, 'origin'>;

/** Protocol and family in nft's words, or as the kernel's number where no helper of ours has them. */
export interface CurrentHelper {
  readonly name: string;
  readonly type: string;
  readonly protocol: string;
  readonly l3proto: string;
}

export interface CurrentMap {
  readonly name: string;
  readonly type: KeyType;
  readonly elements: readonly { readonly key: MapKey; readonly verdict: Verdict }[];
}
