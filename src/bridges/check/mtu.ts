import type { Link } from '../links.js';
import { byName, type Check } from './check.js';

/**
 * A VLAN device cannot send more than its parent (vlan_dev_change_mtu): it gets what that one has. A bridge can, and loses
 * such frames at its ports. What no file gives an MTU has the one it has.
 */
export const checkMtu: Check = (links, { places, findings }) => {
  const known = byName(links);
  return links.map((link): Link => {
    const { mtu } = link;
    const limit = mtu === undefined ? undefined : lowest(link, known);
    if (mtu === undefined || limit === undefined || mtu <= limit.mtu) return link;
    const below = `${link.name} stands on ${limit.name}, whose MTU is ${limit.mtu}`;
    const consequence =
      link.kind === 'bridge' ? `packets of more than that are lost there` : `it has no more than that, not ${mtu}`;
    const help = `write at most ${limit.mtu}, or raise that of ${limit.name}`;
    findings.report('links/mtu', places.option(link, 'mtu'), `${below}: ${consequence}`, help);
    if (link.kind === 'bridge') return link;
    const { mtu: _, ...rest } = link;
    return rest;
  });
};

function lowest(
  link: Link,
  known: ReadonlyMap<string, Link>,
): { readonly name: string; readonly mtu: number } | undefined {
  const below = link.kind === 'vlan' ? [link.parent] : link.kind === 'bridge' ? link.ports : [];
  return below
    .flatMap(({ name }) => {
      const mtu = known.get(name)?.mtu;
      return mtu === undefined ? [] : [{ name, mtu }];
    })
    .sort((a, b) => a.mtu - b.mtu)[0];
}
