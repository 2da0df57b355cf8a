import { diagnose, type Report } from '../diagnostics/index.js';
import type { InterfacesContent, Word } from '../parser/index.js';
import { isLinkName } from './link-name.js';
import { expandNameRange, MOST_NAMES } from './name-range.js';

/** An `iface` stanza of an interfaces file. An interface may have several, one for each address family or more. */
export interface Stanza {
  readonly name: Word;
  readonly family: Word | null;
  readonly method: Word | null;
  /** Its own, those of a stanza it inherits from before them; `$IFACE` in their values is the name. */
  readonly options: readonly StanzaOption[];
}

/** `key` has `_` folded to `-`. */
export interface StanzaOption {
  readonly key: Word;
  readonly value: Word;
}

/** The stanzas of all files, in the order they are read; one for each name that a range such as `swp[1-3]` stands for. */
export function readStanzas(contents: readonly InterfacesContent[], report: Report): Stanza[] {
  const stanzas: OpenStanza[] = [];
  let current: OpenStanza[] = [];
  for (const content of contents) {
    if (content.kind === 'iface') {
      const names = namesOf(content.name, report);
      // What is wrong with one of a range is wrong with all.
      current = names.map((name, at) => open(content, name, stanzas, at === 0 ? report : () => {}));
      stanzas.push(...current);
    } else if (content.kind === 'option') {
      const { key, value } = content;
      for (const { name, options } of current) {
        options.push({ key, value: { ...value, value: value.value.replaceAll('$IFACE', name.value) } });
      }
    } else if (content.kind === 'foreign' && (content.keyword === 'vlan' || content.keyword === 'mapping')) {
      // The options that follow are those of the foreign stanza.
      current = [];
    }
  }
  return stanzas;
}

interface OpenStanza extends Stanza {
  readonly options: StanzaOption[];
}

type IfaceContent = Extract<InterfacesContent, { readonly kind: 'iface' }>;

function open(
  { family, method, inherits }: IfaceContent,
  name: Word,
  above: readonly OpenStanza[],
  report: Report,
): OpenStanza {
  if (inherits === null) return { name, family, method, options: [] };
  const base = above.findLast(
    (stanza) => stanza.name.value === inherits.value && (family === null || stanza.family?.value === family.value),
  );
  if (base === undefined) {
    const message = `no stanza of this family above is called \`${inherits.value}\`: ${name.value} inherits nothing`;
    report(diagnose('interfaces/inherits', inherits.span, message, { help: 'put the stanza that is inherited above' }));
    return { name, family, method, options: [] };
  }
  const message = `ifupdown2 and Proxmox VE do not know \`inherits\`: they give ${name.value} nothing of ${inherits.value}`;
  report(diagnose('interfaces/dialect', inherits.span, message, { help: 'write the options into this stanza' }));
  return { name, family: family ?? base.family, method: method ?? base.method, options: [...base.options] };
}

/** The names one word stands for. */
export function namesOf(word: Word, report: Report): Word[] {
  const names = expandNameRange(word.value);
  if (names !== null) return names.map((value) => ({ ...word, value }));
  const message = `\`${word.value}\` stands for no name, or for more than ${MOST_NAMES}: it does nothing`;
  report(
    diagnose('interfaces/range', word.span, message, { help: 'write the lower number first, such as `swp[1-3]`' }),
  );
  return [];
}

/** An `address` and the options that belong to it; an address with a prefix length of its own takes no netmask. */
export interface StanzaAddress {
  readonly address: StanzaOption;
  readonly attributes: ReadonlyMap<AddressAttribute, StanzaOption>;
}

const addressAttributes = ['netmask', 'broadcast', 'scope', 'preferred-lifetime', 'pointopoint'] as const;
export type AddressAttribute = (typeof addressAttributes)[number];

/**
 * The addresses of a stanza. What describes an address stands below it (spec interfaces.md 1.3, 7), or, before the first
 * one, above it, as only ifupdown2 does not read it.
 */
export function addressesOf({ options }: Pick<Stanza, 'options'>): StanzaAddress[] {
  const addresses: { address: StanzaOption; attributes: Map<AddressAttribute, StanzaOption> }[] = [];
  let above = new Map<AddressAttribute, StanzaOption>();
  for (const option of options) {
    if (option.key.value === 'address') {
      addresses.push({ address: option, attributes: above });
      above = new Map();
      continue;
    }
    const attribute = addressAttributes.find((key) => key === option.key.value);
    if (attribute === undefined) continue;
    const attributes = addresses.at(-1)?.attributes ?? above;
    if (!attributes.has(attribute)) attributes.set(attribute, option);
  }
  return addresses;
}

/** `address/prefix` or `address/mask` as `parseNetwork` reads it; an address alone stands for itself only. */
export function spellStanzaAddress({ address, attributes }: StanzaAddress): string {
  const netmask = attributes.get('netmask');
  const { value } = address.value;
  return netmask === undefined || value.includes('/') ? value : `${value}/${netmask.value.value}`;
}

/** What stands in a list of ports. */
export type PortWord =
  | { readonly kind: 'name'; readonly name: string }
  /** A regular expression: what it stands for depends on the machine (spec interfaces.md 2.2). */
  | { readonly kind: 'pattern'; readonly pattern: string }
  /** Behind `glob`, and no range of names. */
  | { readonly kind: 'unreadable'; readonly word: string };

/** Words behind `glob` are ranges of names, those behind `regex` patterns; `none` is no name. */
export function readPortList(list: string): PortWord[] {
  let mode: 'names' | 'regex' | 'glob' = 'names';
  return list.split(/\s+/).flatMap((word): PortWord[] => {
    if (word === 'regex' || word === 'glob') mode = word;
    else if (word === 'noregex' || word === 'noglob') mode = 'names';
    else if (mode === 'regex') return [{ kind: 'pattern', pattern: word }];
    else if (mode === 'glob') return rangeOf(word);
    else if (word !== 'none' && word !== '') return [{ kind: 'name', name: word }];
    return [];
  });
}

function rangeOf(word: string): PortWord[] {
  const names = expandNameRange(withBrackets(word));
  return names === null || !names.every(isLinkName)
    ? [{ kind: 'unreadable', word }]
    : names.map((name) => ({ kind: 'name', name }));
}

export const namedPorts = (list: string): string[] =>
  readPortList(list).flatMap((word) => (word.kind === 'name' ? [word.name] : []));

/** `swp1-3.100` is `swp[1-3].100`. */
const withBrackets = (word: string): string =>
  word.includes('[') ? word : word.replace(/^([A-Za-z_]+)([0-9]+-[0-9]+)/, '$1[$2]');
