import { isPortPattern, namedPorts, type StanzaOption } from '../site/index.js';
import type { Bond } from './bond.js';
import type { Bridge, Lower, PortVlans } from './bridge.js';
import { isLinkName } from './link-name.js';
import type { Device } from './links.js';
import { readBondMode, readFlag, readNumber, readVlanId, readVlanProtocol, readVlanRanges } from './option-value.js';
import type { Options } from './options.js';
import { DEFAULT_PVID, unionOfRanges, withoutId } from './vlan-range.js';

/** Options that make a device of a kind ringwall cannot make yet (spec interfaces.md 2.7 and 2.8). */
const OTHER_KINDS = [
  'link-type',
  'vxlan-id',
  'vrf-table',
  'tunnel-mode',
  'ovs-type',
  'xfrm-id',
  'batman-ifaces',
  'ppp-physdev',
] as const;

/** What an interface is, by the options it has, and in the order ifupdown2 asks (spec interfaces.md 2.2, 2.5, 2.6). */
export function readDevice(options: Options, loopback: boolean): Device {
  if (loopback) return { kind: 'loopback' };
  const other = OTHER_KINDS.find((key) => options.has(key));
  if (other !== undefined) return { kind: 'other', option: other };
  // A bridge without `bridge-ports` has to say that it is VLAN-aware.
  const aware = options.read(readFlag, 'bridge-vlan-aware');
  if (options.has('bridge-ports') || aware === true) return readBridge(options, aware ?? false);
  if (options.has('bond-slaves', 'bond-ports', 'bond-mode')) return readBond(options);
  return readVlan(options) ?? { kind: 'physical' };
}

/** An interface that no stanza is about, only lines of others: ifupdown2 takes `eth0.5` for a VLAN device. */
export function impliedDevice({ name, origin }: Lower): Device {
  const dotted = splitDotted(name);
  return dotted === null
    ? { kind: 'physical' }
    : { kind: 'vlan', parent: { name: dotted.parent, origin }, id: dotted.id, protocol: '802.1q' };
}

function readBridge(options: Options, vlanAware: boolean): Bridge {
  const stp = options.read(readFlag, 'bridge-stp');
  const delay = options.read(readNumber(0, 255, ' seconds'), 'bridge-fd');
  const vids = options.read(readVlanRanges, 'bridge-vids', 'bridge-trunk') ?? [];
  const vlans: PortVlans = { pvid: DEFAULT_PVID, tagged: withoutId(unionOfRanges(vids), DEFAULT_PVID) };
  return {
    kind: 'bridge',
    ports: readLowers(options, 'bridge-ports').map((lower) => ({
      ...lower,
      options: {},
      ...(vlanAware ? { vlans } : {}),
    })),
    options: {
      ...(stp === null ? {} : { stp }),
      // The kernel counts hundredths of seconds.
      ...(delay === null ? {} : { forwardDelay: delay * 100 }),
      vlanAware,
    },
  };
}

function readBond(options: Options): Bond {
  const mode = options.read(readBondMode, 'bond-mode');
  const miimon = options.read(readNumber(0, 999_999_999, ' milliseconds'), 'bond-miimon');
  return {
    kind: 'bond',
    slaves: readLowers(options, 'bond-slaves', 'bond-ports'),
    options: { ...(mode === null ? {} : { mode }), ...(miimon === null ? {} : { miimon }) },
  };
}

/** Each option of the list counts: a bridge with a stanza for each address family may name its ports in both. */
function readLowers(options: Options, ...keys: readonly string[]): Lower[] {
  const lowers = options.takeAll(...keys).flatMap((option) => {
    if (option.value.value.split(/\s+/).some(isPortPattern)) options.leave(option, 'not yet');
    return options.lowers(option, namedPorts(option.value.value));
  });
  return lowers.filter(({ name }, at) => lowers.findIndex((lower) => lower.name === name) === at);
}

/** `X.N`; or any name with `vlan-raw-device`, where the id is in a dotted name, in `vlan-id`, or in `vlanN`. */
function readVlan(options: Options): Device | null {
  const implied = impliedDevice(options.link);
  const named = implied.kind === 'vlan' ? implied : null;
  const raw = options.take('vlan-raw-device');
  if (raw === null && named === null) return null;
  const parent = raw === null ? named?.parent : options.lowers(raw, [raw.value.value])[0];
  const id = named?.id ?? readId(options, raw);
  const protocol = options.read(readVlanProtocol, 'vlan-protocol') ?? '802.1q';
  if (parent === undefined || id === null) return { kind: 'other', option: 'vlan-raw-device' };
  return { kind: 'vlan', parent, id, protocol };
}

/** The id of a VLAN device whose name does not end in it. */
function readId(options: Options, raw: StanzaOption | null): number | null {
  if (options.has('vlan-id')) return options.read(readVlanId, 'vlan-id');
  const id = readVlanId(/^vlan0*([0-9]+)$/.exec(options.link.name)?.[1] ?? '');
  if (id.ok) return id.value;
  const message = `the VLAN device ${options.link.name} has no id: it cannot be made`;
  if (raw !== null) options.refuse(raw, message, 'add `vlan-id N` below it, with N from 1 to 4094');
  return null;
}

/** `eth0.5` is VLAN 5 on `eth0`, and `eth0.5.6` VLAN 6 on `eth0.5`; null when no VLAN id follows the last dot. */
function splitDotted(name: string): { readonly parent: string; readonly id: number } | null {
  const [, parent, digits] = /^(.+)\.([0-9]+)$/.exec(name) ?? [];
  const id = readVlanId(digits ?? '');
  return parent === undefined || !isLinkName(parent) || !id.ok ? null : { parent, id: id.value };
}
