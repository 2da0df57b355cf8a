import { nearest } from '../../parser/index.js';
import { lowersOf } from '../links.js';
import { byName, type Check } from './check.js';

/** Names that people give to what a stanza makes; hardware is called otherwise (spec interfaces.md 3.6, systemd.net-naming-scheme). */
const MADE = /^(bond|vmbr|br|vlan|vxlan|dummy|vrf)[0-9]/;

/** Links that are named, and that no stanza makes. Hardware needs none: whether it is there, the files do not tell. */
export const checkUnknown: Check = (links, { places, findings }) => {
  const known = byName(links);
  const said = links.filter(({ start, name }) => start !== 'manual' || places.has(name)).map(({ name }) => name);
  for (const link of links) {
    for (const { name, origin } of lowersOf(link)) {
      if (places.has(name) || known.get(name)?.kind !== 'physical' || !MADE.test(name)) continue;
      const near = nearest(name, said);
      const help = near === null ? `add a stanza that makes ${name}` : `did you mean \`${near}\`?`;
      const message = `nothing makes \`${name}\`, which ${link.name} needs`;
      findings.report('links/unknown-link', places.word(name, origin), message, help);
    }
  }
  return links.map((link) => {
    if (link.vrf === undefined || known.get(link.vrf.name)?.kind === 'vrf') return link;
    const message = `\`${link.vrf.name}\` is no VRF: ${link.name} stays in the main routing table`;
    const help = `add a stanza \`iface ${link.vrf.name}\` with \`vrf-table auto\``;
    findings.report('links/unknown-link', places.option(link, 'vrf'), message, help);
    const { vrf, ...rest } = link;
    return rest;
  });
};
