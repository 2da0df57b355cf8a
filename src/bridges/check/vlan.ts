import type { VlanRange } from '../bridge.js';
import type { Link } from '../links.js';
import type { Check } from './check.js';

/** The kernel has one device for a VLAN of a link (vlan_find_dev): the first stanza makes it. */
export const checkVlanTwice: Check = (links, { places, findings }) => {
  const first = new Map<string, Link>();
  return links.map((link): Link => {
    if (link.kind !== 'vlan') return link;
    const key = `${link.parent.name} ${link.protocol} ${link.id}`;
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, link);
      return link;
    }
    const message = `VLAN ${link.id} of ${link.parent.name} is ${other.name} already: ${link.name} cannot be made`;
    findings.report('links/vlan-twice', places.link(link), message, 'remove one of the two, or change its id', [
      { message: 'made here', span: places.link(other) },
    ]);
    return notMade(link, 'vlan-id');
  });
};

/** What is left of a link that cannot be made. */
export const notMade = ({ name, origin, start }: Link, option: string): Link => {
  return { kind: 'other', option, name, origin, start, addresses: [], gateways: [] };
};

/**
 * A VLAN device on the port of a bridge takes the frames of its VLAN before the bridge sees them. It is no error: a host
 * may have its own address in that VLAN and no guest in it.
 */
export const checkVlanBelowBridge: Check = (links, { places, findings }) => {
  for (const bridge of links) {
    if (bridge.kind !== 'bridge') continue;
    for (const { name, vlans } of bridge.ports) {
      if (vlans === undefined) continue;
      for (const device of links) {
        if (device.kind !== 'vlan' || device.parent.name !== name || !carries(vlans.tagged, device.id)) continue;
        const message = `${device.name} takes VLAN ${device.id} of ${name} before ${bridge.name} sees it: guests of this VLAN on ${bridge.name} reach nobody behind ${name}`;
        const help = `use ${bridge.name}.${device.id} instead, or leave ${device.id} out of \`bridge-vids\``;
        findings.report('links/vlan-below-bridge', places.link(device), message, help);
      }
    }
  }
  return links;
};

const carries = (ranges: readonly VlanRange[], id: number): boolean =>
  ranges.some(({ first, last }) => first <= id && id <= last);
