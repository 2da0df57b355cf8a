import type { InterfacesTree, Word } from '../parser/index.js';

/** An `iface` stanza of an interfaces file. An interface may have several, one for each address family or more. */
export interface Stanza {
  readonly name: Word;
  readonly family: Word | null;
  readonly method: Word | null;
  readonly options: readonly StanzaOption[];
}

/** `key` has `_` folded to `-`. */
export interface StanzaOption {
  readonly key: Word;
  readonly value: Word;
}

/** An `address` and the `netmask` that belongs to it; an address with a prefix length of its own takes none. */
export interface StanzaAddress {
  readonly address: Word;
  readonly netmask: Word | null;
}

/** The stanzas of all files, in their order. */
export function stanzasOf(trees: readonly InterfacesTree[]): Stanza[] {
  const stanzas: { name: Word; family: Word | null; method: Word | null; options: StanzaOption[] }[] = [];
  for (const { content } of trees.flatMap(({ lines }) => lines)) {
    if (content.kind === 'iface') stanzas.push({ ...content, options: [] });
    if (content.kind === 'option') stanzas.at(-1)?.options.push({ key: content.key, value: content.value });
  }
  return stanzas;
}

/** The addresses of a stanza; a netmask binds to the address above it (spec interfaces.md 1.3, 7). */
export function addressesOf({ options }: Stanza): StanzaAddress[] {
  const addresses: StanzaAddress[] = [];
  for (const { key, value } of options) {
    const last = addresses.at(-1);
    if (key.value === 'address') addresses.push({ address: value, netmask: null });
    if (key.value === 'netmask' && last?.netmask === null && !last.address.value.includes('/')) {
      addresses[addresses.length - 1] = { ...last, netmask: value };
    }
  }
  return addresses;
}

/** `address/prefix` or `address/mask` as `parseNetwork` reads it; an address alone stands for itself only. */
export const spellStanzaAddress = ({ address, netmask }: StanzaAddress): string =>
  netmask === null ? address.value : `${address.value}/${netmask.value}`;

/** The ports a list names: `none` is no name, and what `regex` and `glob` stand for depends on the machine. */
export function namedPorts(list: string): string[] {
  const words = list.split(/\s+/);
  const pattern = words.findIndex(isPortPattern);
  return words.slice(0, pattern < 0 ? undefined : pattern).filter((word) => word !== 'none');
}

export const isPortPattern = (word: string): boolean => word === 'regex' || word === 'glob';
