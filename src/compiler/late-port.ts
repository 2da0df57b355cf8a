import type { Chain, MapElement, Rule } from '../ruleset/index.js';
import { LATE_IN_CHAIN, LATE_OUT_CHAIN } from '../ruleset/index.js';
import { isLinkName, type Site } from '../site/index.js';
import { byName, goTo, implied, verdict } from './build.js';
import { guardedNics } from './nic-names.js';

/**
 * Names that ports of guests have: `tap<id>i<n>` and `veth<id>i<n>`, with ids that begin with a digit from 1. Nothing in
 * the kernel looks for the `i`, so a name is only taken for one on a bridge where guests are. They come in two sets, because
 * nft 1.0.6 makes one range of neighbours such as `tap1*` and `tap2*` when it loads a set, and a wrong one.
 */
const GUEST_LIKE: readonly (readonly string[])[] = [
  [1, 3, 5, 7, 9],
  [2, 4, 6, 8],
].map((digits) => ['tap', 'veth'].flatMap((kind) => digits.map((digit) => `${kind}${digit}*`)));
const isGuestLike = (name: string): boolean => /^(?:tap|veth)[1-9]/.test(name);

/** The kernel's limit of an interface's name, in bytes. */
const LONGEST_NAME = 15;

/**
 * The bridges guests are plugged into: those of the interfaces files, of the SDN and of guests that are known; with the
 * `<bridge>v<tag>` and the `fwbr<id>i<n>` that Proxmox makes for them (spec firewall.md 6.3).
 */
export function guestBridges(site: Site): string[] {
  const named = new Set(
    [
      ...site.network.bridges.map(({ name }) => name),
      ...site.sdnVnets,
      ...site.guests.flatMap(({ nics }) => nics.flatMap(({ bridge }) => bridge ?? [])),
      // What no bridge can be called has no ports, and no place in a text of ours.
    ].filter(isLinkName),
  );
  if (named.size === 0) return [];
  const tagged = [...named].filter((name) => name.length < LONGEST_NAME).map((name) => `${name}v*`);
  return [...named, ...tagged, 'fwbr*'];
}

/** What no map knows and looks like a guest's port is looked at again, by its bridge. */
export const lateFrom = lateRules('iifname', LATE_OUT_CHAIN);
export const lateTo = lateRules('oifname', LATE_IN_CHAIN);

function lateRules(field: 'iifname' | 'oifname', chain: string): Rule[] {
  const statements = [{ kind: 'verdict', verdict: goTo(chain) }] as const;
  return GUEST_LIKE.map((names) => ({ matches: [byName(field, ...names)], statements, origin: null }));
}

/**
 * A port that came after these rules were made, of a guest nobody knew then: whether it is to be filtered is not known, so
 * it is closed.
 */
export const lateChains = (bridges: readonly string[]): readonly Chain[] =>
  (
    [
      [LATE_OUT_CHAIN, 'meta ibrname'],
      [LATE_IN_CHAIN, 'meta obrname'],
    ] as const
  ).map(([name, field]) => ({
    name,
    rules: [implied('no rules for this port', [byName(field, ...bridges)], verdict('drop'))],
  }));

/** What is known not to be filtered from its port, and to it: it passes, whatever its name looks like. */
export function knownOpen(
  site: Site,
  filtered: ReadonlySet<number>,
): { readonly from: readonly MapElement[]; readonly to: readonly MapElement[] } {
  const nics = site.guests.flatMap((guest) => {
    const guarded = new Set(guardedNics(guest));
    return guest.nics
      .filter(({ bridge }) => bridge !== null)
      .map((nic) => ({ nic, from: !(filtered.has(guest.id) && guarded.has(nic)), to: !guarded.has(nic) }));
  });
  const own = new Set(nics.map(({ nic }) => nic.port));
  const configured = site.network.bridges
    .flatMap(({ ports }) => ports)
    .filter((port) => isGuestLike(port) && isLinkName(port) && !own.has(port))
    .map((port): MapElement => ({ key: port, verdict: { kind: 'accept' }, origin: null }));
  const open = (which: 'from' | 'to'): MapElement[] => [
    ...nics
      .filter((each) => each[which])
      .map(({ nic }): MapElement => ({ key: nic.port, verdict: { kind: 'accept' }, origin: nic.origin })),
    ...new Map(configured.map((element) => [element.key, element])).values(),
  ];
  return { from: open('from'), to: open('to') };
}
