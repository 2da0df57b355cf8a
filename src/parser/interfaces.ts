import type { Diagnostic } from '../diagnostics/index.js';
import { refuseControls } from './character.js';
import type { InterfacesContent, InterfacesLine, InterfacesTree } from './config-trees.js';
import { decode, encode } from './encoding.js';
import { type InterfacesShape, parseInterfacesLine } from './interfaces-grammar.js';
import { INERT, type Inert, type LineReader } from './line-reader.js';
import { joinLines, splitLines } from './lines.js';
import { logicalLines } from './logical-line.js';
import type { Piece } from './shape.js';
import { nearest } from './suggestion.js';
import type { Parsed } from './tree.js';

/**
 * Reads `/etc/network/interfaces` of any bytes, in ifupdown2's dialect: a stanza ends at the next keyword, a blank line
 * changes nothing. The options of a stanza that cannot be read are inert and share its diagnostic.
 */
export function parseInterfaces(bytes: Uint8Array, file: string): Parsed<InterfacesTree> {
  const { text, encoding } = decode(bytes);
  const rawLines = splitLines(text);
  const diagnostics: Diagnostic[] = [];
  const contents: InterfacesContent[] = [];
  let stanza: Stanza = 'none';
  for (const { reader, lines } of logicalLines(file, rawLines, (diagnostic) => diagnostics.push(diagnostic))) {
    const read = readLine(reader, stanza);
    stanza = read.stanza;
    contents.push(read.content, ...Array.from({ length: lines - 1 }, () => ({ kind: 'continuation' }) as const));
  }
  const lines = rawLines.map(
    (raw, index): InterfacesLine => ({ number: index + 1, ...raw, content: contents[index] ?? INERT }),
  );
  return { tree: { file, encoding, lines }, diagnostics };
}

/** The file's bytes: those it was read from, as long as no line was changed. */
export function printInterfaces({ lines, encoding }: InterfacesTree): Uint8Array {
  return encode({ text: joinLines(lines), encoding });
}

/** What an option belongs to: an iface, something that was refused, or nothing. */
type Stanza = 'none' | 'iface' | 'refused';

interface Reading {
  readonly content: InterfacesContent;
  /** The stanza that the next line belongs to. */
  readonly stanza: Stanza;
}

function readLine(line: LineReader, stanza: Stanza): Reading {
  if (line.text === '') return { content: { kind: 'blank' }, stanza };
  if (line.text.startsWith('#')) return { content: { kind: 'comment' }, stanza };
  const shape = parseInterfacesLine(line.text);
  const refused = refuseControls(line);
  if (refused !== null) return { content: refused, stanza: shape.kind === 'iface' ? 'refused' : stanza };
  switch (shape.kind) {
    case 'auto':
      return { content: readAuto(line, shape), stanza: 'none' };
    case 'source':
      return { content: readSource(line, shape), stanza: 'none' };
    case 'iface': {
      const content = readIface(line, shape);
      return { content, stanza: content.kind === 'inert' ? 'refused' : 'iface' };
    }
    case 'other': {
      const content = refuseStanza(line, shape.keyword);
      return { content, stanza: OPTIONS_FOLLOW.has(shape.keyword.text) ? 'refused' : stanza };
    }
    case 'option':
      if (stanza === 'refused') return { content: INERT, stanza };
      if (stanza === 'none') return { content: refuseOrphan(line, shape.key), stanza: 'refused' };
      if (nearest(shape.key.text, STANZA_STARTS) !== null) {
        return { content: refuseMisspelling(line, shape.key), stanza: 'refused' };
      }
      return { content: readOption(line, shape), stanza };
  }
}

type Shape<Kind> = Extract<InterfacesShape, { readonly kind: Kind }>;

function readAuto(line: LineReader, { keyword, names }: Shape<'auto'>): InterfacesContent {
  if (names.length === 0) {
    const help = `write \`${keyword.text} NAME\`, or remove the line`;
    return line.refuse('interfaces/missing-name', keyword, `\`${keyword.text}\` names no interface`, help);
  }
  return { kind: 'auto', class: keyword.text.replace(/^allow-/, ''), names: names.map((name) => line.word(name)) };
}

function readIface(line: LineReader, { keyword, name, family, method, rest }: Shape<'iface'>): InterfacesContent {
  if (name === null) {
    const help = 'write `iface NAME inet static`; the options below it do nothing until then';
    return line.refuse('interfaces/missing-name', keyword, '`iface` names no interface', help);
  }
  if (rest !== null) {
    const help = 'remove them; options stand on lines of their own';
    line.report('interfaces/ignored-words', rest, `\`${rest.text}\` is ignored`, { help });
  }
  return {
    kind: 'iface',
    name: line.word(name),
    family: family && line.word(family),
    method: method && line.word(method),
  };
}

function readSource(line: LineReader, { keyword, path }: Shape<'source'>): InterfacesContent {
  if (path === null) {
    const help = `write \`${keyword.text} /etc/network/interfaces.d/*\`, or remove the line`;
    return line.refuse('interfaces/missing-value', keyword, `\`${keyword.text}\` names no file`, help);
  }
  return { kind: 'source', directory: keyword.text === 'source-directory', path: line.word(path) };
}

/** Stanzas that have lines of their own below them. */
const OPTIONS_FOLLOW: ReadonlySet<string> = new Set(['vlan', 'mapping']);

function refuseStanza(line: LineReader, keyword: Piece): Inert {
  const own = OPTIONS_FOLLOW.has(keyword.text) ? ' and the lines of its stanza do' : ' does';
  const message = `\`${keyword.text}\` is not supported: this line${own} nothing`;
  return line.refuse('interfaces/unsupported-stanza', keyword, message, 'use auto, iface, source and source-directory');
}

/** No attribute of ifupdown2 is a slip away from these. */
const STANZA_STARTS = ['iface', 'auto'];

const KEYWORDS = ['auto', 'iface', 'source', 'source-directory', 'allow-hotplug', 'allow-ovs'];

/** An option with no stanza above it, or a misspelt keyword: the options below it cannot be known to belong anywhere. */
function refuseOrphan(line: LineReader, key: Piece): Inert {
  const near = nearest(key.text, KEYWORDS);
  const help = near === null ? 'move it below the `iface` it belongs to' : `did you mean \`${near}\`?`;
  const message = `\`${key.text}\` belongs to no iface stanza: this line and the options below it do nothing`;
  return line.refuse('interfaces/unknown-keyword', key, message, help);
}

/** Taken for an option, it would give the options of its own stanza to the interface above. */
function refuseMisspelling(line: LineReader, key: Piece): Inert {
  const message = `\`${key.text}\` looks like a misspelt keyword: this line and the options below it do nothing`;
  const help = `did you mean \`${nearest(key.text, STANZA_STARTS) ?? 'iface'}\`?`;
  return line.refuse('interfaces/unknown-keyword', key, message, help);
}

function readOption(line: LineReader, { key, value }: Shape<'option'>): InterfacesContent {
  if (value === null) {
    const help = 'write its value behind it, or remove the line';
    return line.refuse('interfaces/missing-value', key, `the option \`${key.text}\` has no value`, help);
  }
  return { kind: 'option', key: line.located(key.text.replaceAll('_', '-'), key), value: line.word(value) };
}
