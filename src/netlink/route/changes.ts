import type { BondOptions, DeviceOptions, LinkOperation, NewDevice, VlanEntry } from '../../bridges/index.js';
import { NLM_F_CREATE, NLM_F_EXCL } from '../wire.js';
import { addressBytes, linkName } from './address.js';
import { changeAddress, changeForwarding, changeRoute } from './address-changes.js';
import type { LinkIndexes } from './indexes.js';
import { type RouteRequest, request } from './requests.js';
import * as schema from './schema.js';
import { linkHeaderOf, messageType } from './schema.js';

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

/** The request for an operation; waits for nothing but indexes. A sysctl is a file and not asked for. */
export function changeOf(
  indexes: LinkIndexes,
  operation: Exclude<LinkOperation, { kind: 'set sysctl' }>,
): RouteRequest {
  const { link } = 'link' in operation ? operation : { link: '' };
  switch (operation.kind) {
    case 'create link':
      return createLink(indexes, operation);
    case 'delete link': {
      const question = { header: linkHeaderOf({}), attributes: { name: linkName(link) } };
      return request(`deleting ${link}`, messageType.deleteLink, 0, schema.link, question);
    }
    case 'set up':
      return changeLink(indexes, link, operation.up ? 'setting up' : 'setting down', {}, operation.up);
    case 'set master': {
      const { master } = operation;
      const index = master === null ? 0 : indexes.of(master);
      const what = master === null ? 'releasing' : `putting into ${master}`;
      return changeLink(indexes, link, what, { master: index });
    }
    case 'set mac':
      return changeLink(indexes, link, 'setting the address of', { address: operation.mac });
    case 'set mtu':
      return changeLink(indexes, link, `setting the MTU ${operation.mtu} of`, { mtu: operation.mtu });
    case 'set alias':
      return changeLink(indexes, link, 'setting the alias of', { alias: operation.alias ?? '' });
    case 'set device':
      return changeLink(indexes, link, `setting options of ${operation.device.kind}`, {
        info: deviceInfo(indexes, operation.device),
      });
    case 'set port':
      return changeLink(indexes, link, 'setting options of port', {
        info: { portKind: 'bridge', portData: { bridge: operation.options } },
      });
    case 'add vlans':
    case 'delete vlans':
      return changeVlans(indexes, operation);
    case 'add forwarding':
    case 'delete forwarding':
      return changeForwarding(indexes, operation.kind, operation.entry);
    case 'add address':
    case 'delete address':
      return changeAddress(indexes, operation.kind, link, operation.address);
    case 'add route':
    case 'replace route':
    case 'delete route':
      return changeRoute(indexes, operation.kind, operation.route);
  }
}

function createLink(
  indexes: LinkIndexes,
  { link, device, mtu, mac }: Extract<LinkOperation, { kind: 'create link' }>,
): RouteRequest {
  const parent = device.kind === 'vlan' ? indexes.of(device.parent) : undefined;
  const attributes: schema.LinkAttributes = {
    name: linkName(link),
    ...(mac === undefined ? {} : { address: mac }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(parent === undefined ? {} : { parent }),
    info: newDeviceInfo(indexes, device),
  };
  const question = { header: linkHeaderOf({}), attributes };
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  return request(`creating ${device.kind} ${link}`, messageType.newLink, flags, schema.link, question);
}

function newDeviceInfo(indexes: LinkIndexes, device: NewDevice): schema.LinkInfo {
  switch (device.kind) {
    case 'bridge':
    case 'bond':
      return deviceInfo(indexes, device);
    case 'vlan': {
      const { id, protocol, bridgeBinding } = device;
      const flags = bridgeBinding === undefined ? {} : { flags: bindingFlags(bridgeBinding) };
      return { kind: 'vlan', data: { vlan: { id, protocol, ...flags } } };
    }
    case 'vxlan': {
      const { id, port, local, group, options } = device;
      const lower = device.device === undefined ? {} : { device: indexes.of(device.device) };
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

function deviceInfo(indexes: LinkIndexes, device: DeviceOptions): schema.LinkInfo {
  switch (device.kind) {
    case 'bridge':
      return { kind: 'bridge', data: { bridge: device.options } };
    case 'bond':
      return { kind: 'bond', data: { bond: bondData(indexes, device.options) } };
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
function bondData(indexes: LinkIndexes, { primary, ...options }: BondOptions) {
  if (primary === undefined) return options;
  return { ...options, primary: primary === '' ? 0 : indexes.of(primary) };
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
export function changeLink(
  indexes: LinkIndexes,
  link: string,
  what: string,
  attributes: schema.LinkAttributes,
  up: boolean | null = null,
): RouteRequest {
  const index = indexes.of(link);
  const state = up === null ? {} : { flags: up ? IFF_UP : 0, change: IFF_UP };
  const question = { header: linkHeaderOf({ index, ...state }), attributes };
  // The data of a kind is read from a new-link request only (net/core/rtnetlink.c).
  const type = attributes.info === undefined ? messageType.setLink : messageType.newLink;
  return request(`${what} ${link}`, type, 0, schema.link, question);
}

function changeVlans(
  indexes: LinkIndexes,
  { kind, link, self, vlans }: Extract<LinkOperation, { kind: 'add vlans' | 'delete vlans' }>,
): RouteRequest {
  const question = {
    header: linkHeaderOf({ family: AF_BRIDGE, index: indexes.of(link) }),
    attributes: { spec: { ...(self ? { flags: BRIDGE_FLAGS_SELF } : {}), vlans: vlanInfos(vlans) } },
  };
  const type = kind === 'add vlans' ? messageType.setLink : messageType.deleteLink;
  return request(`${kind} ${vlans.first}-${vlans.last} on ${link}`, type, 0, schema.bridgeLink, question);
}

function vlanInfos({ first, last, pvid, untagged }: VlanEntry): schema.VlanInfo[] {
  const flags = (pvid ? VLAN_PVID : 0) | (untagged ? VLAN_UNTAGGED : 0);
  if (first === last) return [{ flags, vid: first }];
  return [
    { flags: flags | VLAN_RANGE_BEGIN, vid: first },
    { flags: flags | VLAN_RANGE_END, vid: last },
  ];
}
