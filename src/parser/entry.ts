import { parseAlias, parseEntry } from './firewall-grammar.js';
import type { LineReader } from './line-reader.js';
import type { LineContent } from './tree.js';
import { nameProblem } from './vocabulary.js';

/** Reads a line of [ALIASES]: `name address`. */
export function readAlias(line: LineReader): LineContent {
  const { name, address, rest, comment } = parseAlias(line.text);
  const problem = nameProblem(name.text, 'alias');
  if (problem !== null) {
    const help = 'name the alias with a letter, then letters, digits, `_` or `-`: 2 to 64 characters in all';
    return line.refuse('syntax/bad-name', name, `the name \`${name.text}\` ${problem}`, help);
  }
  if (address === null) {
    const help = `write \`${name.text} 192.0.2.1\` or \`${name.text} 192.0.2.0/24\``;
    return line.refuse('syntax/missing-value', name, `the alias \`${name.text}\` has no address`, help);
  }
  if (rest !== null) {
    const help = 'an alias is one address or one network; put remarks behind `#`';
    return line.refuse('syntax/unexpected-text', rest, `\`${rest.text}\` follows the address`, help);
  }
  if (address.start > name.end + 1) {
    const help = `leave one blank between \`${name.text}\` and \`${address.text}\``;
    const gap = { start: name.end, end: address.start };
    line.report('syntax/proxmox-differs', gap, 'Proxmox VE skips an alias with several blanks in it', { help });
  }
  return { kind: 'alias', name: line.word(name), address: line.word(address), comment: line.comment(comment) };
}

/** Reads a line of an [IPSET name] section: `member` or `!member`. */
export function readEntry(line: LineReader): LineContent {
  const { nomatch, member, rest, comment } = parseEntry(line.text);
  if (member === null) {
    const help = 'write the address right behind it: `!192.0.2.1`';
    return line.refuse('syntax/missing-value', { start: 0, end: 1 }, '`!` excludes nothing', help);
  }
  if (rest !== null) {
    const help = 'a set has one address, network or alias on each line; put remarks behind `#`';
    return line.refuse('syntax/unexpected-text', rest, `\`${rest.text}\` follows the member`, help);
  }
  return { kind: 'entry', nomatch, member: line.word(member), comment: line.comment(comment) };
}
