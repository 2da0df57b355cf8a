import { bondAttributes, bridgeAttributes, vxlanAttributes } from './attributes.js';
import { defined } from './defined.js';
import type { Link } from './links.js';
import type { NewDevice } from './operation.js';
import { changedOptions, initialOptions } from './option-record.js';

/** UDP port of VXLAN (IANA); the kernel's own default is an older one. */
const VXLAN_PORT = 4789;

/** What a desired link is made as; null for what nobody can make. */
export function newDevice(link: Link): NewDevice | null {
  switch (link.kind) {
    case 'bridge':
      return { kind: 'bridge', options: link.options };
    case 'bond':
      return { kind: 'bond', options: link.options };
    case 'vlan': {
      const { parent, id, protocol, bridgeBinding } = link;
      return { kind: 'vlan', parent: parent.name, id, protocol, ...defined({ bridgeBinding }) };
    }
    case 'vxlan': {
      const { id, port = VXLAN_PORT, local, group, device, options } = link;
      return { kind: 'vxlan', id, port, ...defined({ local, group, device: device?.name }), options };
    }
    case 'vrf':
      return { kind: 'vrf', table: link.table };
    case 'veth':
      return { kind: 'veth', peer: link.peer };
    case 'dummy':
      return { kind: 'dummy' };
    case 'physical':
    case 'loopback':
    case 'other':
      return null;
  }
}

/** Without what a new device has anyway: a kernel that lacks a feature refuses even to be told not to use it. */
export function withoutInitial(device: NewDevice): NewDevice {
  switch (device.kind) {
    case 'bridge':
      return { ...device, options: changedOptions(device.options, initialOptions(bridgeAttributes)) };
    case 'bond': {
      // Its mode can give it one of its own.
      const { miimon: _, ...initial } = initialOptions(bondAttributes);
      return { ...device, options: changedOptions(device.options, initial) };
    }
    case 'vxlan':
      return { ...device, options: changedOptions(device.options, initialOptions(vxlanAttributes)) };
    case 'vlan':
    case 'vrf':
    case 'veth':
    case 'dummy':
      return device;
  }
}
