import type { Bridge, Matching } from './bridge.js';
import type { CurrentLink, CurrentLinks } from './current.js';
import { type Link, type Links, portsOf } from './links.js';
import { matchesEnd, parseNamePattern } from './name-pattern.js';

/** Host's ends of what guests plug in (spec interfaces.md 4): their bridges take them, patterns do not. */
const GUEST_PORT = /^(tap[0-9]+i[0-9]+|veth[0-9]+i[0-9]+|fw(br|ln|pr)[0-9]+[iop][0-9]+)$/;

/**
 * The links with the ports that their patterns stand for on this machine: links of the kernel that no file is about, and that
 * belong to nobody else. Of links that were applied before only those count that are still in them.
 */
export function withMatchingPorts(links: Links, { links: there }: CurrentLinks, which: 'free' | 'held'): Links {
  if (!links.links.some((link) => matchingOf(link).length > 0)) return links;
  const named = new Set([...links.links.map(({ name }) => name), ...links.guestPorts.map(({ name }) => name)]);
  const candidates = there.filter(({ name }) => !named.has(name) && !GUEST_PORT.test(name));
  const may = (link: Link) => (candidate: CurrentLink) =>
    canBePort(link, candidate) && (candidate.master === link.name || (which === 'free' && candidate.master === null));
  return { ...links, links: addMatching(links.links, (link) => candidates.filter(may(link)).map(({ name }) => name)) };
}

function canBePort({ name, kind }: Link, { name: port, device }: CurrentLink): boolean {
  if (port === 'lo' || device.kind === 'vrf' || (kind === 'bridge' && device.kind === 'bridge')) return false;
  return device.kind !== 'vlan' || device.parent !== name;
}

/** Each candidate belongs to the first link one of whose patterns matches it. */
function addMatching(links: readonly Link[], candidatesOf: (link: Link) => readonly string[]): readonly Link[] {
  const taken = new Set(links.flatMap((link) => portsOf(link).map(({ name }) => name)));
  const added: Link[] = [];
  const grown = links.map((link): Link => {
    const found = matchingOf(link).flatMap((matching) =>
      matchingNames(matching.pattern, candidatesOf(link)).flatMap((name) => {
        if (taken.has(name)) return [];
        taken.add(name);
        added.push({ kind: 'physical', name, origin: matching.origin, start: 'manual', addresses: [], gateways: [] });
        return [{ ...matching, name }];
      }),
    );
    if (link.kind === 'bond')
      return { ...link, slaves: [...link.slaves, ...found.map(({ name, origin }) => ({ name, origin }))] };
    return link.kind === 'bridge' ? { ...link, ports: [...link.ports, ...found.map(asPort)] } : link;
  });
  return [...grown, ...added];
}

/** A port has what its bridge says of all ports. */
function asPort({ name, origin, options = {}, vlans }: Matching & { readonly name: string }): Bridge['ports'][number] {
  return { name, origin, options, ...(vlans === undefined ? {} : { vlans }) };
}

const matchingOf = (link: Link): readonly Matching[] =>
  link.kind === 'bridge' || link.kind === 'bond' ? (link.matching ?? []) : [];

/** Names that end in what a pattern matches, in their order. */
export function matchingNames(pattern: string, names: readonly string[]): string[] {
  const parsed = parseNamePattern(pattern);
  return parsed.ok ? names.filter((name) => matchesEnd(parsed.pattern, name)) : [];
}
