import type { RuleShape } from './firewall-grammar.js';
import type { LineReader, Place } from './line-reader.js';
import { LOG_LEVELS } from './vocabulary.js';

/** Spellings that Proxmox VE's stable firewall skips; its other implementation reads them (specification 1.6). */
const SKIPPED_NAMES: ReadonlyMap<string, string> = new Map([
  ['-iface', '-i'],
  ['--iface', '-i'],
  ['--i', '-i'],
  ['--p', '-p'],
]);

/** Hints at the first thing for which Proxmox VE would leave this rule out, if there is any. */
export function reportProxmoxDifference(line: LineReader, shape: RuleShape): void {
  const found = difference(line.text, shape);
  if (found === null) return;
  line.report('syntax/proxmox-differs', found.place, `Proxmox VE leaves this rule out because of ${found.cause}`, {
    help: found.help,
  });
}

interface Difference {
  readonly place: Place;
  readonly cause: string;
  readonly help: string;
}

function difference(text: string, shape: RuleShape): Difference | null {
  const { direction, disabled, items } = shape;
  if (disabled && direction.start > 1) {
    return { place: { start: 1, end: direction.start }, cause: 'the blank after the bar', help: 'remove the blank' };
  }
  const action = shape.kind === 'match' ? shape.action : null;
  if (action !== null && /[a-z]/.test(action.verdict.text)) {
    const upper = action.verdict.text.toUpperCase();
    return { place: action.verdict, cause: 'the small letters of its action', help: `write \`${upper}\`` };
  }
  for (const { name, value } of items) {
    if (name === null || value === null) continue;
    if (!/[ \t]/.test(text.charAt(name.start - 1))) {
      return { place: name, cause: 'the missing blank', help: `leave a blank before \`${name.text}\`` };
    }
    const spelling = SKIPPED_NAMES.get(name.text);
    if (spelling !== undefined) return { place: name, cause: `\`${name.text}\``, help: `write \`${spelling}\`` };
    if (value.start > name.end + 1) {
      const place = { start: name.end, end: value.start };
      return { place, cause: `the blanks after \`${name.text}\``, help: 'leave one blank between option and value' };
    }
    if (/^--?log$/.test(name.text) && !LOG_LEVELS.has(value.text)) {
      const level = value.text.toLowerCase() === 'warn' ? 'warning' : value.text.toLowerCase();
      if (LOG_LEVELS.has(level))
        return { place: value, cause: 'the spelling of its level', help: `write \`${level}\`` };
    }
  }
  return null;
}
