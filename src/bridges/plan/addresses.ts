import type { GoalLink } from '../goal.js';
import { isSameAddress } from '../same.js';
import type { Draft } from './draft.js';

export function addAddresses(draft: Draft, { name, addresses }: GoalLink): void {
  if (draft.link(name) === undefined) return;
  for (const { origin, ...address } of addresses.there) {
    if (draft.model.addressesOf(name).some((known) => isSameAddress(known, address))) continue;
    draft.step({ kind: 'add address', link: name, address }, origin);
  }
}

/** After the new ones are there, and after the routes that use them are gone. */
export function deleteAddresses(draft: Draft): void {
  for (const { name, addresses } of draft.goal.links) {
    for (const gone of addresses.gone) {
      const there = draft.model.addressesOf(name);
      const at = there.findIndex((known) => isSameAddress(known, gone));
      const found = there[at];
      if (found === undefined) continue;
      // The kernel takes the secondaries of an IPv4 address along, unless it promotes one of them: they go first.
      const secondaries = there.slice(at + 1).filter((other) => isSameNetwork(found, other));
      for (const address of [...secondaries, found]) {
        const { link: _link, permanent: _permanent, ...plain } = address;
        draft.step({ kind: 'delete address', link: name, address: plain }, null);
      }
    }
  }
}

/** Are two IPv4 addresses in one network, by the length they share? */
function isSameNetwork(
  one: { readonly address: string; readonly prefixLength: number },
  other: { readonly address: string; readonly prefixLength: number },
): boolean {
  if (one.prefixLength !== other.prefixLength || one.address.includes(':') || other.address.includes(':')) return false;
  const network = (address: string): bigint =>
    address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n) >> BigInt(32 - one.prefixLength);
  return network(one.address) === network(other.address);
}
