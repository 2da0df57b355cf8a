import { bondAttributes, bridgeAttributes, vxlanAttributes } from '../attributes.js';
import type { CurrentDevice, CurrentLink, VlanEntry } from '../current.js';
import type { LinkOperation, NewDevice } from '../operation.js';
import { initialOptions } from '../option-record.js';
import { DEFAULT_PVID } from '../vlan-range.js';
import type { LinkState } from './state.js';

const DEFAULT_MTU = 1500;

/** The ids of a new bridge, and of a link that becomes a port of one. */
export const defaultVlans: readonly VlanEntry[] = [
  { first: DEFAULT_PVID, last: DEFAULT_PVID, pvid: true, untagged: true },
];

/** Makes a link; answers the errno of a refusal, or null. */
export function createLink(
  state: LinkState,
  { link: name, device, mtu, mac }: Extract<LinkOperation, { kind: 'create link' }>,
): string | null {
  if (state.link(name) !== undefined) return 'EEXIST';
  const parent = device.kind === 'vlan' ? state.link(device.parent) : undefined;
  if (device.kind === 'vlan') {
    if (parent === undefined) return 'ENODEV';
    if (state.hasVlan(device)) return 'EEXIST';
    if (mtu !== undefined && mtu > parent.mtu) return 'ERANGE';
  }
  if (device.kind === 'veth') {
    if (state.link(device.peer) !== undefined) return 'EEXIST';
    state.put(fresh(state, device.peer, { kind: 'veth', peer: name }, { mac: null, mtu: DEFAULT_MTU }));
  }
  state.put(
    fresh(state, name, madeDevice(device), {
      mac: mac ?? parent?.mac ?? null,
      mtu: mtu ?? parent?.mtu ?? DEFAULT_MTU,
      parentIndex: parent?.index ?? null,
    }),
  );
  // Also with an MTU from the beginning: the first port changes it.
  if (device.kind === 'bridge') state.followers.add(name);
  return null;
}

function fresh(
  state: LinkState,
  name: string,
  device: CurrentDevice,
  more: Pick<CurrentLink, 'mac' | 'mtu'> & { readonly parentIndex?: number | null },
): CurrentLink {
  return {
    index: state.takeIndex(),
    name,
    device,
    up: false,
    running: false,
    permanentMac: null,
    master: null,
    parentIndex: null,
    alias: null,
    port: null,
    vlans: device.kind === 'bridge' ? defaultVlans : [],
    sysctls: { 'ipv6/disable_ipv6': 0 },
    ...more,
  };
}

/** A new device with what the kernel gives it. */
function madeDevice(device: NewDevice): CurrentDevice {
  switch (device.kind) {
    case 'bridge':
      return { kind: 'bridge', options: { ...initialOptions(bridgeAttributes), ...device.options } };
    case 'bond':
      return { kind: 'bond', options: { ...initialOptions(bondAttributes), ...device.options } };
    case 'vlan':
      return { bridgeBinding: false, ...device };
    case 'vxlan':
      return { ...device, options: { ...initialOptions(vxlanAttributes), ...device.options } };
    case 'vrf':
    case 'veth':
    case 'dummy':
      return device;
  }
}
