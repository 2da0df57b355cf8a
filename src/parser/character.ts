import type { Inert, LineReader } from './line-reader.js';

const NOT_PRINTABLE_ASCII = /[^\t\x20-\x7e]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Names of characters that get into files by copying from web pages and word processors. */
const COPIED: ReadonlyMap<string, string> = new Map([
  ['\u00a0', 'a no-break space'],
  ['\u200b', 'a zero-width space'],
  ['\u2010', 'a hyphen that is not `-`'],
  ['\u2011', 'a hyphen that is not `-`'],
  ['\u2013', 'a dash that is not `-`'],
  ['\u2014', 'a dash that is not `-`'],
  ['\u2212', 'a minus sign that is not `-`'],
  ['\ufeff', 'a byte order mark'],
]);

/** Refuses a line with anything but printable ASCII before its comment. Null when there is nothing to refuse. */
export function refuseNonAscii(line: LineReader): Inert | null {
  const comment = line.text.indexOf('#');
  const content = comment === -1 ? line.text : line.text.slice(0, comment);
  const help = 'remove it, or type it anew as plain ASCII; other characters may stand in comments only';
  return refuse(line, NOT_PRINTABLE_ASCII.exec(content), help);
}

/** Refuses a line with control characters. */
export function refuseControls(line: LineReader): Inert | null {
  return refuse(line, CONTROL.exec(line.text), 'remove it');
}

function refuse(line: LineReader, found: RegExpExecArray | null, help: string): Inert | null {
  if (found === null) return null;
  const [character] = found;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = COPIED.get(character);
  return line.refuse(
    'syntax/character',
    { start: found.index, end: found.index + character.length },
    `the character U+${code}${name === undefined ? '' : `, ${name},`} cannot stand here`,
    help,
  );
}
