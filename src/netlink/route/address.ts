import { isIPv4, isIPv6 } from 'node:net';
import { Failure } from '../../diagnostics/index.js';
import { spellIpv6Groups } from '../../ruleset/index.js';
import { u16beAt } from '../numbers.js';
import { MalformedMessage } from '../wire.js';

/** An IP address in network order: 4 or 16 bytes. Throws Failure `bad-address`. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // A zone names a link, which a request has its own field for.
  if (!isIPv6(address) || address.includes('%')) {
    throw new Failure('bad-address', `${JSON.stringify(address)} is not an IP address`);
  }
  // The dotted end of an IPv4-mapped address stands for the last two groups.
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const groups = dotted === null ? address : address.replace(dotted[0], hexOf(groupsOf(addressBytes(dotted[0]), 0, 4)));
  const [head = '', tail] = groups.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...first, ...zeros, ...last].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}

/** The canonical text (RFC 5952) of the 4 or 16 bytes from `start` to `end`, in network order. */
export function addressText(bytes: Buffer, start: number, end: number): string {
  if (end - start === 4) return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
  if (end - start !== 16) throw new MalformedMessage(`an address has ${end - start} bytes`);
  return spellIpv6Groups(groupsOf(bytes, start, end));
}

function groupsOf(bytes: Buffer, start: number, end: number): number[] {
  const groups: number[] = [];
  for (let at = start; at + 2 <= end; at += 2) groups.push(u16beAt(bytes, at));
  return groups;
}

const hexOf = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');

/** A hardware address of 6 bytes. Throws Failure `bad-address`. */
export function hardwareBytes(address: string): Buffer {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address)) {
    throw new Failure('bad-address', `${JSON.stringify(address)} is not a hardware address`, {
      help: 'write it like 02:00:5e:10:00:01',
    });
  }
  return Buffer.from(address.replaceAll(':', ''), 'hex');
}

/** The bytes from `start` to `end`, any number of them. */
export const hardwareText = (bytes: Buffer, start: number, end: number): string =>
  bytes.toString('hex', start, end).replace(/(..)(?!$)/g, '$1:');

/** The name as given. Throws Failure `bad-link-name` for one the kernel would refuse (net/core/dev.c dev_valid_name). */
export function linkName(name: string): string {
  const valid = name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) < 16 && !/[\s/:\0]/.test(name);
  if (valid) return name;
  throw new Failure('bad-link-name', `${JSON.stringify(name)} cannot be the name of an interface`, {
    help: 'use at most 15 bytes without blanks, "/" and ":"',
  });
}
