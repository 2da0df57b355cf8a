import { parse } from './generated/interfaces.js';
import { fields, list, optionalPiece, type Piece, piece } from './shape.js';

/** What `grammar/interfaces.peggy` makes of one line, typed. Any text can be read; what is missing is null. */
export type InterfacesShape =
  | { readonly kind: 'auto'; readonly keyword: Piece; readonly names: readonly Piece[] }
  | {
      readonly kind: 'iface';
      readonly keyword: Piece;
      readonly name: Piece | null;
      readonly family: Piece | null;
      readonly method: Piece | null;
      /** The name behind `inherits`. */
      readonly inherits: Piece | null;
      readonly rest: Piece | null;
    }
  | { readonly kind: 'source'; readonly keyword: Piece; readonly path: Piece | null; readonly rest: Piece | null }
  | { readonly kind: 'other'; readonly keyword: Piece; readonly names: readonly Piece[] }
  | { readonly kind: 'option'; readonly key: Piece; readonly value: Piece | null };

/** Takes a line without its surrounding blanks. */
export function parseInterfacesLine(line: string): InterfacesShape {
  const { kind, keyword, names, name, family, method, inherits, rest, path, key, value } = fields(
    parse(line, { startRule: 'Line' }),
  );
  switch (kind) {
    case 'auto':
      return { kind, keyword: piece(keyword), names: list(names).map(piece) };
    case 'iface':
      return {
        kind,
        keyword: piece(keyword),
        name: optionalPiece(name),
        family: optionalPiece(family),
        method: optionalPiece(method),
        inherits: optionalPiece(inherits),
        rest: optionalPiece(rest),
      };
    case 'source':
      return { kind, keyword: piece(keyword), path: optionalPiece(path), rest: optionalPiece(rest) };
    case 'other':
      return { kind, keyword: piece(keyword), names: list(names).map(piece) };
    default:
      return { kind: 'option', key: piece(key), value: optionalPiece(value) };
  }
}
