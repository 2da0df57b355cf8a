import { type Diagnostic, diagnose } from '../diagnostics/index.js';
import type { RawLine } from './lines.js';
import type { Encoding } from './tree.js';

const NOT_ASCII = /[\x80-\xff]+/;

/** The first place that is not UTF-8, in a file that had to be read as Latin-1. */
export function encodingHint(file: string, encoding: Encoding, lines: readonly RawLine[]): Diagnostic[] {
  if (encoding === 'utf8') return [];
  for (const [index, { text }] of lines.entries()) {
    const found = NOT_ASCII.exec(text);
    if (found === null || isUtf8(text)) continue;
    const span = {
      file,
      line: index + 1,
      column: found.index + 1,
      endLine: index + 1,
      endColumn: found.index + found[0].length + 1,
    };
    return [diagnose('syntax/encoding', span, 'the file is not valid UTF-8', { help: 'save it as UTF-8' })];
  }
  return [];
}

function isUtf8(latin1: string): boolean {
  return !Buffer.from(latin1, 'latin1').toString('utf8').includes('\ufffd');
}
