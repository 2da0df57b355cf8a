import type { Span } from '../diagnostics/index.js';
import type { AddressField, DataType, Field, FlagField, NameField } from './field.js';
import type { Interval } from './interval.js';

/** The two table families ringwall writes: `inet` for the host, `bridge` for the guests. */
export type TableFamily = 'inet' | 'bridge';

/** The source line a rule or element comes from. `file` is relative to the site's root; `line` counts from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** The line a span begins on. */
export const originOf = ({ file, line }: Span): Origin => ({ file, line });

/** The beginning of an origin's line, for findings about the whole of it. */
export const spanOf = (origin: Origin): Span => ({ ...origin, column: 1, endLine: origin.line, endColumn: 1 });

/** The packet's field is (or, negated, is not) in one of these merged intervals. */
export interface ValueMatch {
  readonly kind: 'values';
  readonly field: Field;
  readonly negated: boolean;
  readonly values: readonly Interval[];
}

/** The packet's field is (or is not) in a named set of the same table. */
export interface SetMatch {
  readonly kind: 'set';
  readonly field: Field;
  readonly negated: boolean;
  readonly set: string;
}

/** The interface is (or is not) one of these names; a name may end in `*`. */
export interface NameMatch {
  readonly kind: 'names';
  readonly field: NameField;
  readonly negated: boolean;
  readonly names: readonly string[];
}

/** `any`: at least one of the bits of `mask` is set. `exactly`: field & mask = value. */
export type FlagMatch =
  | { readonly kind: 'flags'; readonly field: FlagField; readonly test: 'any'; readonly mask: number }
  | {
      readonly kind: 'flags';
      readonly field: FlagField;
      readonly test: 'exactly';
      readonly mask: number;
      readonly value: number;
      readonly negated: boolean;
    };

/** All matches of a rule must hold. Which header a field needs (family, transport) is implied, never spelled out. */
export type Match = ValueMatch | SetMatch | NameMatch | FlagMatch;

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export type RejectWith = 'tcp reset' | 'port-unreachable' | 'admin-prohibited';

export type Statement =
  | { readonly kind: 'counter' }
  | ({ readonly kind: 'limit' } & Rate)
  /**
   * Counts the packet for its own value of `field` in a dynamic set, of an address for its network of `prefix` bits. Only
   * packets above the value's rate get past this statement; for all others the rule ends here.
   */
  | ({ readonly kind: 'update'; readonly set: string; readonly field: AddressField; readonly prefix: number } & Rate)
  /** Sends the packet's head to nflog `group`; `prefix` has at most 127 bytes. */
  | { readonly kind: 'log'; readonly group: number; readonly prefix: string }
  | { readonly kind: 'set mark'; readonly field: 'meta mark' | 'ct mark'; readonly value: number }
  /** `port-unreachable` and `admin-prohibited` are icmpx codes: one statement serves both address families. */
  | { readonly kind: 'reject'; readonly with: RejectWith }
  /**
   * Hands the packet to a program that listens on one of the nfqueue numbers `first` to `last`, chosen by flow. Without
   * a listener the packet passes (the kernel's flag `bypass`). It ends the base chain, as accept does.
   */
  | { readonly kind: 'queue'; readonly first: number; readonly last: number }
  /** Assigns a helper of the same table to the packet's connection, which must be a new one. */
  | { readonly kind: 'set helper'; readonly helper: string }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** Looks the field up in a verdict map of the same table; no entry means: go on with the next rule. */
  | { readonly kind: 'dispatch'; readonly field: KeyField; readonly map: string };

/** So many packets a unit of time, and at once `burst` more than that would allow. */
export interface Rate {
  readonly rate: number;
  readonly unit: LimitUnit;
  readonly burst: number;
}

export type LimitUnit = 'second' | 'minute' | 'hour' | 'day';

export interface Rule {
  readonly matches: readonly Match[];
  readonly statements: readonly Statement[];
  /** Null for what no line asks for, such as accepting established traffic. */
  readonly origin: Origin | null;
  /** What an implied rule is for, in a few words; shown beside or instead of the origin. */
  readonly note?: string;
}

export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

export interface BaseHook {
  readonly hook: Hook;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

export interface Chain {
  readonly name: string;
  /** Absent for a chain that is only jumped to. */
  readonly base?: BaseHook;
  readonly rules: readonly Rule[];
}

/** A named set of one data type, always with intervals; `elements` are merged and sorted. */
export interface NamedSet {
  readonly name: string;
  readonly type: DataType;
  readonly elements: readonly Interval[];
  readonly origin: Origin | null;
}

/**
 * A set that the kernel fills by `update` statements: it never has elements of ours, and what it holds is no difference.
 * An element leaves it `timeout` seconds after its last packet. When `size` elements are in it, no further one enters.
 */
export interface DynamicSet {
  readonly name: string;
  readonly type: DataType;
  readonly timeout: number;
  readonly size: number;
  readonly origin: Origin | null;
}

/** A field that verdict maps are asked with. */
export type KeyField = NameField | 'ether daddr';

/** What the keys of a verdict map are: interface names, or MAC addresses. */
export type KeyType = 'ifname' | 'ether_addr';

/** An exact interface name in a map of type `ifname`, a 48-bit number in one of type `ether_addr`. */
export type MapKey = string | bigint;

/**
 * A helper of connection tracking: it reads along in the connections it is assigned to, and those they announce become
 * `related`.
 */
export interface CtHelper {
  readonly name: string;
  /** The kernel's name for it, such as `ftp`. */
  readonly type: string;
  readonly protocol: 'tcp' | 'udp';
  /** `inet` is both address families. */
  readonly l3proto: 'ip' | 'inet';
  readonly origin: Origin | null;
}

/** A map from exact keys to verdicts. */
export interface VerdictMap {
  readonly name: string;
  readonly type: KeyType;
  readonly elements: readonly MapElement[];
}

export interface MapElement {
  readonly key: MapKey;
  readonly verdict: Verdict;
  readonly origin: Origin | null;
}

/** Order: chains as they should be read by people; names are unique per kind within a table. */
export interface Table {
  readonly family: TableFamily;
  readonly name: string;
  readonly chains: readonly Chain[];
  readonly sets: readonly NamedSet[];
  readonly maps: readonly VerdictMap[];
  /** Absent where there are none; so are they in generations stored by versions that knew none. */
  readonly dynamicSets?: readonly DynamicSet[];
  /** As `dynamicSets`. */
  readonly helpers?: readonly CtHelper[];
}

export interface Ruleset {
  readonly tables: readonly Table[];
}

/** The name of both our tables. Nothing outside `inet ringwall` and `bridge ringwall` is ever written. */
export const TABLE_NAME = 'ringwall';

/** The chain that answers what a rule rejects: a packet that ends in it is refused, even where the kernel says nothing. */
export const REJECT_CHAIN = 'refuse';
/** Where frames from a port, and to one, go that looks like a guest's and that no rules were made for. */
export const LATE_OUT_CHAIN = 'late-out';
export const LATE_IN_CHAIN = 'late-in';

/** The same where the kernel cannot answer: it drops, and is a refusal to whoever reads the ruleset. */
export const UNANSWERED_CHAIN = 'refuse-unanswered';

export const isRefusal = (chain: string): boolean => chain === REJECT_CHAIN || chain === UNANSWERED_CHAIN;

/** The set of the inet table with the addresses of one family that may manage the node. */
export const managementSet = (family: 4 | 6): string => `management-v${family}`;
