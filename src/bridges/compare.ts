import type { CurrentLink, CurrentLinks } from './current.js';

/**
 * What of one state is not in another, a line for each; none when both are the same. Left out is what nobody chose:
 * indexes, carriers, networks and addresses links give themselves, MAC addresses that the kernel made up.
 */
export function linkDifferences(before: CurrentLinks, now: CurrentLinks): string[] {
  const [old, fresh] = [new Set(linesOf(before)), new Set(linesOf(now))];
  return [
    ...[...old].filter((line) => !fresh.has(line)).map((line) => `lost: ${line}`),
    ...[...fresh].filter((line) => !old.has(line)).map((line) => `new: ${line}`),
  ];
}

/** RTPROT_KERNEL, RTN_UNICAST */
const KERNEL = 2;
const UNICAST = 1;

function linesOf({ links, addresses, routes, forwarding }: CurrentLinks): string[] {
  const said = routes.filter(
    ({ protocol, gateway, type }) => type === UNICAST && (protocol !== KERNEL || gateway !== null),
  );
  return [
    ...links.flatMap((link) => linkLines(link, links)),
    ...addresses.filter(({ permanent }) => permanent).map((address) => `address ${JSON.stringify(address)}`),
    ...said.map((route) => `route ${JSON.stringify(route)}`),
    ...forwarding.map((entry) => `forwarding ${JSON.stringify(entry)}`),
  ];
}

/** One line for each attribute. */
function linkLines(link: CurrentLink, links: readonly CurrentLink[]): string[] {
  const { name, device, up, mtu, mac, master, alias, port, vlans, sysctls } = link;
  // A bridge takes the address of a port; a bond deals addresses out to its slaves, in some modes with every change of them.
  const isSlave = links.some((other) => other.name === master && other.device.kind === 'bond');
  const made = device.kind === 'bridge' || isSlave ? null : mac;
  const { options = {}, ...identity } = { options: undefined, ...device };
  const attributes = { ...identity, up, mtu, mac: made, master, alias, vlans, ...options, ...port, ...sysctls };
  return Object.entries(attributes).map(([attribute, value]) => `${name} ${attribute} ${JSON.stringify(value)}`);
}
