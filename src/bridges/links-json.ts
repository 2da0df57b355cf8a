import { type Origin, type Reader, readJson } from '../ruleset/index.js';
import { bondAttributes, bridgeAttributes, portAttributes, vxlanAttributes } from './attributes.js';
import type { BridgePort, GuestPort, Lower, Matching, VlanRange } from './bridge.js';
import { defined } from './defined.js';
import {
  type Address,
  type Device,
  type Gateway,
  type Hook,
  hookPhases,
  type Link,
  type LinkSysctls,
  type Links,
  linkSysctlNames,
  unmanagedReasons,
} from './links.js';
import { readOptions } from './option-record.js';

export const linksToJson = (links: Links): string => `${JSON.stringify(links, null, 1)}\n`;

/** Failure `damaged-file` names the place of what is not as it should be. */
export const linksFromJson = (text: string, file: string): Links =>
  readJson(text, file, (reader) => ({
    links: reader.field('links').list(readLink),
    guestPorts: reader.field('guestPorts').list(readGuestPort),
    unmanaged: reader.field('unmanaged').list((item) => ({
      link: item.field('link').string(),
      option: item.field('option').string(),
      value: item.field('value').string(),
      reason: item.field('reason').oneOf(unmanagedReasons),
      origin: readOrigin(item.field('origin')),
    })),
  }));

function readLink(reader: Reader): Link {
  const down = reader.optional('down', (field) => field.boolean());
  return {
    ...readDevice(reader),
    name: reader.field('name').string(),
    origin: readOrigin(reader.field('origin')),
    start: reader.field('start').oneOf(['auto', 'hotplug', 'manual']),
    ...(down === true ? { down } : {}),
    ...defined({
      mtu: reader.optional('mtu', (field) => field.integer()),
      mac: reader.optional('mac', (field) => field.string()),
      alias: reader.optional('alias', (field) => field.string()),
      vrf: reader.optional('vrf', readLower),
      sysctls: reader.optional('sysctls', readSysctls),
      dhcp: reader.optional('dhcp', (field) => field.list((item) => (item.integer() === 4 ? 4 : 6))),
      hooks: reader.optional('hooks', (field) => field.list(readHook)),
    }),
    addresses: reader.field('addresses').list(readAddress),
    gateways: reader.field('gateways').list(readGateway),
  };
}

function readDevice(reader: Reader): Device {
  const kind = reader
    .field('kind')
    .oneOf(['physical', 'loopback', 'bridge', 'vlan', 'bond', 'vxlan', 'dummy', 'veth', 'vrf', 'other']);
  switch (kind) {
    case 'physical':
    case 'loopback':
    case 'dummy':
      return { kind };
    case 'bridge':
      return {
        kind,
        ports: reader.field('ports').list(readPort),
        ...readMatching(reader),
        ...defined({ macFrom: reader.optional('macFrom', readLower) }),
        options: readOptions(bridgeAttributes, reader.field('options')),
      };
    case 'bond':
      return {
        kind,
        slaves: reader.field('slaves').list(readLower),
        ...readMatching(reader),
        options: readOptions(bondAttributes, reader.field('options')),
      };
    case 'vlan':
      return {
        kind,
        parent: readLower(reader.field('parent')),
        id: reader.field('id').integer(),
        protocol: reader.field('protocol').oneOf(['802.1q', '802.1ad']),
        ...defined({ bridgeBinding: reader.optional('bridgeBinding', (field) => field.boolean()) }),
      };
    case 'vxlan':
      return {
        kind,
        id: reader.field('id').integer(),
        ...defined({
          port: reader.optional('port', (field) => field.integer()),
          local: reader.optional('local', (field) => field.string()),
          group: reader.optional('group', (field) => field.string()),
          device: reader.optional('device', readLower),
        }),
        remotes: reader.field('remotes').list((item) => ({
          address: item.field('address').string(),
          origin: readOrigin(item.field('origin')),
        })),
        options: readOptions(vxlanAttributes, reader.field('options')),
      };
    case 'veth':
      return { kind, peer: reader.field('peer').string() };
    case 'vrf':
      return { kind, table: reader.field('table').integer() };
    case 'other':
      return { kind, option: reader.field('option').string() };
  }
}

const readOrigin = (reader: Reader): Origin => ({
  file: reader.field('file').string(),
  line: reader.field('line').integer(),
});

export const readHook = (reader: Reader): Hook => ({
  phase: reader.field('phase').oneOf(hookPhases),
  command: reader.field('command').string(),
  environment: Object.fromEntries(
    reader.optional('environment', (field) => field.entries((item) => item.string())) ?? [],
  ),
  origin: readOrigin(reader.field('origin')),
});

const readLower = (reader: Reader): Lower => ({
  name: reader.field('name').string(),
  origin: readOrigin(reader.field('origin')),
});

const readRange = (reader: Reader): VlanRange => ({
  first: reader.field('first').integer(),
  last: reader.field('last').integer(),
});

const readPort = (reader: Reader): BridgePort => ({
  ...readLower(reader),
  options: readOptions(portAttributes, reader.field('options')),
  ...readPortVlans(reader),
});

const readPortVlans = (reader: Reader): Pick<BridgePort, 'vlans'> =>
  defined({
    vlans: reader.optional('vlans', (field) => ({
      pvid: field.field('pvid').nullable((pvid) => pvid.integer()),
      tagged: field.field('tagged').list(readRange),
    })),
  });

const readMatching = (reader: Reader): { readonly matching?: readonly Matching[] } =>
  defined({
    matching: reader.optional('matching', (field) =>
      field.list((item) => ({
        pattern: item.field('pattern').string(),
        origin: readOrigin(item.field('origin')),
        ...defined({ options: item.optional('options', (options) => readOptions(portAttributes, options)) }),
        ...readPortVlans(item),
      })),
    ),
  });

const readSysctls = (reader: Reader): LinkSysctls =>
  Object.fromEntries(
    linkSysctlNames.flatMap((name) => {
      const value = reader.optional(name, (field) => field.integer());
      return value === undefined ? [] : [[name, value] as const];
    }),
  );

const readAddress = (reader: Reader): Address => ({
  address: reader.field('address').string(),
  prefixLength: reader.field('prefixLength').integer(),
  ...defined({
    scope: reader.optional('scope', (field) => field.integer()),
    broadcast: reader.optional('broadcast', (field) => field.string()),
    peer: reader.optional('peer', (field) => field.string()),
    preferredLifetime: reader.optional('preferredLifetime', (field) => field.integer()),
  }),
  origin: readOrigin(reader.field('origin')),
});

const readGateway = (reader: Reader): Gateway => ({
  address: reader.field('address').string(),
  ...defined({
    metric: reader.optional('metric', (field) => field.integer()),
    onlink: reader.optional('onlink', (field) => field.boolean()),
    table: reader.optional('table', (field) => field.integer()),
  }),
  origin: readOrigin(reader.field('origin')),
});

const readGuestPort = (reader: Reader): GuestPort => ({
  name: reader.field('name').string(),
  bridge: reader.field('bridge').string(),
  tag: reader.field('tag').nullable((field) => field.integer()),
  trunks: reader.field('trunks').nullable((field) => field.list(readRange)),
  linkDown: reader.field('linkDown').boolean(),
  firewall: reader.field('firewall').boolean(),
  ...defined({
    isolated: reader.optional('isolated', (field) => field.boolean()),
    station: reader.optional('station', (field) => field.string()),
  }),
  origin: readOrigin(reader.field('origin')),
});
