import type { Span } from './diagnostic.js';

const SURROGATE = /[\ud800-\udfff]/;

/** Turns offsets, counted in UTF-16 units, into the span from the character at `start` up to, and without, `end`. */
export interface Spans {
  at(start: number, end: number): Span;
}

/** The spans of one line, or of its part from `origin` on: offsets count from there. */
export class LineSpans implements Spans {
  readonly #file: string;
  readonly #line: number;
  readonly #text: string;
  readonly #origin: number;
  readonly #wide: boolean;

  /** `line` counts from 1. */
  constructor(file: string, line: number, text: string, origin = 0) {
    this.#file = file;
    this.#line = line;
    this.#text = text;
    this.#origin = origin;
    this.#wide = SURROGATE.test(text);
  }

  at(start: number, end: number): Span {
    return {
      file: this.#file,
      line: this.#line,
      column: this.#column(start + this.#origin),
      endLine: this.#line,
      endColumn: this.#column(end + this.#origin),
    };
  }

  #column(offset: number): number {
    return (this.#wide ? lengthInCodePoints(this.#text.slice(0, offset)) : offset) + 1;
  }
}

/** The spans of a whole text. */
export class TextSpans implements Spans {
  readonly #file: string;
  readonly #text: string;
  readonly #lineStarts: readonly number[];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  at(start: number, end: number): Span {
    const from = this.#position(start);
    const to = this.#position(end);
    return { file: this.#file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }

  #position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    const before = this.#text.slice(this.#lineStarts[low] ?? 0, offset);
    return { line: low + 1, column: lengthInCodePoints(before) + 1 };
  }
}

/** How many characters a text has, a pair of surrogates being one. */
function lengthInCodePoints(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  return [...text].length;
}
