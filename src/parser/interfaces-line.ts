import type { ForeignKeyword, InterfacesContent } from './config-trees.js';
import type { InterfacesShape } from './interfaces-grammar.js';
import type { Inert, LineReader } from './line-reader.js';
import type { Piece } from './shape.js';
import { nearest } from './suggestion.js';

type Shape<Kind> = Extract<InterfacesShape, { readonly kind: Kind }>;

export function readAuto(line: LineReader, { keyword, names }: Shape<'auto'>): InterfacesContent {
  if (names.length === 0) {
    const help = `write \`${keyword.text} NAME\`, or remove the line`;
    return line.refuse('interfaces/missing-name', keyword, `\`${keyword.text}\` names no interface`, help);
  }
  for (const name of names) {
    if (!/[/=]/.test(name.text)) continue;
    const message = `only Debian's ifupdown finds interfaces by the pattern \`${name.text}\`: it starts nothing`;
    line.report('interfaces/dialect', name, message, { help: 'write the names of the interfaces' });
  }
  return { kind: 'auto', class: keyword.text.replace(/^allow-/, ''), names: names.map((name) => line.word(name)) };
}

export function readIface(line: LineReader, shape: Shape<'iface'>): InterfacesContent {
  const { keyword, name, family, method, inherits, rest } = shape;
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
    inherits: inherits && line.word(inherits),
  };
}

export function readSource(line: LineReader, { keyword, path, rest }: Shape<'source'>): InterfacesContent {
  if (path === null) {
    const help = `write \`${keyword.text} /etc/network/interfaces.d/*\`, or remove the line`;
    return line.refuse('interfaces/missing-value', keyword, `\`${keyword.text}\` names no file`, help);
  }
  if (rest !== null) {
    const help = `write \`${keyword.text}\` on a line of its own for each of them`;
    line.report('interfaces/ignored-words', rest, `\`${rest.text}\` is ignored`, { help });
  }
  return { kind: 'source', directory: keyword.text === 'source-directory', path: line.word(path) };
}

/** Who reads a keyword, and what to write where ringwall does not. */
const foreign: Readonly<Record<ForeignKeyword, { readonly reader: string; readonly help: string }>> = {
  vlan: { reader: 'ifupdown2', help: 'write its options into the stanzas of the bridge and its ports' },
  mapping: { reader: "Debian's ifupdown", help: 'write an `iface` stanza for the name the interface has' },
  rename: { reader: "Debian's ifupdown", help: 'rename it by a .link file of systemd' },
  'no-auto-down': {
    reader: "Debian's ifupdown",
    help: 'remove the line; what is in the files is not taken down',
  },
  'no-scripts': {
    reader: "Debian's ifupdown",
    help: 'remove the line; scripts of /etc/network/if-*.d are not run',
  },
};

export function readForeign(line: LineReader, { keyword, names }: Shape<'other'>): InterfacesContent {
  const known = foreignKeyword(keyword.text);
  const { reader, help } = foreign[known];
  const message = `only ${reader} acts on \`${known}\`: what it says is kept, and does nothing`;
  line.report('interfaces/unsupported-stanza', keyword, message, { help });
  return { kind: 'foreign', keyword: known, names: names.map((name) => line.word(name)) };
}

function foreignKeyword(text: string): ForeignKeyword {
  switch (text) {
    case 'vlan':
    case 'mapping':
    case 'rename':
    case 'no-auto-down':
    case 'no-scripts':
      return text;
    default:
      throw new TypeError(`the grammar gave ${JSON.stringify(text)} for a keyword`);
  }
}

/** No attribute of ifupdown2 is a slip away from these. */
const STANZA_STARTS = ['iface', 'auto'];

const KEYWORDS = ['auto', 'iface', 'source', 'source-directory', 'allow-hotplug', 'allow-ovs'];

/** An option with no stanza above it, or a misspelt keyword: the options below it cannot be known to belong anywhere. */
export function refuseOrphan(line: LineReader, key: Piece): Inert {
  const near = nearest(key.text, KEYWORDS);
  const help = near === null ? 'move it below the `iface` it belongs to' : `did you mean \`${near}\`?`;
  const message = `\`${key.text}\` belongs to no iface stanza: this line and the options below it do nothing`;
  return line.refuse('interfaces/unknown-keyword', key, message, help);
}

export const isMisspeltKeyword = (key: Piece): boolean => nearest(key.text, STANZA_STARTS) !== null;

/** Taken for an option, it would give the options of its own stanza to the interface above. */
export function refuseMisspelling(line: LineReader, key: Piece): Inert {
  const message = `\`${key.text}\` looks like a misspelt keyword: this line and the options below it do nothing`;
  const help = `did you mean \`${nearest(key.text, STANZA_STARTS) ?? 'iface'}\`?`;
  return line.refuse('interfaces/unknown-keyword', key, message, help);
}

/** A file with a `%` in it is a template for ifupdown2, when Mako is installed (spec interfaces.md 1.3). */
export function refuseTemplate(line: LineReader): Inert {
  const message =
    'templates are not rendered: this line does nothing, and what it would repeat or leave out stands as it is';
  return line.refuse('interfaces/template', line.whole, message, 'write out what the template would give');
}

/** Options whose value is text of its own kind, where `#` has no meaning for ifupdown2. */
const FREE_TEXT: ReadonlySet<string> = new Set(
  'pre-up up post-up pre-down down post-down alias script map ovs-extra ovs-options'.split(' '),
);

export function readOption(line: LineReader, { key, value }: Shape<'option'>): InterfacesContent {
  const name = key.text.replaceAll('_', '-');
  if (value === null) {
    const help = 'write its value behind it, or remove the line';
    return line.refuse('interfaces/missing-value', key, `the option \`${key.text}\` has no value`, help);
  }
  const comment = FREE_TEXT.has(name) ? -1 : value.text.search(/(?<=\s)#/);
  const place = { start: value.start + comment, end: value.end };
  // One that stands on a joined line is reported as such.
  if (comment >= 0 && line.span(place).line === line.span(key).line) {
    const message = `a comment needs a line of its own: this one is part of the value of ${key.text}`;
    line.report('interfaces/comment', place, message, { help: 'move it to the line above' });
  }
  return { kind: 'option', key: line.located(name, key), value: line.word(value) };
}
