import { isLinkName, type StanzaOption } from '../../site/index.js';
import type { Bridge, BridgeOptions, BridgePort, Lower, PortOptions, PortVlans } from '../bridge.js';
import { DEFAULT_PVID, unionOfRanges, withoutId } from '../vlan-range.js';
import { type Field, field, keysOf, readFields } from './field.js';
import { readLowers } from './lowers.js';
import {
  readFlag,
  readMac,
  readNumber,
  readNumberOr,
  readSeconds,
  readVlanId,
  readVlanProtocol,
  readVlanRanges,
  type Value,
} from './option-value.js';
import type { Options } from './options.js';

const byte = readNumber(0, 255, '');
const router = readNumberOr({ no: 0, yes: 1 }, readNumber(0, 2, ''));

/** By attribute, with the ranges of spec interfaces.md 2.2 as far as the kernel takes them. */
export const BRIDGE_FIELDS: readonly Field<Partial<BridgeOptions>>[] = [
  field(readFlag, (stp) => ({ stp }), 'bridge-stp'),
  field(readSeconds(0, 255), (forwardDelay) => ({ forwardDelay }), 'bridge-fd'),
  // net/bridge/br_private.h BR_MIN_HELLO_TIME, BR_MIN_MAX_AGE and so on, whether STP is on or not.
  field(readSeconds(1, 10), (helloTime) => ({ helloTime }), 'bridge-hello'),
  field(readSeconds(6, 40), (maxAge) => ({ maxAge }), 'bridge-maxage'),
  field(readSeconds(0, 65_535), (ageingTime) => ({ ageingTime }), 'bridge-ageing'),
  field(readNumber(0, 65_535, ''), (priority) => ({ priority }), 'bridge-bridgeprio'),
  field(readVlanProtocol, (vlanProtocol) => ({ vlanProtocol }), 'bridge-vlan-protocol'),
  field(readFlag, (multicastSnooping) => ({ multicastSnooping }), 'bridge-mcsnoop'),
  field(router, (multicastRouter) => ({ multicastRouter }), 'bridge-mcrouter'),
  field(readFlag, (multicastQueryUseAddress) => ({ multicastQueryUseAddress }), 'bridge-mcqifaddr'),
  field(readFlag, (multicastQuerier) => ({ multicastQuerier }), 'bridge-mcquerier'),
  field(readNumber(1, 65_536, ''), (hashMax) => ({ hashMax }), 'bridge-hashmax'),
  field(byte, (multicastLastMemberCount) => ({ multicastLastMemberCount }), 'bridge-mclmc'),
  field(byte, (multicastStartupQueryCount) => ({ multicastStartupQueryCount }), 'bridge-mcsqc'),
  field(readSeconds(0, 255), (multicastLastMemberInterval) => ({ multicastLastMemberInterval }), 'bridge-mclmi'),
  field(readSeconds(0, 65_535), (multicastMembershipInterval) => ({ multicastMembershipInterval }), 'bridge-mcmi'),
  field(readSeconds(0, 65_535), (multicastQuerierInterval) => ({ multicastQuerierInterval }), 'bridge-mcqpi'),
  // A shorter one becomes a second (BR_MULTICAST_QUERY_INTVL_MIN).
  field(readSeconds(1, 65_535), (multicastQueryInterval) => ({ multicastQueryInterval }), 'bridge-mcqi'),
  field(readSeconds(0, 255), (multicastQueryResponseInterval) => ({ multicastQueryResponseInterval }), 'bridge-mcqri'),
  field(readSeconds(1, 65_535), (multicastStartupQueryInterval) => ({ multicastStartupQueryInterval }), 'bridge-mcsqi'),
  field(readFlag, (multicastStatistics) => ({ multicastStatistics }), 'bridge-mcstats'),
  field(readFlag, (vlanStatistics) => ({ vlanStatistics }), 'bridge-vlan-stats'),
  field(readNumber(2, 3, ''), (igmpVersion) => ({ igmpVersion }), 'bridge-igmp-version'),
  field(readNumber(1, 2, ''), (mldVersion) => ({ mldVersion }), 'bridge-mld-version'),
];

const portRouter = readNumberOr({ no: 0, disabled: 0, automatic: 1, yes: 1, enabled: 2 }, readNumber(0, 2, ''));

/**
 * The last byte of the groups 01:80:c2:00:00:0X they are sent to, as bits of IFLA_BRPORT_GROUP_FWD_MASK. The groups of CDP
 * and PVST are others, which a bridge forwards anyway (net/ethernet is_link_local_ether_addr).
 */
const L2_PROTOCOLS: Readonly<Record<string, number>> = {
  all: (1 << 0) | (1 << 2) | (1 << 14),
  stp: 1 << 0,
  lacp: 1 << 2,
  lldp: 1 << 14,
  cdp: 0,
  pvst: 0,
};

function readTunnelled(text: string): Value<number> {
  const words = text.split(/[\s,]+/);
  const bits = words.map((word) => L2_PROTOCOLS[word]);
  if (bits.includes(undefined)) return { ok: false, expected: `any of ${Object.keys(L2_PROTOCOLS).join(', ')}` };
  return { ok: true, value: bits.reduce<number>((mask, bit) => mask | (bit ?? 0), 0) };
}

/** By attribute (spec interfaces.md 2.3); each may stand in the stanza of the port or in that of the bridge. */
const PORT_FIELDS: readonly Field<Partial<PortOptions>>[] = [
  field(readNumber(1, 65_535, ''), (pathCost) => ({ pathCost }), 'bridge-pathcosts'),
  field(readNumber(0, 63, ''), (priority) => ({ priority }), 'bridge-portprios'),
  field(readFlag, (learning) => ({ learning }), 'bridge-learning'),
  field(readFlag, (unicastFlood) => ({ unicastFlood }), 'bridge-unicast-flood'),
  field(readFlag, (multicastFlood) => ({ multicastFlood }), 'bridge-multicast-flood'),
  field(readFlag, (broadcastFlood) => ({ broadcastFlood }), 'bridge-broadcast-flood'),
  field(readFlag, (fastLeave) => ({ fastLeave }), 'bridge-portmcfl'),
  field(portRouter, (multicastRouter) => ({ multicastRouter }), 'bridge-portmcrouter'),
  field(readFlag, (neighbourSuppress) => ({ neighbourSuppress }), 'bridge-arp-nd-suppress'),
  field(readTunnelled, (groupForwardMask) => ({ groupForwardMask }), 'bridge-l2protocol-tunnel'),
];

export const PORT_KEYS: readonly string[] = keysOf(PORT_FIELDS);

/** Options of the VLANs a port carries; those of `BRIDGE_VLAN_KEYS` may stand under the bridge, for all its ports. */
const BRIDGE_VLAN_KEYS = ['bridge-vids', 'bridge-trunk', 'bridge-pvid'] as const;
export const PORT_VLAN_KEYS = [...BRIDGE_VLAN_KEYS, 'bridge-access', 'bridge-allow-untagged'] as const;

/** Reads a bridge; `unclaimed` are interfaces that patterns may stand for, `optionsOf` gives the options of a port's own stanzas. */
export function readBridge(
  options: Options,
  vlanAware: boolean | null,
  unclaimed: readonly string[],
  optionsOf: OptionsOf,
): Bridge {
  const { named, matching } = readLowers(options, unclaimed, 'bridge-ports');
  const shared = options.takeAll(...PORT_KEYS);
  const vlans = vlanAware === true ? readBridgeVlans(options) : null;
  if (vlans === null) refuseVlans(options, options.link.name, BRIDGE_VLAN_KEYS);
  const sharedWith = (port: string | null): Partial<PortOptions> =>
    readFields<PortOptions>(options.with(shared.flatMap((option) => valueFor(port, option))), PORT_FIELDS);
  const ports = named.map((lower): BridgePort => {
    const own = optionsOf(lower.name);
    if (vlans === null && own !== null) refuseVlans(own, options.link.name, PORT_VLAN_KEYS);
    const given = sharedWith(lower.name);
    const ownVlans = vlans === null || own === null ? vlans : readPortVlans(own, vlans);
    return {
      ...lower,
      options: { ...given, ...(own === null ? {} : readFields<PortOptions>(own, PORT_FIELDS)) },
      ...(ownVlans === null ? {} : portVlans(ownVlans)),
    };
  });
  const others = matching.map((one) => ({
    ...one,
    options: sharedWith(null),
    ...(vlans === null ? {} : portVlans(vlans)),
  }));
  return {
    kind: 'bridge',
    ports,
    ...(others.length === 0 ? {} : { matching: others }),
    options: { ...readFields<BridgeOptions>(options, BRIDGE_FIELDS), ...(vlanAware === null ? {} : { vlanAware }) },
  };
}

function refuseVlans(options: Options, bridge: string, keys: readonly string[]): void {
  options.refuseAll(
    keys,
    `${bridge} is not VLAN-aware`,
    `add \`bridge-vlan-aware yes\` to ${bridge}, or remove the line`,
  );
}

/** `bridge-hw`, of Debian's bridge-utils: an address, or the link whose address the bridge gets. `hwaddress` counts before it. */
export function readHardware(options: Options): { readonly mac?: string; readonly macFrom?: Lower } {
  const option = options.take('bridge-hw');
  if (option === null) return {};
  const { value } = option.value;
  const mac = readMac(value);
  if (mac.ok) return { mac: mac.value };
  const [link] = isLinkName(value) && !value.includes(':') ? options.lowers(option, [value]) : [];
  if (link !== undefined) return { macFrom: link };
  options.value(option, { ok: false, expected: 'a MAC address, or the name of the interface whose address it gets' });
  return {};
}

export type OptionsOf = (link: string) => Options | null;

/** Under a bridge an option is a value for all ports, or `port=value` for some; null is a port that nobody names. */
function valueFor(port: string | null, option: StanzaOption): StanzaOption[] {
  const words = option.value.value.split(/\s+/);
  if (!words.some((word) => word.includes('='))) return [option];
  const own = words.find((word) => port !== null && word.startsWith(`${port}=`));
  return own === undefined || port === null
    ? []
    : [{ ...option, value: { ...option.value, value: own.slice(port.length + 1) } }];
}

/** What a stanza says of the VLANs of ports; null where it says nothing. */
interface VlanOptions {
  readonly vids: PortVlans['tagged'] | null;
  readonly pvid: number | null;
  readonly access: number | null;
  readonly untagged: boolean;
}

const readBridgeVlans = (options: Options): VlanOptions => ({
  vids: options.read(readVlanRanges, 'bridge-vids', 'bridge-trunk'),
  pvid: options.read(readVlanId, 'bridge-pvid'),
  access: null,
  untagged: true,
});

/** A port's own options before those of its bridge. */
function readPortVlans(own: Options, bridge: VlanOptions): VlanOptions {
  const { vids, pvid } = readBridgeVlans(own);
  return {
    vids: vids ?? bridge.vids,
    pvid: pvid ?? bridge.pvid,
    access: own.read(readVlanId, 'bridge-access'),
    untagged: own.read(readFlag, 'bridge-allow-untagged') ?? true,
  };
}

/** Spec interfaces.md 2.4. Where nothing is said, what the kernel gave the port stays. */
function portVlans({ vids, pvid, access, untagged }: VlanOptions): { readonly vlans?: PortVlans } {
  if (access !== null) return { vlans: { pvid: access, tagged: [] } };
  if (vids === null && pvid === null && untagged) return {};
  const tagged = unionOfRanges(vids ?? []);
  if (!untagged) return { vlans: { pvid: null, tagged } };
  const native = pvid ?? DEFAULT_PVID;
  return { vlans: { pvid: native, tagged: withoutId(tagged, native) } };
}
