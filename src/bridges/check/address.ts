import type { Address, Link } from '../links.js';
import type { Check } from './check.js';

/** One address on one link; in another VRF it is another one. */
export const checkAddresses: Check = (links, { places, findings }) => {
  const first = new Map<string, { readonly link: Link; readonly address: Address }>();
  return links.map((link): Link => {
    const addresses = link.addresses.filter((address) => {
      const key = `${link.vrf?.name ?? ''} ${address.address}`;
      const other = first.get(key);
      if (other === undefined) {
        first.set(key, { link, address });
        return true;
      }
      const same = other.link.name === link.name;
      const message = same
        ? `${link.name} has the address ${address.address} already: this line does nothing`
        : `${other.link.name} has the address ${address.address} too: it answers for both`;
      const help = same ? 'remove the line' : 'remove it from one of the two';
      findings.report('links/address-twice', places.word(address.address, address.origin), message, help, [
        { message: 'given here', span: places.word(other.address.address, other.address.origin) },
      ]);
      return !same;
    });
    return addresses.length === link.addresses.length ? link : { ...link, addresses };
  });
};
