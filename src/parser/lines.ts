import type { LineEnding } from './tree.js';

export interface RawLine {
  readonly text: string;
  readonly ending: LineEnding;
}

/** A file's lines in order; only the last can lack an ending. A file that ends in a newline has no empty line after it. */
export function splitLines(text: string): RawLine[] {
  const lines: RawLine[] = [];
  let from = 0;
  while (from < text.length) {
    const newline = text.indexOf('\n', from);
    if (newline === -1) {
      lines.push({ text: text.slice(from), ending: '' });
      break;
    }
    const carriage = newline > from && text[newline - 1] === '\r';
    lines.push({ text: text.slice(from, carriage ? newline - 1 : newline), ending: carriage ? '\r\n' : '\n' });
    from = newline + 1;
  }
  return lines;
}

export function joinLines(lines: readonly RawLine[]): string {
  return lines.map((line) => line.text + line.ending).join('');
}

const BYTE_ORDER_MARK = '\ufeff';
const BLANKS = ' \t\r\v\f';

/** A line's text without its surrounding blanks, and the offset where it begins. */
export interface TrimmedLine {
  readonly text: string;
  readonly offset: number;
}

/** Cuts the blanks around a line, as Proxmox does with every kind of white space. */
export function trimLine(text: string): TrimmedLine {
  let from = 0;
  let to = text.length;
  while (from < to && BLANKS.includes(text.charAt(from))) from += 1;
  while (to > from && BLANKS.includes(text.charAt(to - 1))) to -= 1;
  return { text: text.slice(from, to), offset: from };
}

/** The file's first line without its byte order mark, which takes up no column. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** The canonical text of a file's first line, behind the byte order mark it was read with. */
export function withByteOrderMarkOf(text: string, canonical: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK + canonical : canonical;
}
