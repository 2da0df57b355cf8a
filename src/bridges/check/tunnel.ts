import { includes } from '../../ruleset/index.js';
import { parseNetwork } from '../../site/index.js';
import type { Link, Vxlan } from '../links.js';
import type { Check } from './check.js';
import { notMade } from './vlan.js';

/** IANA's UDP port for VXLAN, which ifupdown2 takes where none is given. */
const DEFAULT_PORT = 4789;

/** The kernel has one VXLAN device for a network identifier and a port (vxlan_vni_in_use). */
export const checkTunnels: Check = (links, { places, findings }) => {
  const first = new Map<string, Link>();
  return links.map((link): Link => {
    if (link.kind !== 'vxlan') return link;
    const key = `${link.id} ${link.port ?? DEFAULT_PORT}`;
    const other = first.get(key);
    if (other !== undefined) {
      const message = `VXLAN ${link.id} is ${other.name} already: ${link.name} cannot be made`;
      findings.report('links/vxlan', places.option(link, 'vxlan-id'), message, 'change one of the two ids', [
        { message: 'made here', span: places.option(other, 'vxlan-id') },
      ]);
      return notMade(link, 'vxlan-id');
    }
    first.set(key, link);
    if (!isMulticast(link.group) || link.device !== undefined) return link;
    const message = `${link.name} needs to know by which link it reaches the group ${link.group}: it cannot be made`;
    findings.report('links/vxlan', places.link(link), message, 'add `vxlan-physdev`');
    return notMade(link, 'vxlan-physdev');
  });
};

const GROUPS = ['224.0.0.0/4', 'ff00::/8'];

function isMulticast(address: Vxlan['group']): boolean {
  const own = address === undefined ? null : parseNetwork(address);
  if (own === null || !own.ok) return false;
  return GROUPS.some((text) => {
    const group = parseNetwork(text);
    return (
      group.ok && group.value.family === own.value.family && includes([group.value.interval], own.value.interval[0])
    );
  });
}
