import { isIPv4 } from 'node:net';
import type { LinkAddress, Prefix, Route } from './current.js';

/** RT_TABLE_MAIN */
export const MAIN_TABLE = 254;
const RTPROT_STATIC = 4;
const RTN_UNICAST = 1;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
/** What the kernel gives an IPv6 route without a metric (IP6_RT_PRIO_USER). */
const IPV6_METRIC = 1024;

/** A unicast route of the main table. Null for `destination` is the default route, which has the gateway's family. */
export function unicastRoute(
  { destination, gateway, link }: Pick<Route, 'destination' | 'gateway' | 'link'>,
  more: { readonly metric?: number; readonly table?: number; readonly onlink?: boolean } = {},
): Route {
  const { metric = 0, table = MAIN_TABLE, onlink = false } = more;
  const family = isIPv4(destination?.address ?? gateway ?? '') ? 4 : 6;
  return {
    family,
    destination,
    gateway,
    link,
    table,
    metric: family === 6 && metric === 0 ? IPV6_METRIC : metric,
    protocol: RTPROT_STATIC,
    type: RTN_UNICAST,
    scope: gateway === null && family === 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
    onlink,
  };
}

/** An address for the whole world. */
export const addressOf = ({ address, length }: Prefix): LinkAddress => ({
  address,
  prefixLength: length,
  scope: RT_SCOPE_UNIVERSE,
});
