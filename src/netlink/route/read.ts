import {
  type CurrentAddress,
  type CurrentDevice,
  type CurrentLink,
  type CurrentLinks,
  defined,
  type Forwarding,
  type LinkSysctls,
  type PortOptions,
  type Route,
  type VlanEntry,
} from '../../bridges/index.js';
import { u32At } from '../numbers.js';
import { MalformedMessage } from '../wire.js';
import type { LinkIndexes } from './indexes.js';
import type { RouteRequests } from './requests.js';
import * as schema from './schema.js';
import { linkHeaderOf, messageType, SKIP_STATISTICS } from './schema.js';
import { RouteError } from './types.js';
import { FOR_EVER } from './values.js';

const IFF_UP = 1;
const IFF_RUNNING = 0x40;
/** RTEXT_FILTER_BRVLAN_COMPRESSED: VLAN ids as ranges. */
const COMPRESSED_VLANS = 4;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_BRIDGE = 7;
const AF_MPLS = 28;
/** RTM_F_CLONED: an entry of the route cache. */
const CLONED = 0x200;
const ONLINK = 4;
/**
 * RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST: what the kernel itself has for each address and link, three of four
 * routes and none that a plan asks for.
 */
const ownRouteTypes: ReadonlySet<number> = new Set([2, 3, 4, 5]);
/** IFA_F_PERMANENT; IFA_PROTO says IFAPROT_KERNEL_LL of addresses a link gives itself (since Linux 5.18). */
const PERMANENT = 0x80;
const KERNEL_LINK_LOCAL = 3;
/** VLAN_FLAG_BRIDGE_BINDING */
const BRIDGE_BINDING = 0x10;
/** BRIDGE_VLAN_INFO_* */
const VLAN_PVID = 2;
const VLAN_UNTAGGED = 4;
const VLAN_RANGE_BEGIN = 8;
const VLAN_RANGE_END = 16;
/** NUD_NOARP, NUD_PERMANENT */
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;

export function read(requests: RouteRequests, indexes: LinkIndexes): CurrentLinks {
  const question = { header: linkHeaderOf({}), attributes: { extendedMask: SKIP_STATISTICS } };
  const dump = requests.dump('reading links', messageType.getLink, schema.link, question, schema.link);
  const names = new Map(dump.map(({ header, attributes }) => [header.index, nameOf(attributes.name)]));
  indexes.learn([...names].map(([index, name]) => [name, index]));
  const vlans = readVlans(requests);
  const mpls = readMplsInput(requests);
  return {
    links: dump.map((one) => linkOf(one, names, vlans, mpls)),
    addresses: readAddresses(requests, names),
    routes: readRoutes(requests, names),
    forwarding: readForwarding(requests, names, tunnelsIn(dump)),
  };
}

/** The indexes of links whose forwarding table says behind which other end a station is. */
const tunnelsIn = (links: readonly schema.LinkPayload[]): ReadonlySet<number> =>
  new Set(links.flatMap(({ header, attributes }) => (attributes.info?.kind === 'vxlan' ? [header.index] : [])));

function linkOf(
  { header, attributes }: schema.LinkPayload,
  names: ReadonlyMap<number, string>,
  vlans: ReadonlyMap<number, readonly VlanEntry[]>,
  mpls: ReadonlyMap<number, number>,
): CurrentLink {
  const name = nameOf(attributes.name);
  return {
    index: header.index,
    name,
    device: deviceOf(attributes, names),
    up: (header.flags & IFF_UP) !== 0,
    running: (header.flags & IFF_RUNNING) !== 0,
    mtu: attributes.mtu ?? 0,
    mac: macOf(attributes.address),
    permanentMac: macOf(attributes.permanentAddress),
    master: names.get(attributes.master ?? 0) ?? null,
    parentIndex: (attributes.parentNamespace === undefined ? attributes.parent : undefined) ?? null,
    alias: attributes.alias ?? null,
    port: portOf(attributes.info),
    vlans: vlans.get(header.index) ?? [],
    sysctls: sysctlsOf(attributes.familySpec, mpls.get(header.index)),
  };
}

function deviceOf(attributes: schema.LinkAttributes, names: ReadonlyMap<number, string>): CurrentDevice {
  const { info, parentNamespace } = attributes;
  // The index of a parent or peer in another namespace says nothing of the links here.
  const parent = parentNamespace === undefined ? attributes.parent : undefined;
  const type = info?.kind ?? null;
  const data = info?.data ?? {};
  if (type === 'dummy') return { kind: 'dummy' };
  if (type === 'veth') return { kind: 'veth', peer: names.get(parent ?? 0) ?? null };
  if (data.bridge !== undefined) return { kind: 'bridge', options: data.bridge };
  if (data.bond !== undefined) {
    const { primary, ...options } = data.bond;
    return { kind: 'bond', options: { arpTargets: [], ...options, primary: names.get(primary ?? 0) ?? '' } };
  }
  if (data.vlan !== undefined) {
    const { id, protocol = '802.1q', flags = [] } = data.vlan;
    const lower = names.get(parent ?? 0);
    // Without its parent it cannot be made again from here.
    if (id !== undefined && lower !== undefined) {
      return { kind: 'vlan', parent: lower, id, protocol, bridgeBinding: ((flags[0] ?? 0) & BRIDGE_BINDING) !== 0 };
    }
  }
  if (data.vxlan?.id !== undefined) {
    const { id, port = 0, device, local, local6, group, group6, ...options } = data.vxlan;
    const ends = { local: local ?? local6, group: group ?? group6, device: names.get(device ?? 0) };
    return { kind: 'vxlan', id, port, ...defined(ends), options };
  }
  if (data.vrf?.table !== undefined) return { kind: 'vrf', table: data.vrf.table };
  return { kind: 'other', type };
}

const portOf = (info: schema.LinkInfo | undefined): PortOptions | null => info?.portData?.bridge ?? null;

/** By the places of IPV4_DEVCONF_* less one (uapi linux/ip.h) and of DEVCONF_* (uapi linux/ipv6.h). */
function sysctlsOf(spec: schema.LinkAttributes['familySpec'], mpls: number | undefined): LinkSysctls {
  const four = spec?.ipv4?.settings;
  const six = spec?.ipv6?.settings;
  return defined({
    'ipv4/forwarding': settingAt(four, 0),
    'ipv4/arp_accept': settingAt(four, 20),
    'ipv6/forwarding': settingAt(six, 0),
    'ipv6/accept_ra': settingAt(six, 3),
    'ipv6/autoconf': settingAt(six, 5),
    'ipv6/disable_ipv6': settingAt(six, 26),
    'ipv6/addr_gen_mode': spec?.ipv6?.addressGeneration,
    'mpls/input': mpls,
  });
}

const settingAt = (settings: Buffer | undefined, place: number): number | undefined =>
  settings === undefined || settings.length < place * 4 + 4 ? undefined : u32At(settings, place * 4);

function readVlans(requests: RouteRequests): Map<number, VlanEntry[]> {
  const question = { header: linkHeaderOf({ family: AF_BRIDGE }), attributes: { extendedMask: COMPRESSED_VLANS } };
  const { getLink } = messageType;
  const dump = requests.dump('reading VLAN ids', getLink, schema.bridgeLink, question, schema.bridgeLink);
  return new Map(dump.map(({ header, attributes }) => [header.index, entriesOf(attributes.spec?.vlans ?? [])]));
}

function entriesOf(infos: readonly schema.VlanInfo[]): VlanEntry[] {
  const entries: VlanEntry[] = [];
  let first = 0;
  for (const { flags, vid } of infos) {
    if ((flags & VLAN_RANGE_BEGIN) !== 0) first = vid;
    else {
      entries.push({
        first: (flags & VLAN_RANGE_END) === 0 ? vid : first,
        last: vid,
        pvid: (flags & VLAN_PVID) !== 0,
        untagged: (flags & VLAN_UNTAGGED) !== 0,
      });
    }
  }
  return entries;
}

function readAddresses(requests: RouteRequests, names: ReadonlyMap<number, string>): CurrentAddress[] {
  const question = { header: { family: 0, prefixLength: 0, flags: 0, scope: 0, index: 0 }, attributes: {} };
  const { getAddress } = messageType;
  const answers = requests.dump('reading addresses', getAddress, schema.address, question, schema.address);
  return answers.flatMap(({ header, attributes }) => {
    const { local, address, broadcast, preferredLifetime, flags = header.flags, protocol } = attributes;
    const own = local ?? address;
    const link = names.get(header.index);
    if (own === undefined || link === undefined) return [];
    return [
      {
        link,
        address: own,
        prefixLength: header.prefixLength,
        scope: header.scope,
        ...defined({
          broadcast,
          peer: address === own ? undefined : address,
          preferredLifetime: preferredLifetime === FOR_EVER ? undefined : preferredLifetime,
        }),
        permanent: (flags & PERMANENT) !== 0 && protocol !== KERNEL_LINK_LOCAL,
      },
    ];
  });
}

function readRoutes(requests: RouteRequests, names: ReadonlyMap<number, string>): Route[] {
  const header = {
    family: 0,
    destinationLength: 0,
    sourceLength: 0,
    tos: 0,
    table: 0,
    protocol: 0,
    scope: 0,
    type: 0,
    flags: 0,
  };
  const question = { header, attributes: {} };
  const { getRoute } = messageType;
  const wanted = (bytes: Buffer, start: number): boolean => !ownRouteTypes.has(schema.routeTypeAt(bytes, start));
  const answers = requests.dump('reading routes', getRoute, schema.route, question, schema.route, wanted);
  return answers.flatMap(({ header, attributes }) => {
    const known = header.family === AF_INET || header.family === AF_INET6;
    if (!known || (header.flags & CLONED) !== 0 || attributes.multipath !== undefined) return [];
    const { destination, gateway, outInterface, table, priority, preferredSource } = attributes;
    return [
      {
        family: header.family === AF_INET ? 4 : 6,
        destination: destination === undefined ? null : { address: destination, length: header.destinationLength },
        gateway: gateway ?? null,
        link: names.get(outInterface ?? 0) ?? null,
        table: table ?? header.table,
        metric: priority ?? 0,
        protocol: header.protocol,
        type: header.type,
        scope: header.scope,
        onlink: (header.flags & ONLINK) !== 0,
        ...defined({ source: preferredSource }),
      } as const,
    ];
  });
}

/**
 * What somebody said, not what was learned, nor the links' own addresses and multicast groups. A bridge has an entry for
 * the address of each port on each VLAN id, which are thousands.
 */
function readForwarding(
  requests: RouteRequests,
  names: ReadonlyMap<number, string>,
  tunnels: ReadonlySet<number>,
): Forwarding[] {
  const question = { header: { family: AF_BRIDGE, index: 0, state: 0, flags: 0, type: 0 }, attributes: {} };
  const { getNeighbour } = messageType;
  const wanted = (bytes: Buffer, start: number): boolean => {
    const state = schema.neighbourStateAt(bytes, start);
    if ((state & NUD_NOARP) !== 0) return true;
    return (state & NUD_PERMANENT) !== 0 && tunnels.has(schema.neighbourIndexAt(bytes, start));
  };
  const what = 'reading forwarding tables';
  const dump = requests.dump(what, getNeighbour, schema.neighbour, question, schema.neighbour, wanted);
  return dump.flatMap(({ header, attributes }): Forwarding[] => {
    const { index, state } = header;
    const { linkAddress: mac, destination, vlan, master } = attributes;
    const link = names.get(index);
    if (link === undefined || mac === undefined) return [];
    if (destination !== undefined) return [{ link, mac, of: 'self', destination }];
    // A bridge tells its entries with NDA_MASTER and not with the flag it is asked with (net/bridge/br_fdb.c fdb_fill_info).
    if (master === undefined || (state & NUD_NOARP) === 0) return [];
    return [{ link, mac, of: 'master', ...defined({ vlan }) }];
  });
}

/** `mpls/input` of each link; none where the kernel does not route MPLS. The other settings come with the links. */
function readMplsInput(requests: RouteRequests): Map<number, number> {
  const question = { header: { family: AF_MPLS }, attributes: {} };
  const { getSettings } = messageType;
  try {
    const dump = requests.dump('reading MPLS settings', getSettings, schema.settings, question, schema.settings);
    return new Map(dump.map(({ attributes: { index = 0, input = 0 } }) => [index, input]));
  } catch (error) {
    if (error instanceof RouteError && error.errno === 'EOPNOTSUPP') return new Map();
    throw error;
  }
}

/** Null for a device without an address. */
const macOf = (address: string | undefined): string | null =>
  address === undefined || address === '' ? null : address;

function nameOf(name: string | undefined): string {
  if (name === undefined) throw new MalformedMessage('a link has no name');
  return name;
}
