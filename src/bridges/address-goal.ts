import type { LinkAddress } from './current.js';
import type { GoalAddress, GoalLink } from './goal.js';
import type { Address } from './links.js';
import { isSameAddress } from './same.js';
import type { Sides } from './sides.js';

/** The wanted addresses of a link and the permanent ones of others; those we gave it and nobody wants any more go. */
export function addressGoals(
  name: string,
  wanted: readonly Address[],
  before: readonly Address[],
  sides: Sides,
): GoalLink['addresses'] {
  const own = wanted.map((address): GoalAddress => ({ ...linkAddress(address), origin: address.origin }));
  const gone = before.map((address) => ({ ...linkAddress(address), origin: null })).filter((one) => !isIn(own, one));
  const foreign = permanent(name, sides)
    .filter((address) => !isIn(own, address) && !isIn(gone, address))
    .map(({ link: _link, permanent: _permanent, ...address }) => ({ ...address, origin: null }));
  return { there: [...foreign, ...own], gone };
}

/** Does a link have an address that is none of these? */
export function hasForeignAddress(name: string, own: readonly Address[], sides: Sides): boolean {
  const ours = own.map(linkAddress);
  return permanent(name, sides).some((address) => !isIn(ours, address));
}

const permanent = (name: string, { addressesOf }: Sides) =>
  (addressesOf.get(name) ?? []).filter((address) => address.permanent);

const isIn = (addresses: readonly LinkAddress[], address: LinkAddress): boolean =>
  addresses.some((one) => isSameAddress(one, address));

const linkAddress = ({ origin: _origin, scope = 0, ...address }: Address): LinkAddress => ({ ...address, scope });
