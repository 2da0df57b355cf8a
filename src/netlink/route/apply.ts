import type { BondOptions, DeviceOptions, LinkOperation, NewDevice, VlanEntry } from '../../bridges/index.js';
import { NLM_F_CREATE, NLM_F_EXCL } from '../wire.js';
import { addressBytes, hardwareBytes, linkName } from './address.js';
import { changeAddress, changeForwarding, changeRoute } from './apply-addresses.js';
import type { LinkIndexes } from './indexes.js';
import type { RouteRequests } from './requests.js';
import * as schema from './schema.js';
import { linkHeaderOf, messageType } from './schema.js';
import { writeSysctl } from './sysctl.js';

/** What requests of one namespace go through. */
export interface RouteWorld {
  readonly requests: RouteRequests;
  readonly indexes: LinkIndexes;
  readonly netns: string | undefined;
}

const IFF_UP = 1;
const AF_BRIDGE = 7;
/** IFLA_VLAN_FLAGS: VLAN_FLAG_BRIDGE_BINDING (uapi linux/if_vlan.h). */
const BRIDGE_BINDING = 0x10;
/** IFLA_BRIDGE_FLAGS: the device itself, not the bridge it is a port of. */
const BRIDGE_FLAGS_SELF = 2;
/** BRIDGE_VLAN_INFO_* (uapi linux/if_bridge.h). */
const VLAN_PVID = 2;
const VLAN_UNTAGGED = 4;
const VLAN_RANGE_BEGIN = 8;
const VLAN_RANGE_END = 16;

export async function apply(world: RouteWorld, operation: LinkOperation): Promise<void> {
  const { link } = 'link' in operation ? operation : { link: '' };
  switch (operation.kind) {
    case 'create link':
      return createLink(world, operation);
    case 'delete link': {
      const question = { header: linkHeaderOf({}), attributes: { name: linkName(link) } };
      await world.requests.change(`deleting ${link}`, messageType.deleteLink, 0, schema.link, question);
      return world.indexes.forget();
    }
    case 'set up':
      return changeLink(world, link, operation.up ? 'setting up' : 'setting down', {}, operation.up);
    case 'set master': {
      const { master } = operation;
      const index = master === null ? 0 : await world.indexes.of(master);
      const what = master === null ? 'releasing' : `putting into ${master}`;
      return changeLink(world, link, what, { master: index });
    }
    case 'set mac':
      return changeLink(world, link, 'setting the address of', { address: hardwareBytes(operation.mac) });
    case 'set mtu':
      return changeLink(world, link, `setting the MTU ${operation.mtu} of`, { mtu: operation.mtu });
    case 'set alias':
      return changeLink(world, link, 'setting the alias of', { alias: operation.alias ?? '' });
    case 'set device':
      return changeLink(world, link, `setting options of ${operation.device.kind}`, {
        info: await deviceInfo(world, operation.device),
      });
    case 'set port':
      return changeLink(world, link, 'setting options of port', {
        info: { portKind: 'bridge', portData: { bridge: operation.options } },
      });
    case 'add vlans':
    case 'delete vlans':
      return changeVlans(world, operation);
    case 'add forwarding':
    case 'delete forwarding':
      return changeForwarding(world, operation.kind, operation.entry);
    case 'add address':
    case 'delete address':
      return changeAddress(world, operation.kind, link, operation.address);
    case 'add route':
    case 'replace route':
    case 'delete route':
      return changeRoute(world, operation.kind, operation.route);
    case 'set sysctl':
      return writeSysctl(world.netns, link, operation.name, operation.value);
  }
}

async function createLink(
  world: RouteWorld,
  { link, device, mtu, mac }: Extract<LinkOperation, { kind: 'create link' }>,
): Promise<void> {
  const parent = device.kind === 'vlan' ? await world.indexes.of(device.parent) : undefined;
  const attributes: schema.LinkAttributes = {
    name: linkName(link),
    ...(mac === undefined ? {} : { address: hardwareBytes(mac) }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(parent === undefined ? {} : { parent }),
    info: await newDeviceInfo(world, device),
  };
  const question = { header: linkHeaderOf({}), attributes };
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  return world.requests.change(`creating ${device.kind} ${link}`, messageType.newLink, flags, schema.link, question);
}

async function newDeviceInfo(world: RouteWorld, device: NewDevice): Promise<schema.LinkInfo> {
  switch (device.kind) {
    case 'bridge':
    case 'bond':
      return deviceInfo(world, device);
    case 'vlan': {
      const { id, protocol, bridgeBinding } = device;
      const flags = bridgeBinding === undefined ? {} : { flags: bindingFlags(bridgeBinding) };
      return { kind: 'vlan', data: { vlan: { id, protocol, ...flags } } };
    }
    case 'vxlan': {
      const { id, port, local, group, options } = device;
      const lower = device.device === undefined ? {} : { device: await world.indexes.of(device.device) };
      return { kind: 'vxlan', data: { vxlan: { id, port, ...lower, ...tunnelEnds(local, group), ...options } } };
    }
    case 'vrf':
      return { kind: 'vrf', data: { vrf: { table: device.table } } };
    case 'veth':
      return {
        kind: 'veth',
        data: { veth: { peer: { header: linkHeaderOf({}), attributes: { name: linkName(device.peer) } } } },
      };
    case 'dummy':
      return { kind: 'dummy' };
  }
}

async function deviceInfo(world: RouteWorld, device: DeviceOptions): Promise<schema.LinkInfo> {
  switch (device.kind) {
    case 'bridge':
      return { kind: 'bridge', data: { bridge: device.options } };
    case 'bond':
      return { kind: 'bond', data: { bond: await bondData(world, device.options) } };
    case 'vlan':
      return { kind: 'vlan', data: { vlan: { flags: bindingFlags(device.bridgeBinding) } } };
    case 'vxlan': {
      const { local, group, options } = device;
      return { kind: 'vxlan', data: { vxlan: { ...tunnelEnds(local, group), ...options } } };
    }
  }
}

const bindingFlags = (binding: boolean): number[] => [binding ? BRIDGE_BINDING : 0, BRIDGE_BINDING];

/** The primary slave is an index; 0 is none. */
async function bondData({ indexes }: RouteWorld, { primary, ...options }: BondOptions) {
  if (primary === undefined) return options;
  return { ...options, primary: primary === '' ? 0 : await indexes.of(primary) };
}

/** IPv4 and IPv6 ends are attributes of their own. */
function tunnelEnds(local: string | undefined, group: string | undefined) {
  const isV4 = (address: string): boolean => addressBytes(address).length === 4;
  return {
    ...(local === undefined ? {} : isV4(local) ? { local } : { local6: local }),
    ...(group === undefined ? {} : isV4(group) ? { group } : { group6: group }),
  };
}

/** `up` null leaves the link's state alone. */
export async function changeLink(
  { requests, indexes }: RouteWorld,
  link: string,
  what: string,
  attributes: schema.LinkAttributes,
  up: boolean | null = null,
): Promise<void> {
  const index = await indexes.of(link);
  const state = up === null ? {} : { flags: up ? IFF_UP : 0, change: IFF_UP };
  const question = { header: linkHeaderOf({ index, ...state }), attributes };
  // The data of a kind is read from a new-link request only (net/core/rtnetlink.c).
  const type = attributes.info === undefined ? messageType.setLink : messageType.newLink;
  return requests.change(`${what} ${link}`, type, 0, schema.link, question);
}

async function changeVlans(
  { requests, indexes }: RouteWorld,
  { kind, link, self, vlans }: Extract<LinkOperation, { kind: 'add vlans' | 'delete vlans' }>,
): Promise<void> {
  const question = {
    header: linkHeaderOf({ family: AF_BRIDGE, index: await indexes.of(link) }),
    attributes: { spec: { ...(self ? { flags: BRIDGE_FLAGS_SELF } : {}), vlans: vlanInfos(vlans) } },
  };
  const type = kind === 'add vlans' ? messageType.setLink : messageType.deleteLink;
  return requests.change(`${kind} ${vlans.first}-${vlans.last} on ${link}`, type, 0, schema.bridgeLink, question);
}

function vlanInfos({ first, last, pvid, untagged }: VlanEntry): schema.VlanInfo[] {
  const flags = (pvid ? VLAN_PVID : 0) | (untagged ? VLAN_UNTAGGED : 0);
  if (first === last) return [{ flags, vid: first }];
  return [
    { flags: flags | VLAN_RANGE_BEGIN, vid: first },
    { flags: flags | VLAN_RANGE_END, vid: last },
  ];
}
