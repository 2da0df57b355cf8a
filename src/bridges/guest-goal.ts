import type { GuestPort, VlanRange } from './bridge.js';
import type { CurrentLink, VlanEntry } from './current.js';
import { defined } from './defined.js';
import type { GoalLink } from './goal.js';
import type { Link } from './links.js';
import { DEFAULT_PVID, unionOfRanges, withoutId } from './vlan-range.js';

const allTagged: VlanRange = { first: 2, last: 4094 };

/** The ports of running guests, on the bridges their guests name. One that somebody plugged elsewhere is left there. */
export function guestPortGoals(
  ports: readonly GuestPort[],
  there: ReadonlyMap<string, CurrentLink>,
  wanted: ReadonlyMap<string, Link>,
): GoalLink[] {
  return ports.flatMap((port): GoalLink[] => {
    const { bridge, tag, linkDown, isolated, origin } = port;
    const name = firewallPort(port.name, there) ?? port.name;
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
        // What somebody told it stays, also where its bridge is made again.
        port: { ...(link.master === null ? {} : link.port), ...defined({ isolated }) },
        ...(aware ? { vlans: guestVlans(port) } : {}),
        sysctls: { 'ipv6/disable_ipv6': 1 },
        addresses: { there: [], gone: [] },
      },
    ];
  });
}

/**
 * The port that the firewall of Proxmox puts on the bridge in a guest's stead, `fwpr<id>p<n>`, where there is one (spec
 * interfaces.md 4).
 */
function firewallPort(port: string, there: ReadonlyMap<string, CurrentLink>): string | null {
  const name = port.replace(/^(?:tap|veth)(\d+)i(\d+)$/, 'fwpr$1p$2');
  return name !== port && there.has(name) ? name : null;
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
