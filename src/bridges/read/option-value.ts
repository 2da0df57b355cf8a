import { prefixLength, spellIpv4, spellIpv6 } from '../../ruleset/index.js';
import { type AddressFamily, parseAddress, parseNetwork, widthOf } from '../../site/index.js';
import type { VlanProtocol, VlanRange } from '../bridge.js';

/** A value of an option, or in words what the option takes. */
export type Value<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

const good = <T>(value: T): Value<T> => ({ ok: true, value });
const bad = (expected: string): { readonly ok: false; readonly expected: string } => ({ ok: false, expected });

/** ifupdown2 takes these words in lower case only (spec interfaces.md 2). */
export function readFlag(text: string): Value<boolean> {
  if (['on', 'yes', '1'].includes(text)) return good(true);
  if (['off', 'no', '0'].includes(text)) return good(false);
  return bad('yes or no, in lower case');
}

export const readNumber =
  (first: number, last: number, unit: string) =>
  (text: string): Value<number> => {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : -1;
    return value >= first && value <= last ? good(value) : bad(`a whole number from ${first} to ${last}${unit}`);
  };

/** Whole seconds, as the hundredths of a second that the kernel counts in. */
export const readSeconds =
  (first: number, last: number) =>
  (text: string): Value<number> => {
    const seconds = readNumber(first, last, ' seconds')(text);
    return seconds.ok ? good(seconds.value * 100) : seconds;
  };

/** One of some words, in any case, or its place among them: kernels number them that way. */
export const readWord =
  <T extends string>(words: readonly T[]) =>
  (text: string): Value<T> => {
    const folded = text.toLowerCase();
    const word = words.find((name, number) => folded === name || folded === String(number));
    return word === undefined ? bad(`one of ${words.join(', ')}`) : good(word);
  };

/** A number, or a word that stands for one. */
export const readNumberOr =
  (words: Readonly<Record<string, number>>, read: (text: string) => Value<number>) =>
  (text: string): Value<number> => {
    const number = words[text];
    if (number !== undefined) return good(number);
    const value = read(text);
    return value.ok ? value : bad(`${value.expected}, or ${Object.keys(words).join(', ')}`);
  };

export const readVlanId = readNumber(1, 4094, '');

/** Ids and ranges `a-b`; the separators are blanks, commas or, in a guest's `trunks`, semicolons. */
export function readVlanRanges(text: string): Value<VlanRange[]> {
  const ranges: VlanRange[] = [];
  for (const word of text.split(/[\s,;]+/).filter((part) => part !== '')) {
    const [from = '', to = from, ...rest] = word.split('-');
    const first = readVlanId(from);
    const last = readVlanId(to);
    if (rest.length > 0 || !first.ok || !last.ok || first.value > last.value) {
      return bad('VLAN ids from 1 to 4094 and ranges of them, such as 5 or 100-199');
    }
    ranges.push({ first: first.value, last: last.value });
  }
  return good(ranges);
}

export function readVlanProtocol(text: string): Value<VlanProtocol> {
  const word = text.toLowerCase();
  return word === '802.1q' || word === '802.1ad' ? good(word) : bad('802.1q or 802.1ad');
}

/** `address`, `address/prefix` or `address/mask`; without a length it stands for itself only. */
export function readInterfaceAddress(text: string): Value<{ address: string; prefixLength: number }> {
  const own = parseAddress(text.replace(/\/.*$/, ''));
  const network = parseNetwork(text);
  if (own === undefined || !network.ok) return bad('an address with its prefix length, such as 192.0.2.10/24');
  const length = prefixLength(network.value.interval, widthOf(own.family));
  if (length === undefined) return bad('a mask whose ones all come first, such as 255.255.255.0');
  return good({ address: spellAddress(own), prefixLength: length });
}

/** One address of the family, or of any. */
export const readAddress =
  (family: AddressFamily | 'any') =>
  (text: string): Value<string> => {
    const address = parseAddress(text);
    if (address !== undefined && (family === 'any' || address.family === family)) return good(spellAddress(address));
    return bad(
      family === 6 ? 'an IPv6 address, such as 2001:db8::1' : 'an address without a prefix length, such as 192.0.2.1',
    );
  };

/** A MAC address in lower case with colons; the word `ether` may stand before it. */
export function readMac(text: string): Value<string> {
  const mac = text.replace(/^ether\s+/, '').toLowerCase();
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) return bad('six bytes in hex, such as bc:24:11:00:00:01');
  const multicast = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  return multicast || mac === '00:00:00:00:00:00'
    ? bad('the address of one station: its first byte is even')
    : good(mac);
}

export const readText = (text: string): Value<string> => good(text);

const spellAddress = ({ family, value }: { readonly family: AddressFamily; readonly value: bigint }): string =>
  family === 4 ? spellIpv4(value) : spellIpv6(value);
