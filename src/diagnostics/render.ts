import { type Cell, cellsOf, harmless } from './cells.js';
import type { Diagnostic, Severity, Span } from './diagnostic.js';

export interface RenderOptions {
  readonly color: boolean;
}

/** Widest piece of a source line that is shown, in terminal columns; the span decides which piece. */
const WIDEST = 100;
const ELLIPSIS: Cell = { shown: '…', width: 1 };

const COLORS = { error: '31', warning: '33', hint: '36', help: '32', bold: '1', faint: '2' } as const;
type Color = keyof typeof COLORS;

/**
 * The text for people: for each diagnostic `file:line:col: severity[code]: message`, its source line with carets under
 * the span, related places and the help. `sources` gives the text of a file, or null when it cannot be shown.
 * Control characters of messages and sources come out as pictures.
 */
export function render(
  diagnostics: readonly Diagnostic[],
  sources: (file: string) => string | null,
  { color }: RenderOptions,
): string {
  const paint: Paint = color ? (text, name) => `\x1b[${COLORS[name]}m${text}\x1b[0m` : (text) => text;
  const lineOf = lineReader(sources);
  return diagnostics.map((diagnostic) => `${renderOne(diagnostic, lineOf, paint).join('\n')}\n`).join('');
}

type Paint = (text: string, color: Color) => string;
type LineOf = (span: Span) => string | null;

function renderOne(diagnostic: Diagnostic, lineOf: LineOf, paint: Paint): string[] {
  const { severity, code, message, span, help, related = [] } = diagnostic;
  const label = `${paint(severity, severity)}${paint(`[${code}]`, 'faint')}`;
  const lines = [`${place(span)}: ${label}: ${paint(harmless(message), 'bold')}`];
  lines.push(...excerpt(span, severity, lineOf, paint));
  for (const one of related) {
    lines.push(`  ${place(one.span)}: note: ${harmless(one.message)}`);
    lines.push(...excerpt(one.span, 'hint', lineOf, paint));
  }
  if (help !== undefined) lines.push(`  ${paint('help:', 'help')} ${harmless(help)}`);
  return lines;
}

function place({ file, line, column }: Span): string {
  return `${harmless(file)}:${line}:${column}`;
}

/** The source line and the line of carets below it. A span over several lines is marked up to the end of its first. */
function excerpt(span: Span, severity: Severity, lineOf: LineOf, paint: Paint): string[] {
  const line = lineOf(span);
  if (line === null) return [];
  const start = span.column - 1;
  const end = span.endLine > span.line ? line.length : span.endColumn - 1;
  const { text, offset } = partAround(line, start, end);
  const cells = cellsOf(text);
  const from = Math.min(start - offset, cells.length);
  const to = Math.max(from, Math.min(end - offset, cells.length));
  const { before, marked, after } = cutAround(cells, from, to);

  const number = String(span.line).padStart(5);
  const carets = '^'.repeat(Math.max(1, widthOf(marked)));
  const source = textOf([...before, ...marked, ...after]).trimEnd();
  return [
    `${paint(`${number} |`, 'faint')} ${source}`.trimEnd(),
    `${paint(`${' '.repeat(number.length)} |`, 'faint')} ${' '.repeat(widthOf(before))}${paint(carets, severity)}`,
  ];
}

/**
 * More of a line than can be shown around a span, so that a line of a megabyte costs no more than a short one. Offsets
 * count characters.
 */
function partAround(line: string, start: number, end: number): { readonly text: string; readonly offset: number } {
  if (line.length <= 4 * WIDEST) return { text: line, offset: 0 };
  const from = Math.max(0, start - WIDEST);
  const to = Math.min(end, start + WIDEST) + WIDEST;
  const before = skipCharacters(line, 0, from);
  return { text: line.slice(before, skipCharacters(line, before, to - from)), offset: from };
}

/** The offset in UTF-16 units, `count` characters behind another. */
function skipCharacters(text: string, offset: number, count: number): number {
  let at = offset;
  for (let left = count; left > 0 && at < text.length; left -= 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

interface Cut {
  readonly before: readonly Cell[];
  readonly marked: readonly Cell[];
  readonly after: readonly Cell[];
}

/** A long line loses what is far from the span; a long span loses its own end. */
function cutAround(cells: readonly Cell[], from: number, to: number): Cut {
  if (widthOf(cells) <= WIDEST) {
    return { before: cells.slice(0, from), marked: cells.slice(from, to), after: cells.slice(to) };
  }
  const marked = takeFirst(cells.slice(from, to), WIDEST / 2);
  const room = WIDEST - widthOf(marked);
  const before = takeFirst(cells.slice(0, from).reverse(), Math.floor(room / 2)).reverse();
  const after = takeFirst(cells.slice(to), room - widthOf(before));
  return { before, marked, after };
}

/** As many of the first cells as fit; an ellipsis stands for the rest. */
function takeFirst(cells: readonly Cell[], width: number): Cell[] {
  const taken: Cell[] = [];
  let used = 0;
  for (const cell of cells) {
    if (used + cell.width > width - ELLIPSIS.width) {
      taken.push(ELLIPSIS);
      break;
    }
    taken.push(cell);
    used += cell.width;
  }
  return taken;
}

const widthOf = (cells: readonly Cell[]) => cells.reduce((sum, cell) => sum + cell.width, 0);
const textOf = (cells: readonly Cell[]) => cells.map((cell) => cell.shown).join('');

/** Reads and splits each file once. A byte order mark counts as no column, so it is left out. */
function lineReader(sources: (file: string) => string | null): LineOf {
  const files = new Map<string, readonly string[] | null>();
  return ({ file, line }) => {
    let lines = files.get(file);
    if (lines === undefined) {
      const text = sources(file);
      lines = text === null ? null : text.replace(/^\ufeff/, '').split(/\r?\n/);
      files.set(file, lines);
    }
    return lines?.[line - 1] ?? null;
  };
}
