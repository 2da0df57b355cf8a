/** A piece of a line as a generated parser gives it; `start` and `end` are offsets in the text it was given. */
export interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Generated parsers return values the type checker knows nothing about: these functions narrow them. A value of
 * another shape means that a grammar and its reader disagree, which no input can cause.
 */
export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields {
  if (!isFields(value)) throw mismatch('an object', value);
  return value;
}

export function piece(value: unknown): Piece {
  const found = optionalPiece(value);
  if (found === null) throw mismatch('a piece of text', value);
  return found;
}

export function optionalPiece(value: unknown): Piece | null {
  if (value === null) return null;
  const { text, start, end } = fields(value);
  if (typeof text !== 'string' || typeof start !== 'number' || typeof end !== 'number') {
    throw mismatch('a piece of text', value);
  }
  return { text, start, end };
}

export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw mismatch('a list', value);
  return value;
}

export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw mismatch('a boolean', value);
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function mismatch(wanted: string, found: unknown): TypeError {
  return new TypeError(`the grammar gave ${JSON.stringify(found)} where its reader wants ${wanted}`);
}
