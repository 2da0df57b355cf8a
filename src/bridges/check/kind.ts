import type { Check } from './check.js';

/** Links of kinds that are read and not managed. */
export const checkKinds: Check = (links, { places, findings }) => {
  for (const link of links) {
    if (link.kind !== 'other' || findings.isRefused(link.name)) continue;
    const message = `${link.name} is of a kind that is not managed (\`${link.option}\`): it is left alone`;
    findings.report('links/unmanaged-kind', places.link(link), message, 'let the program that made it manage it');
  }
  return links;
};
