import type { Located, Span } from './diagnostic.js';

const SURROGATE = /[\ud800-\udfff]/;

/** Makes the spans of one line from offsets in its text. Offsets count UTF-16 units, columns count code points. */
export class LineSpans {
  readonly file: string;
  readonly line: number;
  readonly #text: string;
  readonly #wide: boolean;

  /** `line` counts from 1. */
  constructor(file: string, line: number, text: string) {
    this.file = file;
    this.line = line;
    this.#text = text;
    this.#wide = SURROGATE.test(text);
  }

  /** From the character at `start` up to, and without, the one at `end`. */
  at(start: number, end: number): Span {
    const { file, line } = this;
    return { file, line, column: this.#column(start), endLine: line, endColumn: this.#column(end) };
  }

  located<T>(value: T, start: number, end: number): Located<T> {
    return { value, span: this.at(start, end) };
  }

  #column(offset: number): number {
    if (!this.#wide) return offset + 1;
    let column = 1;
    for (let at = 0; at < offset; column += 1) at += (this.#text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    return column;
  }
}

/** Columns from 1 of a line's code points: how far a caret has to go. */
export function lengthInCodePoints(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** From the start of the first span to the end of the second; both in one file, in order. */
export function cover(first: Span, last: Span): Span {
  return { ...first, endLine: last.endLine, endColumn: last.endColumn };
}
