import { includes } from '../../ruleset/index.js';
import { type AddressRange, parseNetwork } from '../../site/index.js';
import type { Gateway, Link } from '../links.js';
import type { Check } from './check.js';

function networkOf(text: string): AddressRange | null {
  const network = parseNetwork(text);
  return network.ok ? network.value : null;
}

const isWithin = (one: AddressRange, network: AddressRange | null): boolean =>
  network?.family === one.family && includes([network.interval], one.interval[0]);

/** fe80::/10 */
const LINK_LOCAL: AddressRange = { family: 6, interval: [0xfe80n << 112n, (0xfec0n << 112n) - 1n] };

/** A next hop outside every network of its link is asked for all the same, as providers of single addresses want it. */
export const checkGateways: Check = (links, { places, findings }) => {
  for (const link of links) {
    if (link.dhcp !== undefined) continue;
    for (const { address, origin } of link.gateways) {
      const hop = networkOf(address);
      if (hop === null || isWithin(hop, LINK_LOCAL)) continue;
      const own = link.addresses.some((one) => one.address === address);
      const reached = link.addresses.some(
        (one) => one.peer === address || isWithin(hop, networkOf(`${one.address}/${one.prefixLength}`)),
      );
      if (reached && !own) continue;
      const message = own
        ? `${address} is the address of ${link.name} itself, not of a router`
        : `the gateway ${address} is in no network of ${link.name}: it is taken to be on the link`;
      const help = own ? "write the router's address" : 'correct it, unless the provider says so';
      findings.report('links/gateway', places.word(address, origin), message, help);
    }
  }
  return links;
};

/** The kernel keeps one default route of a family for each metric and table: the first counts. */
export const checkDefaultRoutes: Check = (links, { places, findings }) => {
  const first = new Map<string, { readonly link: Link; readonly gateway: Gateway }>();
  return links.map((link): Link => {
    const gateways = link.gateways.filter((gateway) => {
      const family = gateway.address.includes(':') ? 6 : 4;
      const key = `${family} ${gateway.metric ?? 0} ${gateway.table ?? link.vrf?.name ?? (link.kind === 'vrf' ? link.name : '')}`;
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, { link, gateway });
        return true;
      }
      const metric = gateway.metric === undefined ? 'no metric' : `metric ${gateway.metric}`;
      const message = `the IPv${family} default route with ${metric} leads to ${other.gateway.address} already: this one does nothing`;
      const help = 'remove one of the two, or give one a `metric` of its own';
      findings.report('links/two-defaults', places.word(gateway.address, gateway.origin), message, help, [
        { message: 'the first', span: places.word(other.gateway.address, other.gateway.origin) },
      ]);
      return false;
    });
    return gateways.length === link.gateways.length ? link : { ...link, gateways };
  });
};
