import { type Link, portsOf } from '../links.js';
import type { Check } from './check.js';

/** A port of a bridge or a bond has no addresses of its own: packets to them would not arrive (spec interfaces.md 2.1.3). */
export const checkPortAddresses: Check = (links, { places, findings }) => {
  const masters = new Map(links.flatMap((link) => portsOf(link).map(({ name }) => [name, link.name] as const)));
  return links.map((link): Link => {
    const master = masters.get(link.name);
    const dhcp = link.dhcp ?? [];
    if (master === undefined || link.addresses.length + link.gateways.length + dhcp.length === 0) return link;
    for (const { address, prefixLength, origin } of link.addresses) {
      const span = places.word(address, origin);
      findings.leave(
        { link: link.name, option: 'address', value: `${address}/${prefixLength}`, reason: 'on a port' },
        span,
      );
    }
    for (const { address, origin } of link.gateways) {
      const span = places.word(address, origin);
      findings.leave({ link: link.name, option: 'gateway', value: address, reason: 'on a port' }, span);
    }
    const [first] = [...link.addresses, ...link.gateways];
    const place = first === undefined ? places.link(link) : places.word(first.address, first.origin);
    const message = `${link.name} is a port of ${master}: it gets no addresses of its own`;
    findings.report('links/port-address', place, message, `give them to ${master}`);
    const { dhcp: _, ...rest } = link;
    return { ...rest, addresses: [], gateways: [] };
  });
};
