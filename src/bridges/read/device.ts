import type { Lower } from '../bridge.js';
import type { Device } from '../links.js';
import { BOND_KEYS, readBond } from './bond.js';
import { type OptionsOf, readBridge } from './bridge.js';
import { readFlag } from './option-value.js';
import type { Options } from './options.js';
import { readLinkType, readVrf } from './virtual.js';
import { readVlan } from './vlan.js';
import { readVxlan } from './vxlan.js';

/** Options that make a device of a kind that is not managed (spec interfaces.md 2.8). */
const OTHER_KINDS = [
  'ovs-type',
  'tunnel-mode',
  'mode',
  'xfrm-id',
  'batman-ifaces',
  'ppp-physdev',
  'provider',
  'wireless-essid',
  'wpa-ssid',
  'wpa-conf',
] as const;

/** What is known of the other interfaces. */
export interface Surroundings {
  /** The interfaces of the files that a pattern may stand for. */
  readonly unclaimed: readonly string[];
  readonly optionsOf: OptionsOf;
  /** The links whose own stanzas say that they belong to this bond. */
  readonly joining: (bond: string) => readonly Lower[];
  /** The end of a veth pair whose stanza names this one as the other. */
  readonly peerOf: (link: string) => string | null;
  /** The routing tables of VRFs. */
  readonly tables: ReadonlyMap<string, number>;
}

/** What an interface is, by the options it has, and in the order ifupdown2 asks (spec interfaces.md 2.2, 2.5, 2.6). */
export function readDevice(options: Options, around: Surroundings): Device {
  const other = OTHER_KINDS.find((key) => options.has(key));
  if (other !== undefined) return { kind: 'other', option: other };
  const type = options.take('link-type');
  if (type !== null) return readLinkType(options, type, around.peerOf);
  if (options.has('vxlan-id')) return readVxlan(options);
  if (options.has('vrf-table')) return readVrf(options, around.tables);
  // A bridge without `bridge-ports` has to say that it is VLAN-aware.
  const aware = options.read(readFlag, 'bridge-vlan-aware');
  if (options.has('bridge-ports') || aware === true)
    return readBridge(options, aware, around.unclaimed, around.optionsOf);
  const joining = around.joining(options.link.name);
  if (options.has(...BOND_KEYS) || joining.length > 0) return readBond(options, around.unclaimed, joining);
  return readVlan(options) ?? { kind: 'physical' };
}
