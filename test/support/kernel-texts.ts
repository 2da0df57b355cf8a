/**
 * Left out of what `ip` and `bridge` say: numbers the kernel gives anew to what is made again (ifindex, link_index), clocks and
 * counters (timers, ages), and what becomes of a carrier some time after the links were set (operstate, the state of a
 * bridge port, topology changes).
 */
const volatileInLinks =
  /^(ifindex|link_index|peer_ifindex|.*_timer|.*timer.*|tcn.*|topology_change.*|operstate|state|root_port|root_path_cost|valid_life_time|preferred_life_time|tentative|dadfailed|stats.*|bridge_id|root_id|designated_.*|id|no|forward_delay_timer)$/;

/** Set by the carrier, which comes some time after the link is up. */
const carrier = new Set(['LOWER_UP', 'NO-CARRIER', 'M-DOWN']);

type Json = null | boolean | number | string | Json[] | { readonly [key: string]: Json };

/** What `ip -d -j address show` says, without what differs by chance: a line for each link. */
export function linksText(text: string): string {
  const links: Json = JSON.parse(text || '[]');
  return lines((Array.isArray(links) ? links : []).map((link) => settled(link)));
}

/** What `ip -j` or `bridge -j` says, a line for each object. */
export const objectsText = (text: string): string => {
  const objects: Json = JSON.parse(text || '[]');
  return lines(Array.isArray(objects) ? objects.map((object) => without(object)) : []);
};

/**
 * What `ip -j route show` says, a line for each route.
 * Addresses the kernel makes from MAC addresses, and their routes, come with the carrier, and are left out.
 */
export const routesText = (text: string): string =>
  objectsText(text)
    .split('\n')
    .filter((line) => !/"dst":"(fe80|ff00|multicast)|"type":"(anycast|multicast)"/.test(line))
    .map((line) => line.replace(/,?"linkdown"/, '').replace(',"flags":[]', ''))
    .join('\n');

const lines = (objects: readonly Json[]): string =>
  objects
    .map((object) => JSON.stringify(object))
    .sort()
    .join('\n');

/** The first bytes of the MAC addresses of all hardware here. */
export const VENDOR = 'bc:24:11';

function settled(link: Json): Json {
  if (link === null || typeof link !== 'object' || Array.isArray(link)) return link;
  const { flags, address, addr_info: addresses } = link;
  return without({
    ...link,
    // A device without ports that is made again gets another one by chance.
    address: typeof address === 'string' && address.startsWith(VENDOR) ? address : 'of no hardware',
    flags: Array.isArray(flags) ? flags.filter((flag) => typeof flag !== 'string' || !carrier.has(flag)).sort() : null,
    addr_info: Array.isArray(addresses) ? addresses.filter((address) => !isLinkLocal(address)) : null,
  });
}

const isLinkLocal = (address: Json): boolean =>
  typeof address === 'object' && address !== null && 'local' in address && String(address['local']).startsWith('fe80:');

function without(value: Json): Json {
  if (Array.isArray(value)) return value.map(without);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !volatileInLinks.test(key))
      .map(([key, part]) => [key, without(part)]),
  );
}
