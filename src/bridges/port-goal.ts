import { portAttributes } from './attributes.js';
import type { BridgePort, PortVlans } from './bridge.js';
import type { VlanEntry } from './current.js';
import type { GoalLink } from './goal.js';
import type { Link } from './links.js';
import { forgottenOptions } from './option-record.js';
import type { Sides } from './sides.js';
import { DEFAULT_PVID } from './vlan-range.js';

const defaultEntries: readonly VlanEntry[] = [{ first: DEFAULT_PVID, last: DEFAULT_PVID, pvid: true, untagged: true }];

/** What a port of a bridge has from its bridge. */
export function portGoal(name: string, sides: Sides): Pick<GoalLink, 'port' | 'vlans'> {
  const port = portNow(name, sides);
  if (port === undefined) return {};
  const before = portBefore(name, sides);
  const options = { ...forgottenOptions(portAttributes, before?.options ?? {}, port.options), ...port.options };
  if (port.vlans !== undefined) return { port: options, vlans: entriesOf(port.vlans) };
  return before?.vlans === undefined ? { port: options } : { port: options, vlans: defaultEntries };
}

/** A port has no IPv6 of its own: it would answer beside its bridge (spec interfaces.md 2.1.3). */
export function portSysctls(name: string, sides: Sides): NonNullable<GoalLink['sysctls']> {
  if (portNow(name, sides) !== undefined) return { 'ipv6/disable_ipv6': 1 };
  return portBefore(name, sides) === undefined ? {} : { 'ipv6/disable_ipv6': 0 };
}

/**
 * An aware bridge must carry the ids of the VLAN devices on it itself (spec interfaces.md 2.4), and with their tags: a frame
 * that comes to the bridge without one is its own, not that of a VLAN device.
 */
export function ownVlans(link: Link, sides: Sides): Pick<GoalLink, 'ownVlans'> {
  if (link.kind !== 'bridge') return {};
  const there = idsOn(link, sides.wanted);
  const before = sides.before.get(link.name);
  const gone = before === undefined ? [] : idsOn(before, sides.before).filter((id) => !there.includes(id));
  const entries = there.map((id) => ({ first: id, last: id, pvid: false, untagged: false }));
  return {
    ownVlans: {
      there: gone.includes(DEFAULT_PVID) ? [...entries, ...defaultEntries] : entries,
      gone: gone.filter((id) => id !== DEFAULT_PVID).map((id) => ({ first: id, last: id })),
    },
  };
}

const portNow = (name: string, { masters, wanted }: Sides): BridgePort | undefined =>
  portIn(wanted.get(masters.get(name) ?? ''), name);

const portBefore = (name: string, { mastersBefore, before }: Sides): BridgePort | undefined =>
  portIn(before.get(mastersBefore.get(name) ?? ''), name);

const portIn = (bridge: Link | undefined, name: string): BridgePort | undefined =>
  bridge?.kind === 'bridge' ? bridge.ports.find((port) => port.name === name) : undefined;

function entriesOf({ pvid, tagged }: PortVlans): VlanEntry[] {
  const untagged = pvid === null ? [] : [{ first: pvid, last: pvid, pvid: true, untagged: true }];
  return [...untagged, ...tagged.map((range) => ({ ...range, pvid: false, untagged: false }))].sort(
    (a, b) => a.first - b.first,
  );
}

/** The ids of the VLAN devices on an aware bridge. */
function idsOn(bridge: Link, links: ReadonlyMap<string, Link>): number[] {
  if (bridge.kind !== 'bridge' || bridge.options.vlanAware !== true) return [];
  return [...links.values()].flatMap((link) =>
    link.kind === 'vlan' && link.parent.name === bridge.name ? [link.id] : [],
  );
}
