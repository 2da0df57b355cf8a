import { Failure } from '../diagnostics/index.js';
import type { AddressFamily, Protocol } from '../site/index.js';
import { parseAddress, parseIcmpType, parsePortList, parseProtocol } from '../site/index.js';
import type { TransportHeader } from './packet.js';

/** The words of a query as values. A word that is none is a `Failure` that says what would be one. */

/** What is wrong with a query, and what to give instead. */
export const bad = (message: string, help: string): Failure => new Failure('bad-query', message, { help, exit: 64 });

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** Six bytes in hex, with colons. */
export function readMac(word: string): bigint {
  if (!MAC.test(word)) throw bad(`\`${word}\` is no MAC address`, 'write six bytes in hex, such as bc:24:11:00:00:01');
  return BigInt(`0x${word.replaceAll(':', '')}`);
}

/** One ICMP type of the family, with the code its name stands for; both null where nothing is said. */
export function readIcmp(word: string | undefined, family: AddressFamily): TransportHeader {
  if (word === undefined) return { kind: 'icmp', type: null, code: null };
  const read = parseIcmpType(word, family);
  if (read === undefined || read.type === null)
    throw bad(
      `\`${word}\` is no one ICMP${family === 6 ? 'v6' : ''} type`,
      'use a number from 0 to 255 or a type name',
    );
  return { kind: 'icmp', ...read };
}

export function readProtocol(word: string): Protocol {
  const protocol = parseProtocol(word);
  if (protocol === undefined)
    throw bad(`there is no protocol \`${word}\``, 'use a name such as tcp, udp, icmp or icmpv6, or a number up to 255');
  return protocol;
}

/** One port; null where nothing is said. */
export function readPort(key: 'sport' | 'dport', word: string | undefined): number | null {
  if (word === undefined) return null;
  const list = parsePortList(word);
  if (!list.ok) throw bad(`${key}: ${list.problem}`, list.help);
  const [only, ...more] = list.value;
  if (only === undefined || more.length > 0 || only[0] !== only[1])
    throw bad(`${key}: \`${word}\` is more than one port`, 'a packet has one: give a number or a service name');
  return Number(only[0]);
}

export type Address = { readonly family: AddressFamily; readonly value: bigint };

export function readAddress(key: 'source' | 'dest', word: string | undefined): Address | undefined {
  if (word === undefined) return undefined;
  const address = parseAddress(word);
  if (address === undefined) throw bad(`${key}: \`${word}\` is no IPv4 or IPv6 address`, 'give one address, no prefix');
  return address;
}

/** The number that goes by the word, in any case; `key` is what the word was given for. */
export function oneOf(key: string, word: string, values: Readonly<Record<string, number>>): number {
  const name = word.toLowerCase();
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined)
    throw bad(`${key}: \`${word}\` is not known`, `use one of: ${Object.keys(values).join(', ')}`);
  return value;
}
