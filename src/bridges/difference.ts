import { type Link, type Links, portsOf } from './links.js';
import { linksThatStart } from './order.js';

/** The kernel's side, as much of it as is compared; what `netlink` reads has this form. */
export interface CurrentLinks {
  readonly links: readonly CurrentLink[];
  readonly addresses: readonly { readonly link: string; readonly address: string; readonly prefixLength: number }[];
  readonly routes: readonly CurrentRoute[];
}

export interface CurrentLink {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `vlan`, …; null for hardware and loopback. */
  readonly kind: string | null;
  readonly up: boolean;
  readonly mtu: number;
  readonly master: string | null;
  /** Of a VLAN device: the link it stands on. */
  readonly parentIndex: number | null;
}

export interface CurrentRoute {
  /** Null is the default route. */
  readonly destination: unknown;
  readonly gateway: string | null;
  readonly link: string | null;
}

/** Something the kernel lacks; `name` and `problem` together are a sentence. */
export interface Difference {
  readonly kind: 'link' | 'port' | 'address' | 'route';
  readonly name: string;
  readonly problem: string;
}

/**
 * Where the kernel is not what the links that come up want: what is missing or otherwise, never what is there besides.
 * VLAN ids and the attributes of bridges and bonds are not compared, nor are links of kinds that cannot be made yet.
 */
export function differences({ links }: Links, current: CurrentLinks): Difference[] {
  const byName = new Map(current.links.map((link) => [link.name, link]));
  return linksThatStart(links)
    .filter(({ kind }) => kind !== 'other')
    .flatMap((link) => {
      const there = byName.get(link.name);
      if (there === undefined) return [{ kind: 'link', name: link.name, problem: 'is missing' } as const];
      return [
        ...deviceDifferences(link, there, current),
        ...portDifferences(link, byName, links),
        ...addressDifferences(link, current),
        ...routeDifferences(link, current),
      ];
    });
}

function deviceDifferences(link: Link, there: CurrentLink, { links }: CurrentLinks): Difference[] {
  const { name } = link;
  const found: Difference[] = [];
  const wanted = madeKind(link);
  if (wanted !== null && there.kind !== wanted) {
    found.push({ kind: 'link', name, problem: `is a ${there.kind ?? 'device'} instead of a ${wanted}` });
  }
  if (!there.up) found.push({ kind: 'link', name, problem: 'is down' });
  if (link.mtu !== undefined && there.mtu !== link.mtu) {
    found.push({ kind: 'link', name, problem: `has MTU ${there.mtu} instead of ${link.mtu}` });
  }
  if (link.kind === 'vlan') {
    const parent = links.find(({ index }) => index === there.parentIndex)?.name ?? 'no link';
    if (parent !== link.parent.name) {
      found.push({ kind: 'link', name, problem: `stands on ${parent} instead of ${link.parent.name}` });
    }
  }
  return found;
}

/** The kind the kernel gives what it makes; null for what may be anything. */
function madeKind(link: Link): string | null {
  switch (link.kind) {
    case 'bridge':
    case 'vlan':
    case 'bond':
    case 'vxlan':
    case 'dummy':
    case 'veth':
    case 'vrf':
      return link.kind;
    case 'physical':
    case 'loopback':
    case 'other':
      return null;
  }
}

function portDifferences(link: Link, byName: ReadonlyMap<string, CurrentLink>, links: readonly Link[]): Difference[] {
  const unknown = new Set(links.flatMap(({ kind, name }) => (kind === 'other' ? [name] : [])));
  return portsOf(link)
    .filter((port) => !unknown.has(port.name) && byName.get(port.name)?.master !== link.name)
    .map((port) => ({ kind: 'port', name: link.name, problem: `lacks port ${port.name}` }));
}

function addressDifferences({ name, addresses }: Link, current: CurrentLinks): Difference[] {
  const has = new Set(
    current.addresses.flatMap(({ link, address, prefixLength }) =>
      link === name ? [`${address}/${prefixLength}`] : [],
    ),
  );
  return addresses
    .map(({ address, prefixLength }) => `${address}/${prefixLength}`)
    .filter((address) => !has.has(address))
    .map((address) => ({ kind: 'address', name, problem: `lacks address ${address}` }));
}

function routeDifferences({ name, gateways }: Link, { routes }: CurrentLinks): Difference[] {
  const leaves = (address: string): boolean =>
    routes.some(({ destination, gateway, link }) => destination === null && gateway === address && link === name);
  return gateways
    .filter(({ address }) => !leaves(address))
    .map(({ address }) => ({ kind: 'route', name, problem: `lacks the default route via ${address}` }));
}
