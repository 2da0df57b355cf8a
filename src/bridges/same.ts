import type { Forwarding, LinkAddress, Route } from './current.js';

/** Is it the same address of a link, as far as the kernel lets it be there once? */
export const isSameAddress = (one: LinkAddress, other: LinkAddress): boolean =>
  one.address === other.address && one.prefixLength === other.prefixLength && one.peer === other.peer;

/** Does one route take the place of another, so that both cannot be there? */
export const takesPlaceOf = (one: Route, other: Route): boolean =>
  one.family === other.family &&
  one.table === other.table &&
  one.metric === other.metric &&
  one.destination?.address === other.destination?.address &&
  one.destination?.length === other.destination?.length;

/** Do packets take the same way? Who made a route does not matter. */
export const isSameRoute = (one: Route, other: Route): boolean =>
  takesPlaceOf(one, other) && one.gateway === other.gateway && one.link === other.link && one.type === other.type;

export const isSameForwarding = (one: Forwarding, other: Forwarding): boolean =>
  one.link === other.link &&
  one.mac === other.mac &&
  one.of === other.of &&
  one.vlan === other.vlan &&
  one.destination === other.destination;

/** The same for the same entry: a port of a bridge can have one for each VLAN. */
export const forwardingKey = ({ link, mac, of, vlan = 0, destination = '' }: Forwarding): string =>
  `${link} ${mac} ${of} ${vlan} ${destination}`;
