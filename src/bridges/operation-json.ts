import type { Reader } from '../ruleset/index.js';
import { bondAttributes, bridgeAttributes, portAttributes, vxlanAttributes } from './attributes.js';
import type { Forwarding, LinkAddress, Prefix, Route, VlanEntry } from './current.js';
import { defined } from './defined.js';
import { linkSysctlNames } from './links.js';
import type { DeviceOptions, LinkOperation, NewDevice } from './operation.js';
import { readOptions } from './option-record.js';

const KINDS = [
  'create link',
  'delete link',
  'set up',
  'set master',
  'set mac',
  'set mtu',
  'set alias',
  'set device',
  'set port',
  'add vlans',
  'delete vlans',
  'add forwarding',
  'delete forwarding',
  'add address',
  'delete address',
  'add route',
  'replace route',
  'delete route',
  'set sysctl',
] as const satisfies readonly LinkOperation['kind'][];

/** An operation from its record. */
export function readOperation(reader: Reader): LinkOperation {
  const kind = reader.field('kind').oneOf(KINDS);
  switch (kind) {
    case 'add route':
    case 'replace route':
    case 'delete route':
      return { kind, route: readRoute(reader.field('route')) };
    default:
      return readLinkOperation(kind, reader.field('link').string(), reader);
  }
}

function readLinkOperation(
  kind: Exclude<(typeof KINDS)[number], 'add route' | 'replace route' | 'delete route'>,
  link: string,
  reader: Reader,
): LinkOperation {
  switch (kind) {
    case 'create link': {
      const mtu = reader.optional('mtu', (field) => field.integer());
      const mac = reader.optional('mac', (field) => field.string());
      return { kind, link, device: readNewDevice(reader.field('device')), ...defined({ mtu, mac }) };
    }
    case 'delete link':
      return { kind, link };
    case 'set up':
      return { kind, link, up: reader.field('up').boolean() };
    case 'set master':
      return { kind, link, master: reader.field('master').nullable((field) => field.string()) };
    case 'set mac':
      return { kind, link, mac: reader.field('mac').string() };
    case 'set mtu':
      return { kind, link, mtu: reader.field('mtu').integer() };
    case 'set alias':
      return { kind, link, alias: reader.field('alias').nullable((field) => field.string()) };
    case 'set device':
      return { kind, link, device: readDeviceOptions(reader.field('device')) };
    case 'set port':
      return { kind, link, options: readOptions(portAttributes, reader.field('options')) };
    case 'add vlans':
    case 'delete vlans':
      return { kind, link, self: reader.field('self').boolean(), vlans: readVlans(reader.field('vlans')) };
    case 'add forwarding':
    case 'delete forwarding':
      return { kind, link, entry: readForwarding(reader.field('entry')) };
    case 'add address':
    case 'delete address':
      return { kind, link, address: readAddress(reader.field('address')) };
    case 'set sysctl':
      return {
        kind,
        link,
        name: reader.field('name').oneOf(linkSysctlNames),
        value: reader.field('value').integer(),
      };
  }
}

function readNewDevice(reader: Reader): NewDevice {
  const kind = reader.field('kind').oneOf(['bridge', 'bond', 'vlan', 'vxlan', 'vrf', 'veth', 'dummy']);
  switch (kind) {
    case 'bridge':
    case 'bond':
      return readDeviceOptions(reader);
    case 'vlan': {
      const bridgeBinding = reader.optional('bridgeBinding', (field) => field.boolean());
      return {
        kind,
        parent: reader.field('parent').string(),
        id: reader.field('id').integer(),
        protocol: reader.field('protocol').oneOf(['802.1q', '802.1ad']),
        ...defined({ bridgeBinding }),
      };
    }
    case 'vxlan':
      return {
        kind,
        id: reader.field('id').integer(),
        port: reader.field('port').integer(),
        ...texts(reader, ['local', 'group', 'device']),
        options: readOptions(vxlanAttributes, reader.field('options')),
      };
    case 'vrf':
      return { kind, table: reader.field('table').integer() };
    case 'veth':
      return { kind, peer: reader.field('peer').string() };
    case 'dummy':
      return { kind };
  }
}

function readDeviceOptions(reader: Reader): Extract<DeviceOptions, { kind: 'bridge' | 'bond' }>;
function readDeviceOptions(reader: Reader): DeviceOptions;
function readDeviceOptions(reader: Reader): DeviceOptions {
  const kind = reader.field('kind').oneOf(['bridge', 'bond', 'vlan', 'vxlan']);
  switch (kind) {
    case 'bridge':
      return { kind, options: readOptions(bridgeAttributes, reader.field('options')) };
    case 'bond':
      return { kind, options: readOptions(bondAttributes, reader.field('options')) };
    case 'vlan':
      return { kind, bridgeBinding: reader.field('bridgeBinding').boolean() };
    case 'vxlan': {
      const options = readOptions(vxlanAttributes, reader.field('options'));
      return { kind, ...texts(reader, ['local', 'group']), options };
    }
  }
}

const readVlans = (reader: Reader): VlanEntry => ({
  first: reader.field('first').integer(),
  last: reader.field('last').integer(),
  pvid: reader.field('pvid').boolean(),
  untagged: reader.field('untagged').boolean(),
});

const readForwarding = (reader: Reader): Forwarding => ({
  link: reader.field('link').string(),
  mac: reader.field('mac').string(),
  of: reader.field('of').oneOf(['self', 'master']),
  ...defined({ vlan: reader.optional('vlan', (field) => field.integer()) }),
  ...texts(reader, ['destination']),
});

const readAddress = (reader: Reader): LinkAddress => ({
  address: reader.field('address').string(),
  prefixLength: reader.field('prefixLength').integer(),
  scope: reader.field('scope').integer(),
  ...texts(reader, ['broadcast', 'peer']),
  ...defined({ preferredLifetime: reader.optional('preferredLifetime', (field) => field.integer()) }),
});

const readRoute = (reader: Reader): Route => ({
  family: reader.field('family').integer() === 4 ? 4 : 6,
  destination: reader.field('destination').nullable(readPrefix),
  gateway: reader.field('gateway').nullable((field) => field.string()),
  link: reader.field('link').nullable((field) => field.string()),
  table: reader.field('table').integer(),
  metric: reader.field('metric').integer(),
  protocol: reader.field('protocol').integer(),
  type: reader.field('type').integer(),
  scope: reader.field('scope').integer(),
  onlink: reader.field('onlink').boolean(),
  ...texts(reader, ['source']),
});

const readPrefix = (reader: Reader): Prefix => ({
  address: reader.field('address').string(),
  length: reader.field('length').integer(),
});

/** Texts that may be absent, under their names. */
const texts = <const Name extends string>(reader: Reader, names: readonly Name[]): { readonly [K in Name]?: string } =>
  // Only the names asked for are put in, each with a text.
  Object.fromEntries(
    names.flatMap((name) => {
      const text = reader.optional(name, (field) => field.string());
      return text === undefined ? [] : [[name, text] as const];
    }),
  ) as { readonly [K in Name]?: string };
