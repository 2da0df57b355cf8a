import { lowersFirst } from '../order.js';
import type { Check } from './check.js';

export const checkCycle: Check = (links, { places, findings }) => {
  const { cyclic } = lowersFirst(links);
  const [first] = cyclic;
  if (first === undefined) return links;
  const names = cyclic.map(({ name }) => name).join(', ');
  findings.report(
    'links/cycle',
    places.link(first),
    `none of ${names} can be made: each needs another one of them first`,
    'take one of them out of `bridge-ports`, `bond-slaves` or `vlan-raw-device`',
  );
  return links;
};
