import {
  type DiagnosticCode,
  diagnose,
  LineSpans,
  type Located,
  type Report,
  type Span,
  type Spans,
} from '../diagnostics/index.js';
import { trimLine, withoutByteOrderMark } from './lines.js';
import type { Piece } from './shape.js';
import type { Word } from './tree.js';

export interface Inert {
  readonly kind: 'inert';
}

export const INERT: Inert = { kind: 'inert' };

/** Where a finding is: offsets in the trimmed line, `end` exclusive. */
export type Place = Pick<Piece, 'start' | 'end'>;

/** One line on its way through a reader: its text, its spans, and where its findings go. */
export class LineReader {
  /** The line without its surrounding blanks. */
  readonly text: string;
  readonly #spans: Spans;
  readonly #report: Report;

  /** `spans` counts offsets from the start of `text`. */
  constructor(text: string, spans: Spans, report: Report) {
    this.text = text;
    this.#spans = spans;
    this.#report = report;
  }

  span({ start, end }: Place): Span {
    return this.#spans.at(start, end);
  }

  /** The whole of it. */
  get whole(): Place {
    return { start: 0, end: this.text.length };
  }

  located<T>(value: T, place: Place): Located<T> {
    return { value, span: this.span(place) };
  }

  word(piece: Piece): Word {
    return this.located(piece.text, piece);
  }

  /** An empty comment is none. */
  comment(piece: Piece | null): Word | null {
    return piece === null || piece.text === '' ? null : this.word(piece);
  }

  report(code: DiagnosticCode, place: Place, message: string, more?: Parameters<typeof diagnose>[3]): void {
    this.#report(diagnose(code, this.span(place), message, more));
  }

  /** Reports why the line cannot be read and gives the content of such a line. */
  refuse(code: DiagnosticCode, place: Place, message: string, help: string): Inert {
    this.report(code, place, message, { help });
    return INERT;
  }
}

/** Reads one line of a file as it stands there; `number` counts from 1. */
export function lineReader(file: string, number: number, line: string, report: Report): LineReader {
  const whole = number === 1 ? withoutByteOrderMark(line) : line;
  const { text, offset } = trimLine(whole);
  return new LineReader(text, new LineSpans(file, number, whole, offset), report);
}
