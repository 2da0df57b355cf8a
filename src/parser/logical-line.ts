import { LineSpans, type Report, type Span, type Spans } from '../diagnostics/index.js';
import { LineReader, lineReader } from './line-reader.js';
import { type RawLine, trimLine, withoutByteOrderMark } from './lines.js';

const CONTINUES = /\\[ \t\r\v\f]*$/;

/** One line for the reader, and the lines of the file that make it up. */
export interface LogicalLine {
  readonly reader: LineReader;
  /** The number of the first, from 1. */
  readonly number: number;
  readonly texts: readonly string[];
}

/**
 * Joins lines as ifupdown2 does: every backslash is a joint, the pieces around it are trimmed and put together with
 * one blank. A backslash at the end of a line, blanks aside, takes in the next line; also in a comment.
 */
export function logicalLines(file: string, lines: readonly RawLine[], report: Report): LogicalLine[] {
  const logical: LogicalLine[] = [];
  for (let first = 0; first < lines.length; ) {
    const group = groupAt(lines, first);
    const number = first + 1;
    const [only = ''] = group;
    const single = group.length === 1 && !only.includes('\\');
    const reader = single ? lineReader(file, number, only, report) : joined(file, number, group, report);
    logical.push({ reader, number, texts: group });
    first += group.length;
  }
  return logical;
}

function groupAt(lines: readonly RawLine[], first: number): string[] {
  const group: string[] = [];
  for (let at = first; at < lines.length; at += 1) {
    const text = lines[at]?.text ?? '';
    group.push(text);
    if (!CONTINUES.test(text)) break;
  }
  return group;
}

/** A stretch of the joined text and where it comes from. */
interface Segment {
  readonly start: number;
  readonly length: number;
  readonly spans: Spans;
}

function joined(file: string, number: number, group: readonly string[], report: Report): LineReader {
  const segments: Segment[] = [];
  let text = '';
  for (const [index, line] of group.entries()) {
    const whole = number + index === 1 ? withoutByteOrderMark(line) : line;
    let origin = 0;
    for (const part of whole.split('\\')) {
      const trimmed = trimLine(part);
      if (trimmed.text !== '') {
        if (text !== '') text += ' ';
        const spans = new LineSpans(file, number + index, whole, origin + trimmed.offset);
        segments.push({ start: text.length, length: trimmed.text.length, spans });
        text += trimmed.text;
      }
      origin += part.length + 1;
    }
  }
  const [first = { start: 0, length: 0, spans: new LineSpans(file, number, '') }, ...others] = segments;
  return new LineReader(text, new JoinedSpans([first, ...others]), report);
}

class JoinedSpans implements Spans {
  readonly #segments: readonly [Segment, ...Segment[]];

  constructor(segments: readonly [Segment, ...Segment[]]) {
    this.#segments = segments;
  }

  at(start: number, end: number): Span {
    const from = this.#segmentAt(start);
    const to = this.#segmentAt(Math.max(start, end - 1));
    const { file, line, column } = from.spans.at(clamp(start, from), clamp(start, from));
    const { line: endLine, column: endColumn } = to.spans.at(clamp(end, to), clamp(end, to));
    return { file, line, column, endLine, endColumn };
  }

  #segmentAt(offset: number): Segment {
    return this.#segments.findLast(({ start }) => start <= offset) ?? this.#segments[0];
  }
}

function clamp(offset: number, { start, length }: Segment): number {
  return Math.min(Math.max(offset - start, 0), length);
}
