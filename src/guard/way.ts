import { spellIpv4, spellIpv6 } from '../ruleset/index.js';
import type { AddressFamily } from '../site/index.js';

export interface IpAddress {
  readonly family: AddressFamily;
  readonly value: bigint;
}

/** A way by which an administrator gets to the node: connections of a remote address to a port of the node's own. */
export interface Way {
  /** What makes it one: the connection this run came by, an option, or the set of those who may manage the node. */
  readonly by: 'session' | 'keep' | 'management';
  readonly protocol: 'tcp' | 'udp';
  readonly remote: IpAddress;
  /** Null for any. */
  readonly remotePort: number | null;
  /** Null for the address the remote one reaches the node by, whichever that is. */
  readonly own: IpAddress | null;
  readonly port: number;
}

export const spellAddress = ({ family, value }: IpAddress): string =>
  family === 4 ? spellIpv4(value) : spellIpv6(value);

/** `your SSH session, 198.51.100.7 to port 22/tcp` */
export function spellWay({ by, protocol, remote, port }: Way): string {
  const ends = `${spellAddress(remote)} to port ${port}/${protocol}`;
  switch (by) {
    case 'session':
      return `your SSH session, ${ends}`;
    case 'keep':
      return `--keep, ${ends}`;
    case 'management':
      return `management, ${ends}`;
  }
}

export const isSameAddress = (a: IpAddress, b: IpAddress): boolean => a.family === b.family && a.value === b.value;
