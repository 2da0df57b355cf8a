import type { ActionShape } from './firewall-grammar.js';
import { INERT, type Inert, type LineReader } from './line-reader.js';
import type { Piece } from './shape.js';
import { nearest } from './suggestion.js';
import type { FirewallScope, RuleOptionKey, RuleOptionNode } from './tree.js';
import { FOREIGN_WORDS, RULE_OPTIONS, VERDICTS } from './vocabulary.js';

/** Where a rule stands: which directions and options it may have (specification 2.1). */
export interface RulePlace {
  readonly scope: FirewallScope;
  readonly section: 'rules' | 'group';
}

/** The word at the start of a rule is no direction. */
export function refuseDirection(line: LineReader, direction: Piece): Inert {
  const { text } = direction;
  if (text === '') {
    return line.refuse('syntax/unknown-direction', line.whole, 'nothing follows the bar', 'remove the line');
  }
  return line.refuse(
    'syntax/unknown-direction',
    direction,
    `a rule cannot start with \`${text}\``,
    directionHelp(text),
  );
}

function directionHelp(text: string): string {
  if (VERDICTS.has(text.toUpperCase()) || text.includes('(')) {
    return `write the direction first: \`IN ${text}\` or \`OUT ${text}\``;
  }
  const near = meant(text, ['IN', 'OUT', 'FORWARD', 'GROUP']);
  return near === null ? 'write IN, OUT, FORWARD or GROUP first' : `did you mean \`${near}\`?`;
}

/** The word after the direction is no action, or a macro's parentheses are not in order. */
export function refuseAction(line: LineReader, { macro, verdict, closed }: ActionShape): Inert {
  const near = meant(verdict.text, [...VERDICTS.keys()]);
  const unknown = `\`${verdict.text}\` is no action`;
  if (macro === null) {
    const form = `write ACCEPT, DROP or REJECT; a macro is written \`${verdict.text}(ACCEPT)\``;
    return line.refuse('syntax/unknown-verdict', verdict, unknown, near === null ? form : `did you mean \`${near}\`?`);
  }
  const help = `write \`${macro.text}(${near ?? 'ACCEPT'})\``;
  if (!closed) {
    const place = { start: macro.start, end: verdict.end };
    return line.refuse(
      'syntax/unknown-verdict',
      place,
      `\`)\` is missing after \`${macro.text}(${verdict.text}\``,
      help,
    );
  }
  if (verdict.text === '') {
    const place = { start: macro.start, end: verdict.end + 1 };
    return line.refuse('syntax/unknown-verdict', place, `the parentheses of \`${macro.text}()\` are empty`, help);
  }
  return line.refuse('syntax/unknown-verdict', verdict, unknown, help);
}

/** A word where only an option can stand. */
export function refuseJunk(line: LineReader, junk: Piece): Inert {
  return line.refuse('syntax/unexpected-text', junk, `\`${junk.text}\` is no option`, junkHelp(junk.text));
}

function junkHelp(text: string): string {
  if (RULE_OPTIONS.has(text)) return `options start with a dash: \`-${text}\``;
  if (text.startsWith('-')) return 'one dash stands right before the name of an option: `-p tcp`';
  if (/^[0-9,:]/.test(text)) return 'lists have no blanks in them: `-dport 80,443`';
  return 'put remarks behind `#`';
}

/** A dash and a name that is no match option. */
export function refuseOption(line: LineReader, name: Piece): Inert {
  const message = `rules have no option \`${name.text}\``;
  return line.refuse('syntax/unknown-rule-option', name, message, optionHelp(name.text.replace(/^--?/, '')));
}

function optionHelp(name: string): string {
  if (name === 'enable') return 'a rule is switched off by a `|` in front of it';
  if (name === 'comment') return 'a comment stands behind `#`';
  const [before, after] = name.split('=', 2);
  const near = meant(before ?? name, [...RULE_OPTIONS.keys()]);
  if (near === null) return 'rules have -i, -source, -dest, -p, -dport, -sport, -log and -icmp-type';
  return after === undefined
    ? `did you mean \`-${near}\`?`
    : `put a blank between name and value: \`-${near} ${after}\``;
}

/** An option for the second time: no one can tell which of the two was meant. */
export function refuseRepetition(line: LineReader, name: Piece, earlier: RuleOptionNode): Inert {
  line.report('syntax/repeated-rule-option', name, `\`${name.text}\` is given twice`, {
    help: REPETITION_HELP[earlier.key] ?? 'keep one of them',
    related: [{ message: 'first given here', span: earlier.keySpan }],
  });
  return INERT;
}

const REPETITION_HELP: Partial<Record<RuleOptionKey, string>> = {
  source: 'write one list, `-source 192.0.2.1,192.0.2.9`, or one rule for each',
  dest: 'write one list, `-dest 192.0.2.1,192.0.2.9`, or one rule for each',
  dport: 'write one list, `-dport 80,443`, or one rule for each',
  sport: 'write one list, `-sport 80,443`, or one rule for each',
  proto: 'write one rule for each protocol',
};

/** `-i` where a rule is not bound to interfaces. */
export function refuseIface(line: LineReader, name: Piece, { section }: RulePlace): Inert {
  const [where, help] =
    section === 'group'
      ? ['a rule of a group', 'write `-i` on the GROUP line that uses the group']
      : ['a rule of a vnet', 'remove it: the rules of a vnet hold for all of its traffic'];
  return line.refuse('syntax/misplaced-rule-option', name, `${where} cannot have \`${name.text}\``, help);
}

/** The one of these words that was likely meant. */
function meant(written: string, words: readonly string[]): string | null {
  const translated = FOREIGN_WORDS.get(written.toUpperCase());
  return translated !== undefined && words.includes(translated) ? translated : nearest(written, words);
}
