/** One character of a source line as a terminal shows it. */
export interface Cell {
  /** What to print: the character, or something harmless in its place. */
  readonly shown: string;
  /** Columns of a terminal it takes. */
  readonly width: number;
}

const TAB_STOP = 8;

/** Controls, format characters (byte order mark, bidirectional overrides), line separators, lone surrogates. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const HARMFUL_EVERYWHERE = new RegExp(HARMFUL, 'gu');
const COMBINING = /\p{M}/u;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** The characters of a line, one cell for each code point, so that a column of a span is an index from 1. */
export function cellsOf(line: string): Cell[] {
  const cells: Cell[] = [];
  let reached = 0;
  for (const character of line) {
    const cell = cellOf(character, reached);
    cells.push(cell);
    reached += cell.width;
  }
  return cells;
}

/** Text without anything that moves the cursor, changes colours or reorders what stands beside it. */
export function harmless(text: string): string {
  return text.replace(HARMFUL_EVERYWHERE, picture);
}

/** JSON of the same meaning, in which such characters are escapes. */
export function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replace(HARMFUL_EVERYWHERE, escapes);
}

function cellOf(character: string, reached: number): Cell {
  if (character === '\t') {
    const width = TAB_STOP - (reached % TAB_STOP);
    return { shown: ' '.repeat(width), width };
  }
  if (HARMFUL.test(character)) return { shown: picture(character), width: 1 };
  if (COMBINING.test(character)) return { shown: character, width: 0 };
  return { shown: character, width: WIDE.test(character) ? 2 : 1 };
}

/** One escape for each UTF-16 unit, as JSON has it. */
const escapes = (character: string): string =>
  [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');

/** C0 controls have pictures of their own in Unicode (U+2400 and up); the rest shares the replacement character. */
function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
