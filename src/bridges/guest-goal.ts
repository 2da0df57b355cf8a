import type { GuestPort, VlanRange } from './bridge.js';
import type { CurrentLink, VlanEntry } from './current.js';
import type { GoalLink } from './goal.js';
import type { Link } from './links.js';
import { DEFAULT_PVID, unionOfRanges, withoutId } from './vlan-range.js';

const allTagged: VlanRange = { first: 2, last: 4094 };

/**
 * The ports of running guests, on the bridges their guests name. One that somebody plugged elsewhere is left there:
 * Proxmox puts a bridge of its own between a guest and its bridge (spec interfaces.md 4).
 */
export function guestPortGoals(
  ports: readonly GuestPort[],
  there: ReadonlyMap<string, CurrentLink>,
  wanted: ReadonlyMap<string, Link>,
): GoalLink[] {
  return ports.flatMap((port): GoalLink[] => {
    const { name, bridge, tag, linkDown, isolated, origin } = port;
    const link = there.get(name);
    if (link === undefined || linkDown || (link.master !== null && link.master !== bridge)) return [];
    const aware = isAware(bridge, there, wanted);
    // Without VLAN filtering a tag needs a bridge of its own, which Proxmox makes.
    if (aware === null || (!aware && tag !== null)) return [];
    return [
      {
        name,
        origin,
        device: null,
        up: true,
        master: bridge,
        ...(isolated === undefined ? {} : { port: { isolated } }),
        ...(aware ? { vlans: guestVlans(port) } : {}),
        sysctls: { 'ipv6/disable_ipv6': 1 },
        addresses: { there: [], gone: [] },
      },
    ];
  });
}

/** Does a bridge filter VLANs? Null for what is no bridge. */
function isAware(
  name: string,
  there: ReadonlyMap<string, CurrentLink>,
  wanted: ReadonlyMap<string, Link>,
): boolean | null {
  const link = wanted.get(name);
  if (link !== undefined) return link.kind === 'bridge' ? link.options.vlanAware === true : null;
  const device = there.get(name)?.device;
  return device?.kind === 'bridge' ? device.options.vlanAware === true : null;
}

/** As Proxmox plugs it (spec interfaces.md 4, step 3): its tag or 1 untagged; tagged its trunks, or all if it has neither. */
function guestVlans({ tag, trunks }: GuestPort): VlanEntry[] {
  const pvid = tag ?? DEFAULT_PVID;
  const tagged = trunks ?? (tag === null ? [allTagged] : []);
  return [
    { first: pvid, last: pvid, pvid: true, untagged: true },
    ...withoutId(unionOfRanges(tagged), pvid).map((range) => ({ ...range, pvid: false, untagged: false })),
  ].sort((a, b) => a.first - b.first);
}
