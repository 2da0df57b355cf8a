import { isIPv4 } from 'node:net';
import { bondAttributes, bridgeAttributes, portAttributes, vxlanAttributes } from './attributes.js';
import type { LinkAddress, Route, VlanEntry } from './current.js';
import type { DeviceOptions, LinkOperation, NewDevice } from './operation.js';
import { spellOptions } from './option-record.js';
import { spellRange } from './vlan-range.js';

/** The command that does the same. What people named stands in it as it is: they are names, numbers and addresses. */
export const spellOperation = (operation: LinkOperation): string => wordsOf(operation).join(' ');

function wordsOf(operation: LinkOperation): readonly string[] {
  switch (operation.kind) {
    case 'create link': {
      const { link, device, mtu, mac } = operation;
      const parent = device.kind === 'vlan' ? ['link', device.parent] : [];
      const more = [...option('mtu', mtu), ...option('address', mac)];
      return ['ip link add', ...parent, 'name', link, ...more, 'type', ...newDeviceWords(device)];
    }
    case 'delete link':
      return ['ip link delete dev', operation.link];
    case 'set up':
      return setLink(operation.link, operation.up ? 'up' : 'down');
    case 'set master':
      return operation.master === null
        ? setLink(operation.link, 'nomaster')
        : setLink(operation.link, 'master', operation.master);
    case 'set mac':
      return setLink(operation.link, 'address', operation.mac);
    case 'set mtu':
      return setLink(operation.link, 'mtu', String(operation.mtu));
    case 'set alias':
      return setLink(operation.link, 'alias', JSON.stringify(operation.alias ?? ''));
    case 'set device':
      return setLink(operation.link, 'type', ...deviceWords(operation.device));
    case 'set port':
      return setLink(operation.link, 'type bridge_slave', ...spellOptions(portAttributes, operation.options));
    case 'add vlans':
      return ['bridge vlan add', ...vlanWords(operation), ...flagWords(operation.vlans)];
    case 'delete vlans':
      return ['bridge vlan delete', ...vlanWords(operation)];
    case 'add forwarding':
    case 'delete forwarding': {
      const { link, mac, of, vlan, destination } = operation.entry;
      const verb = operation.kind === 'delete forwarding' ? 'delete' : destination === undefined ? 'add' : 'append';
      const more = [...option('dst', destination), ...option('vlan', vlan)];
      return ['bridge fdb', verb, mac, 'dev', link, of, ...(of === 'self' ? ['permanent'] : ['static']), ...more];
    }
    case 'add address':
    case 'delete address': {
      const verb = operation.kind === 'add address' ? 'add' : 'delete';
      const flags = verb === 'add' && !isIPv4(operation.address.address) ? ['nodad'] : [];
      return ['ip address', verb, ...addressWords(operation.address), 'dev', operation.link, ...flags];
    }
    case 'add route':
    case 'replace route':
    case 'delete route':
      return [
        'ip',
        ...(operation.route.family === 6 ? ['-6'] : []),
        'route',
        routeVerb[operation.kind],
        ...routeWords(operation.route),
      ];
    case 'set sysctl': {
      const [family = '', setting = ''] = operation.name.split('/');
      return ['sysctl -w', `net/${family}/conf/${operation.link}/${setting}=${operation.value}`];
    }
  }
}

const routeVerb = { 'add route': 'add', 'replace route': 'replace', 'delete route': 'delete' } as const;

const setLink = (link: string, ...words: readonly string[]): string[] => ['ip link set dev', link, ...words];

const option = (keyword: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [keyword, String(value)];

function newDeviceWords(device: NewDevice): readonly string[] {
  switch (device.kind) {
    case 'bridge':
    case 'bond':
      return deviceWords(device);
    case 'vlan': {
      const { protocol, id, bridgeBinding } = device;
      return [
        'vlan protocol',
        protocol,
        'id',
        String(id),
        ...(bridgeBinding === undefined ? [] : bindingWords(bridgeBinding)),
      ];
    }
    case 'vxlan': {
      const { id, port, device: lower, local, group, options } = device;
      const ends = [...option('local', local), ...option('group', group), ...option('dev', lower)];
      return ['vxlan id', String(id), 'dstport', String(port), ...ends, ...spellOptions(vxlanAttributes, options)];
    }
    case 'vrf':
      return ['vrf table', String(device.table)];
    case 'veth':
      return ['veth peer name', device.peer];
    case 'dummy':
      return ['dummy'];
  }
}

function deviceWords(device: DeviceOptions): readonly string[] {
  switch (device.kind) {
    case 'bridge':
      return ['bridge', ...spellOptions(bridgeAttributes, device.options)];
    case 'bond':
      return ['bond', ...spellOptions(bondAttributes, device.options)];
    case 'vlan':
      return ['vlan', ...bindingWords(device.bridgeBinding)];
    case 'vxlan': {
      const { local, group, options } = device;
      return ['vxlan', ...option('local', local), ...option('group', group), ...spellOptions(vxlanAttributes, options)];
    }
  }
}

const bindingWords = (binding: boolean): string[] => ['bridge_binding', binding ? 'on' : 'off'];

const vlanWords = ({
  link,
  self,
  vlans,
}: {
  readonly link: string;
  readonly self: boolean;
  readonly vlans: VlanEntry;
}) => ['dev', link, 'vid', spellRange(vlans), ...(self ? ['self'] : [])];

const flagWords = ({ pvid, untagged }: VlanEntry): string[] => [
  ...(pvid ? ['pvid'] : []),
  ...(untagged ? ['untagged'] : []),
];

const addressWords = ({ address, prefixLength, peer, broadcast, scope, preferredLifetime }: LinkAddress): string[] => [
  ...(peer === undefined ? [`${address}/${prefixLength}`] : [address, 'peer', `${peer}/${prefixLength}`]),
  ...option('broadcast', broadcast),
  ...(scope === 0 ? [] : ['scope', String(scope)]),
  ...option('preferred_lft', preferredLifetime),
];

/** RT_TABLE_MAIN */
const MAIN_TABLE = 254;

const routeWords = (route: Route): string[] => [
  route.destination === null ? 'default' : `${route.destination.address}/${route.destination.length}`,
  ...option('via', route.gateway ?? undefined),
  ...option('dev', route.link ?? undefined),
  ...(route.table === MAIN_TABLE ? [] : ['table', String(route.table)]),
  ...(route.metric === 0 ? [] : ['metric', String(route.metric)]),
  ...(route.onlink ? ['onlink'] : []),
];
