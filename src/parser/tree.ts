import type { Diagnostic, Located, Span } from '../diagnostics/index.js';

/**
 * The lossless tree of a firewall file (`cluster.fw`, `host.fw`, `<VMID>.fw`, `sdn/firewall/<vnet>.fw`). Every line
 * keeps its text and its line ending, so an unchanged tree prints to the same bytes; `content` is what the text means.
 */
export interface FirewallTree {
  readonly file: string;
  readonly scope: FirewallScope;
  readonly encoding: Encoding;
  readonly lines: readonly Line[];
}

export type FirewallScope = 'cluster' | 'host' | 'guest' | 'vnet';

/** `latin1`: the bytes are no valid UTF-8; each byte is kept as one character, so that printing gives them back. */
export type Encoding = 'utf8' | 'latin1';

export type LineEnding = '\n' | '\r\n' | '';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly ending: LineEnding;
  readonly content: LineContent;
}

export type SectionKind = 'options' | 'aliases' | 'ipset' | 'rules' | 'group';

/** A word or phrase of a line and where it stands. */
export type Word = Located<string>;

export type LineContent =
  | { readonly kind: 'blank' }
  | { readonly kind: 'comment' }
  | {
      readonly kind: 'header';
      readonly section: SectionKind;
      readonly name: Word | null;
      readonly comment: Word | null;
      readonly span: Span;
    }
  | { readonly kind: 'option'; readonly key: Word; readonly value: Word; readonly comment: Word | null }
  | { readonly kind: 'alias'; readonly name: Word; readonly address: Word; readonly comment: Word | null }
  | { readonly kind: 'entry'; readonly nomatch: boolean; readonly member: Word; readonly comment: Word | null }
  | { readonly kind: 'rule'; readonly rule: RuleNode; readonly comment: Word | null }
  /** Cannot be read: one diagnostic was reported and the line does nothing. */
  | { readonly kind: 'inert'; readonly about?: Subject };

/** What a line that cannot be read was to set, to declare, or to leave out of its IP set; the span is the whole line. */
export type Subject =
  | { readonly kind: 'option' | 'alias' | 'ipset'; readonly name: string; readonly span: Span }
  | { readonly kind: 'exclusion'; readonly span: Span };

export type Direction = 'IN' | 'OUT' | 'FORWARD';
export type RuleVerdict = 'ACCEPT' | 'DROP' | 'REJECT';

export interface GroupRuleNode {
  readonly kind: 'group';
  readonly disabled: boolean;
  readonly span: Span;
  readonly group: Word;
  readonly options: readonly RuleOptionNode[];
}

export interface MatchRuleNode {
  readonly kind: 'match';
  readonly disabled: boolean;
  /** From the first character of the rule (after a disabling bar) to its last, the comment left out. */
  readonly span: Span;
  readonly direction: Located<Direction>;
  /** The verdict, folded to upper case; `macro` keeps the spelling of the file. */
  readonly verdict: Located<RuleVerdict>;
  readonly macro: Word | null;
  readonly options: readonly RuleOptionNode[];
}

export type RuleNode = GroupRuleNode | MatchRuleNode;

export type RuleOptionKey = 'iface' | 'source' | 'dest' | 'proto' | 'dport' | 'sport' | 'log' | 'icmp-type';

/** One `-key value`; short and long spellings are folded into `key`. */
export interface RuleOptionNode {
  readonly key: RuleOptionKey;
  readonly keySpan: Span;
  readonly value: Word;
}

/** What reading a text gives: always a tree, whatever the bytes. */
export interface Parsed<Tree> {
  readonly tree: Tree;
  readonly diagnostics: readonly Diagnostic[];
}
