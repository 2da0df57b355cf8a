import { type DiagnosticCode, diagnose, LineSpans, type Report } from '../diagnostics/index.js';
import type { LineReader } from './line-reader.js';
import { trimLine, withoutByteOrderMark } from './lines.js';
import type { LogicalLine } from './logical-line.js';
import type { Piece } from './shape.js';

/** Proxmox VE ends a stanza where a line is blank; ifupdown2 and Debian's ifupdown do not. */
export function reportBlankAbove(line: LineReader, key: Piece): void {
  const message = `Proxmox VE ends the stanza at the blank line above: it does not see \`${key.text}\``;
  line.report('interfaces/dialect', key, message, { help: 'remove the blank line' });
}

/** What to say of the backslashes of a line: the first finding counts. */
export function reportJoints(file: string, logical: Omit<LogicalLine, 'reader'>, report: Report): void {
  const { number } = logical;
  const texts = logical.texts.map((text, at) => (number + at === 1 ? withoutByteOrderMark(text) : text));
  const found = findJoint(texts);
  if (found === null) return;
  const { index, start, end, code, message, help } = found;
  const span = new LineSpans(file, number + index, texts[index] ?? '').at(start, end);
  report(diagnose(code, span, message, { help }));
}

interface Joint {
  /** Of the line among those joined. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly help: string;
}

function findJoint(texts: readonly string[]): Joint | null {
  if (texts.length === 1 && !texts[0]?.includes('\\')) return null;
  return isComment(texts[0]) ? continuedComment(texts) : (joinedComment(texts) ?? joint(texts));
}

const isComment = (text: string | undefined): boolean => trimLine(text ?? '').text.startsWith('#');

/** ifupdown2 joins lines before it looks for comments. */
function continuedComment(texts: readonly string[]): Joint | null {
  const index = texts.findIndex((text, at) => at > 0 && trimLine(text).text !== '' && !isComment(text));
  if (index < 0) return null;
  const message = 'the backslash above makes this line a part of the comment: it does nothing';
  return { index, ...extent(texts[index]), code: 'interfaces/comment', message, help: 'remove the backslash' };
}

function joinedComment(texts: readonly string[]): Joint | null {
  const index = texts.findIndex((text, at) => at > 0 && isComment(text));
  if (index < 0) return null;
  const message = 'the backslash above makes this comment a part of the value';
  return {
    index,
    ...extent(texts[index]),
    code: 'interfaces/comment',
    message,
    help: 'move it above the option',
  };
}

function joint(texts: readonly string[]): Joint | null {
  for (const [index, text] of texts.entries()) {
    const start = text.lastIndexOf('\\');
    const first = text.indexOf('\\');
    const inside = first >= 0 && (first < start || trimLine(text.slice(first + 1)).text !== '');
    if (inside) {
      const message = 'ifupdown2 takes every backslash for a joint: it and the blanks around it become one blank';
      const help = 'leave it out, or put the command into a script';
      return { index, start: first, end: first + 1, code: 'interfaces/dialect', message, help };
    }
    if (start >= 0 && start + 1 < text.length) {
      const message = "Debian's ifupdown joins lines only where the backslash is the last character";
      const help = 'remove the blanks behind it';
      return { index, start, end: start + 1, code: 'interfaces/dialect', message, help };
    }
  }
  if (texts.length === 1) return null;
  const start = (texts[0] ?? '').lastIndexOf('\\');
  const message = 'Proxmox VE joins no lines: its network editor does not see the ones below, and breaks them';
  return { index: 0, start, end: start + 1, code: 'interfaces/dialect', message, help: 'write all of it on one line' };
}

function extent(line: string | undefined): { readonly start: number; readonly end: number } {
  const { text, offset } = trimLine(line ?? '');
  return { start: offset, end: offset + text.length };
}
