import { createHash } from 'node:crypto';
import type { CurrentLink } from './current.js';

/** Of a bridge that was never given an address and has no port. The kernel gives it, and takes it from nobody. */
export const NO_MAC = '00:00:00:00:00:00';

export const hasMac = <Named extends Pick<CurrentLink, 'mac'>>(link: Named): link is Named & { readonly mac: string } =>
  link.mac !== null && link.mac !== NO_MAC;

/** The first byte of an address that somebody made up and that is of one station. */
const LOCAL = 0x02;
const KINDS = 0x03;

/** An address for a link that has none: the same again on this host, and another one on every other. */
export function madeUpMac(name: string, links: readonly CurrentLink[]): string {
  const hash = createHash('sha256').update(name);
  for (const { permanentMac, mac } of links) hash.update(permanentMac ?? mac ?? '');
  const [first = 0, ...rest] = hash.digest().subarray(0, 6);
  return [(first & ~KINDS) | LOCAL, ...rest].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
