import { parse } from './generated/guest.js';
import { fields, list, optionalPiece, type Piece, piece } from './shape.js';

/** What `grammar/guest.peggy` makes of one line, typed. Any text can be read. */
export type GuestLineShape =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'section'; readonly name: string }
  | { readonly kind: 'setting'; readonly key: Piece; readonly value: Piece };

export interface PropertyShape {
  readonly key: Piece;
  /** Null when there is no `=`. */
  readonly value: Piece | null;
}

/** Takes a line without its surrounding blanks. */
export function parseGuestLine(line: string): GuestLineShape {
  const { kind, name, key, value } = fields(parse(line, { startRule: 'Line' }));
  switch (kind) {
    case 'section':
      return { kind, name: String(name) };
    case 'setting':
      return { kind, key: piece(key), value: piece(value) };
    default:
      return { kind: 'unreadable' };
  }
}

/** Takes the value of a `netN` line. */
export function parseProperties(text: string): PropertyShape[] {
  return list(parse(text, { startRule: 'Properties' })).map((item) => {
    const { key, value } = fields(item);
    return { key: piece(key), value: optionalPiece(value) };
  });
}
