import type { Lower } from '../bridge.js';
import type { Link } from '../links.js';
import type { Check, Surroundings } from './check.js';

/** A link belongs to one bridge, bond or VRF (IFLA_MASTER is one): the first that names it has it. */
export const checkMasters: Check = (links, around) => {
  const masters = new Map<string, Lower>();
  const claim = (master: string, port: Lower, of: Link): boolean => {
    const first = masters.get(port.name);
    if (first === undefined) {
      masters.set(port.name, { name: master, origin: port.origin });
      return true;
    }
    if (first.name !== master) reportSecond(port, of, first, around);
    return first.name === master;
  };
  const claimed = links.map((link): Link => {
    switch (link.kind) {
      case 'bridge':
        return { ...link, ports: link.ports.filter((port) => claim(link.name, port, link)) };
      case 'bond':
        return { ...link, slaves: link.slaves.filter((slave) => claim(link.name, slave, link)) };
      default:
        return link;
    }
  });
  return claimed.map((link) => {
    if (link.vrf === undefined) return link;
    const { vrf, ...rest } = link;
    return claim(vrf.name, { name: link.name, origin: vrf.origin }, link) ? link : rest;
  });
};

function reportSecond(port: Lower, of: Link, first: Lower, { places, findings }: Surroundings): void {
  const place = of.name === port.name ? places.option(of, 'vrf') : places.word(port.name, port.origin);
  const message = `${port.name} already belongs to ${first.name}: it can be in one bridge, bond or VRF only`;
  findings.report('links/two-masters', place, message, 'take it out of one of them', [
    { message: 'taken here', span: places.word(port.name, first.origin) },
  ]);
}
