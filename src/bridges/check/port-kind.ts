import type { Lower } from '../bridge.js';
import type { Link } from '../links.js';
import { byName, type Check, type Surroundings } from './check.js';

/** What the kernel takes into no bridge, and what carries no VLANs (br_add_if, NETIF_F_VLAN_CHALLENGED of lo). */
export const checkPortKinds: Check = (links, around) => {
  const known = byName(links);
  return links.map((link) => {
    if (link.kind === 'bridge') {
      const ports = link.ports.filter((port) => accepts(link, port, known.get(port.name), around));
      return ports.length === link.ports.length ? link : { ...link, ports };
    }
    if (link.kind === 'bond') {
      const slaves = link.slaves.filter((slave) => accepts(link, slave, known.get(slave.name), around));
      return slaves.length === link.slaves.length ? link : { ...link, slaves };
    }
    return link;
  });
};

function accepts(link: Link, port: Lower, found: Link | undefined, { places, findings }: Surroundings): boolean {
  const problem = whatIsWrong(link, found);
  if (problem === null) return true;
  const message = `${problem}: ${port.name} does not become a port of ${link.name}`;
  findings.report('links/bad-port', places.word(port.name, port.origin), message, 'take it out of the list');
  return false;
}

function whatIsWrong(link: Link, port: Link | undefined): string | null {
  if (port === undefined) return null;
  if (port.name === link.name) return 'no link is its own port';
  if (port.kind === 'loopback') return `the loopback interface cannot be in a ${link.kind}`;
  if (port.kind === 'vrf') return `a VRF cannot be in a ${link.kind}`;
  return link.kind === 'bridge' && port.kind === 'bridge' ? 'a bridge cannot be in a bridge' : null;
}
