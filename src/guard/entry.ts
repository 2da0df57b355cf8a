import type { CurrentLinks, Route } from '../bridges/index.js';
import { prefixMask } from '../ruleset/index.js';
import type { HostLink } from '../simulate/index.js';
import { type AddressFamily, parseAddress, widthOf } from '../site/index.js';
import { type IpAddress, isSameAddress, type Way } from './way.js';

/** Where a way comes to the node: the link, of a bridge with its uplink, and the node's own address there. */
export interface Entry extends HostLink {
  readonly own: IpAddress;
}

/** Null when there is none: the address is on no link that is up, or nothing leads back to the remote one. */
export function entryOf({ remote, own }: Way, links: CurrentLinks): Entry | null {
  const up = new Set(links.links.filter((link) => link.up).map(({ name }) => name));
  const addresses = addressesOf(links).filter(({ link, address }) => up.has(link) && address.family === remote.family);
  if (addresses.some(({ address }) => isSameAddress(address, remote))) {
    return { link: 'lo', port: null, own: own ?? remote };
  }
  const found =
    own === null
      ? towards(remote, links.routes, addresses)
      : addresses.find(({ address }) => isSameAddress(address, own));
  return found === undefined ? null : { link: found.link, port: uplinkOf(found.link, links), own: found.address };
}

interface OwnAddress {
  readonly link: string;
  readonly address: IpAddress;
}

const addressesOf = ({ addresses }: CurrentLinks): OwnAddress[] =>
  addresses.flatMap(({ link, address }) => {
    const value = parseAddress(address);
    return value === undefined ? [] : [{ link, address: value }];
  });

/** RT_TABLE_MAIN and RTN_UNICAST (uapi linux/rtnetlink.h) */
const MAIN = 254;
const UNICAST = 1;

/** The node's address on the link that leads to a remote one; that of another link when this one has none. */
function towards(
  remote: IpAddress,
  routes: readonly Route[],
  addresses: readonly OwnAddress[],
): OwnAddress | undefined {
  const [best] = routes
    .filter((route) => route.table === MAIN && route.type === UNICAST && route.link !== null && leads(route, remote))
    .sort((a, b) => lengthOf(b) - lengthOf(a) || a.metric - b.metric);
  if (best === undefined || best.link === null) return undefined;
  const { link, source } = best;
  const sending = source === undefined ? undefined : parseAddress(source);
  const own =
    addresses.find(({ address }) => sending !== undefined && isSameAddress(address, sending)) ??
    addresses.find((address) => address.link === link && !isLinkLocal(address.address)) ??
    addresses.find((address) => address.link !== 'lo' && !isLinkLocal(address.address));
  return own === undefined ? undefined : { link, address: own.address };
}

const lengthOf = ({ destination }: Route): number => destination?.length ?? 0;

function leads({ family, destination }: Route, remote: IpAddress): boolean {
  if (family !== remote.family) return false;
  const first = destination === null ? undefined : parseAddress(destination.address);
  if (destination === null || first === undefined) return destination === null;
  const mask = prefixMask(destination.length, widthOf(family));
  return (first.value & mask) === (remote.value & mask);
}

/** 169.254.0.0/16 and fe80::/10 */
const linkLocal: Readonly<Record<AddressFamily, { readonly shift: bigint; readonly prefix: bigint }>> = {
  4: { shift: 16n, prefix: 0xa9fen },
  6: { shift: 118n, prefix: 0x3fan },
};

const isLinkLocal = ({ family, value }: IpAddress): boolean =>
  value >> linkLocal[family].shift === linkLocal[family].prefix;

/** What guests bring has rules of its own: the way of an administrator begins outside. */
const GUEST_PORT = /^(?:tap|veth)\d+i\d+$/;

/** The first port of a bridge that is no guest's; null for one without, and for any other link. */
function uplinkOf(name: string, { links }: CurrentLinks): string | null {
  if (links.find((link) => link.name === name)?.device.kind !== 'bridge') return null;
  return links.find(({ master, name: port }) => master === name && !GUEST_PORT.test(port))?.name ?? null;
}
