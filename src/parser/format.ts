import { withByteOrderMarkOf } from './lines.js';
import { printLine } from './print.js';
import type { FirewallTree, Line } from './tree.js';

/**
 * The tree with each line in its canonical text. No line comes, goes or moves, so the places in diagnostics, counters and
 * log entries stay. Comment lines and lines that cannot be read keep their text.
 */
export const formatFirewall = (tree: FirewallTree): FirewallTree => ({
  ...tree,
  lines: tree.lines.map((line) => ({ ...line, text: textOf(line), ending: '\n' })),
});

function textOf({ number, text, content }: Line): string {
  if (content.kind !== 'comment' && content.kind !== 'inert') {
    const canonical = printLine(content);
    return number === 1 ? withByteOrderMarkOf(text, canonical) : canonical;
  }
  // Left at the end, a carriage return would be read as a part of the ending.
  return text.replace(/\r+$/, '');
}
