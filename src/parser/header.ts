import { refuseNonAscii } from './character.js';
import { type HeaderShape, parseHeader } from './firewall-grammar.js';
import type { Inert, LineReader } from './line-reader.js';
import { nearest } from './suggestion.js';
import type { FirewallScope, LineContent, SectionKind } from './tree.js';
import { FILE_OF, nameProblem, SECTIONS, SECTIONS_OF } from './vocabulary.js';

type Header = Extract<LineContent, { readonly kind: 'header' }>;

/** Reads a line that starts with `[`. A refused header leaves the lines below it without a section. */
export function readHeader(line: LineReader, scope: FirewallScope): Header | Inert {
  const refused = refuseNonAscii(line);
  if (refused !== null) return refused;
  const shape = parseHeader(line.text);
  const { kind, name } = shape;
  const section = SECTIONS.get(kind.text.toUpperCase());
  if (section === undefined) return refuseSection(line, shape, scope);

  const malformed = refuseForm(line, shape, section);
  if (malformed !== null) return malformed;
  if (!SECTIONS_OF[scope].includes(section)) {
    const message = `${FILE_OF[scope]} cannot have the section \`${headerText(section, name.text)}\``;
    return line.refuse('syntax/section-not-allowed', kind, message, placeOf(section, scope));
  }
  return {
    kind: 'header',
    section,
    name: isNamed(section) ? line.word(name) : null,
    comment: line.comment(shape.comment),
    span: line.span({ start: 0, end: name.end + 1 }),
  };
}

/** The canonical header of a section; `name` is used for IPSET and group only. */
export function headerText(section: SectionKind, name: string): string {
  switch (section) {
    case 'options':
      return '[OPTIONS]';
    case 'aliases':
      return '[ALIASES]';
    case 'rules':
      return '[RULES]';
    case 'ipset':
      return `[IPSET ${name}]`;
    case 'group':
      return `[group ${name}]`;
  }
}

function isNamed(section: SectionKind): section is 'ipset' | 'group' {
  return section === 'ipset' || section === 'group';
}

function refuseSection(line: LineReader, { kind, name }: HeaderShape, scope: FirewallScope): Inert {
  if (kind.text === '') {
    const place = { start: 0, end: Math.max(1, name.end) };
    const help = name.text === '' ? sectionsOf(scope) : 'remove the blank after `[`';
    return line.refuse('syntax/malformed-header', place, 'no section name follows `[`', help);
  }
  const near = nearest(kind.text, SECTIONS.keys());
  return line.refuse(
    'syntax/unknown-section',
    kind,
    `firewall files have no section \`${kind.text}\``,
    near === null ? sectionsOf(scope) : `did you mean \`${near}\`?`,
  );
}

function sectionsOf(scope: FirewallScope): string {
  return `${FILE_OF[scope]} has the sections ${SECTIONS_OF[scope].map((one) => headerText(one, 'name')).join(', ')}`;
}

function placeOf(section: SectionKind, scope: FirewallScope): string {
  if (section === 'aliases' || section === 'ipset' || section === 'group') {
    const others = section === 'group' ? '' : " or a guest's file";
    return `move it to cluster.fw${others}`;
  }
  return sectionsOf(scope);
}

/** `[RULES]`, `[IPSET name]`: nothing more and nothing less. */
function refuseForm(line: LineReader, { kind, name, closed, rest }: HeaderShape, section: SectionKind): Inert | null {
  const canonical = headerText(section, name.text.trim() === '' ? 'name' : name.text.trim());
  const help = `write \`${canonical}\``;
  if (!closed) return line.refuse('syntax/malformed-header', { start: 0, end: name.end }, '`]` is missing', help);
  if (rest !== null) {
    return line.refuse(
      'syntax/malformed-header',
      rest,
      `\`${rest.text}\` follows the header`,
      `${help}, and the rest below it`,
    );
  }
  if (!isNamed(section)) {
    if (name.start === kind.end) return null;
    const place = { start: kind.end, end: name.end };
    return line.refuse('syntax/malformed-header', place, `\`${kind.text}\` takes no name`, help);
  }
  if (name.text === '') {
    const place = { start: 0, end: name.end + 1 };
    return line.refuse('syntax/malformed-header', place, `\`${kind.text}\` needs a name`, help);
  }
  const problem = nameProblem(name.text, section);
  if (problem === null) return null;
  return line.refuse('syntax/bad-name', name, `the name \`${name.text}\` ${problem}`, NAME_HELP[section]);
}

const NAME_HELP = {
  ipset: 'name the set with a letter, then letters, digits, `_` or `-`: 2 to 64 characters in all',
  group: 'name the group with a letter, then letters, digits, `_` or `-`: 2 to 18 characters in all',
} as const;
