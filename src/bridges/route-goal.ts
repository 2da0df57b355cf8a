import type { Route } from './current.js';
import { defined } from './defined.js';
import type { Goal, GoalRoute } from './goal.js';
import type { Gateway, Link } from './links.js';
import { unicastRoute } from './route.js';
import { isSameRoute, takesPlaceOf } from './same.js';
import type { Sides } from './sides.js';

/** RTPROT_KERNEL, RTPROT_RA; RT_TABLE_LOCAL; RTN_UNICAST */
const KERNEL = 2;
const ADVERTISED = 9;
const LOCAL_TABLE = 255;
const UNICAST = 1;

/** The default routes of the files, and what others said: a step that takes such a route along brings it back. */
export function routeGoals(
  { before, wanted }: Sides,
  current: readonly Route[],
  gone: readonly string[],
): Goal['routes'] {
  const own = [...wanted.values()].flatMap((link) =>
    link.gateways.map((gateway): GoalRoute => ({ ...gatewayRoute(link, gateway, wanted), origin: gateway.origin })),
  );
  const forgotten = [...before.values()]
    .flatMap((link) =>
      link.gateways.map((gateway): GoalRoute => ({ ...gatewayRoute(link, gateway, before), origin: null })),
    )
    .filter((route) => !own.some((one) => isSameRoute(one, route)));
  const foreign = current.filter(
    (route) =>
      isSaid(route) &&
      route.link !== null &&
      !gone.includes(route.link) &&
      ![...own, ...forgotten].some((one) => isSameRoute(one, route)) &&
      !own.some((one) => takesPlaceOf(one, route)),
  );
  return { there: [...foreign.map((route) => ({ ...route, origin: null })), ...own], gone: forgotten };
}

function gatewayRoute(
  link: Link,
  { address, metric, onlink = true, table }: Gateway,
  links: ReadonlyMap<string, Link>,
): Route {
  const vrf = link.vrf === undefined ? undefined : links.get(link.vrf.name);
  const own = table ?? (vrf?.kind === 'vrf' ? vrf.table : undefined);
  return unicastRoute(
    { destination: null, gateway: address, link: link.name },
    { onlink, ...defined({ metric, table: own }) },
  );
}

/** Somebody said it: not a network of a link's own address, an advertisement or a local address. */
const isSaid = ({ protocol, gateway, table, type }: Route): boolean =>
  type === UNICAST && table !== LOCAL_TABLE && protocol !== ADVERTISED && (protocol !== KERNEL || gateway !== null);
