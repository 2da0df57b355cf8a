import { parse } from './generated/firewall.js';
import { type Fields, fields, flag, list, optionalPiece, type Piece, piece } from './shape.js';

/**
 * What `grammar/firewall.peggy` makes of one line, typed. Each function takes the line without its surrounding blanks
 * and reads any text: what is missing is null or empty.
 */
export interface HeaderShape extends Tail {
  readonly kind: Piece;
  readonly name: Piece;
  readonly closed: boolean;
}

export interface OptionShape {
  /** Null when the line has no `key:`; the value is then the whole line. */
  readonly key: Piece | null;
  readonly value: Piece;
  readonly comment: Piece | null;
}

export interface AliasShape extends Tail {
  readonly name: Piece;
  readonly address: Piece | null;
}

export interface EntryShape extends Tail {
  readonly nomatch: boolean;
  readonly member: Piece | null;
}

export type RuleShape = {
  readonly disabled: boolean;
  readonly direction: Piece;
  readonly items: readonly ItemShape[];
  readonly comment: Piece | null;
} & (
  | { readonly kind: 'group'; readonly group: Piece | null }
  | { readonly kind: 'match'; readonly action: ActionShape | null }
);

export interface ActionShape {
  readonly macro: Piece | null;
  readonly verdict: Piece;
  /** False for `SSH(ACCEPT` without its closing parenthesis. */
  readonly closed: boolean;
}

/** One `-name value`, or a word that is no option (`name` null). */
export type ItemShape =
  | { readonly name: Piece; readonly value: Piece | null }
  | { readonly name: null; readonly value: Piece };

interface Tail {
  /** Text between the last expected word and the comment. */
  readonly rest: Piece | null;
  readonly comment: Piece | null;
}

export function parseHeader(line: string): HeaderShape {
  const { kind, name, closed, ...tail } = fields(parse(line, { startRule: 'Header' }));
  return { kind: piece(kind), name: piece(name), closed: flag(closed), ...tailOf(tail) };
}

export function parseOption(line: string): OptionShape {
  const { key, value, comment } = fields(parse(line, { startRule: 'Option' }));
  return { key: optionalPiece(key), value: piece(value), comment: optionalPiece(comment) };
}

export function parseAlias(line: string): AliasShape {
  const { name, address, ...tail } = fields(parse(line, { startRule: 'Alias' }));
  return { name: piece(name), address: optionalPiece(address), ...tailOf(tail) };
}

export function parseEntry(line: string): EntryShape {
  const { nomatch, member, ...tail } = fields(parse(line, { startRule: 'Entry' }));
  return { nomatch: flag(nomatch), member: optionalPiece(member), ...tailOf(tail) };
}

export function parseRule(line: string): RuleShape {
  const { kind, disabled, direction, group, action, items, comment } = fields(parse(line, { startRule: 'Rule' }));
  const common = {
    disabled: flag(disabled),
    direction: piece(direction),
    items: list(items).map(itemOf),
    comment: optionalPiece(comment),
  };
  return kind === 'group'
    ? { kind, group: optionalPiece(group), ...common }
    : { kind: 'match', action: actionOf(action), ...common };
}

function actionOf(value: unknown): ActionShape | null {
  if (value === null) return null;
  const { macro, verdict, closed } = fields(value);
  return { macro: optionalPiece(macro), verdict: piece(verdict), closed: flag(closed) };
}

function itemOf(item: unknown): ItemShape {
  const { name, value } = fields(item);
  return name === null ? { name, value: piece(value) } : { name: piece(name), value: optionalPiece(value) };
}

function tailOf({ rest, comment }: Fields): Tail {
  return { rest: optionalPiece(rest), comment: optionalPiece(comment) };
}
