import { spanOf } from '../../ruleset/index.js';
import { byName, type Check } from './check.js';

/** Only a VLAN-aware bridge has trunks; for a tag, others get a bridge of their own for each VLAN (spec interfaces.md 4). */
export const checkGuestVlans: Check = (links, { guestPorts, findings }) => {
  const known = byName(links);
  for (const { name, bridge, trunks, origin } of guestPorts) {
    const on = known.get(bridge);
    if (trunks === null || on?.kind !== 'bridge' || on.options.vlanAware === true) continue;
    const message = `${name} has trunks, but ${bridge} is not VLAN-aware: the guest cannot start`;
    findings.report('links/guest-trunks', spanOf(origin), message, `add \`bridge-vlan-aware yes\` to ${bridge}`);
  }
  return links;
};
