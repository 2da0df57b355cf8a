import type { GuestPort, PortOptions, VlanRange } from './bridge.js';
import type { CurrentLink, Forwarding, VlanEntry } from './current.js';
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
  before: readonly GuestPort[],
): GoalLink[] {
  return ports.flatMap((port): GoalLink[] => {
    const { bridge, tag, linkDown, isolated, origin } = port;
    const link = linkOnBridge(port, there);
    if (link === null || linkDown) return [];
    const { name } = link;
    const learning = learningOf(
      port,
      before.find((known) => known.name === port.name),
    );
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
        port: { ...(link.master === null ? {} : link.port), ...defined({ isolated }), ...learning },
        ...(aware ? { vlans: guestVlans(port) } : {}),
        sysctls: { 'ipv6/disable_ipv6': 1 },
        addresses: { there: [], gone: [] },
      },
    ];
  });
}

/**
 * The port of a guest that is there, and not in a bridge that somebody else put it into. In its stead the firewall of Proxmox
 * puts `fwpr<id>p<n>` on the bridge (spec interfaces.md 4).
 */
function linkOnBridge({ name, bridge }: GuestPort, there: ReadonlyMap<string, CurrentLink>): CurrentLink | null {
  const link = there.get(name.replace(/^(?:tap|veth)(\d+)i(\d+)$/, 'fwpr$1p$2')) ?? there.get(name);
  return link === undefined || (link.master !== null && link.master !== bridge) ? null : link;
}

/** A guest is found by the one address that is known, as Proxmox does it; what was switched off for that goes back. */
function learningOf({ station }: GuestPort, before: GuestPort | undefined): PortOptions {
  if (station !== undefined) return { learning: false, unicastFlood: false };
  return before?.station === undefined ? {} : { learning: true, unicastFlood: true };
}

/** Where bridges find guests whose addresses they do not learn. */
export const stationsOf = (ports: readonly GuestPort[], there: ReadonlyMap<string, CurrentLink>): Forwarding[] =>
  ports.flatMap((port) => {
    const link = linkOnBridge(port, there);
    return port.station === undefined || link === null ? [] : [{ link: link.name, mac: port.station, of: 'master' }];
  });

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
