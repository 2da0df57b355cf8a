import { isLinkName, type StanzaOption } from '../../site/index.js';
import type { Lower } from '../bridge.js';
import type { Device } from '../links.js';
import { readFlag, readVlanId, readVlanProtocol } from './option-value.js';
import type { Options } from './options.js';

/** An interface that no stanza is about, only lines of others: ifupdown2 takes `eth0.5` for a VLAN device. */
export function impliedDevice({ name, origin }: Lower): Device {
  if (name === 'lo') return { kind: 'loopback' };
  const dotted = splitDotted(name);
  return dotted === null
    ? { kind: 'physical' }
    : { kind: 'vlan', parent: { name: dotted.parent, origin }, id: dotted.id, protocol: '802.1q' };
}

/** `X.N`; or any name with `vlan-raw-device`, where the id is in a dotted name, in `vlan-id`, or in `vlanN`. */
export function readVlan(options: Options): Device | null {
  const implied = impliedDevice(options.link);
  const named = implied.kind === 'vlan' ? implied : null;
  const raw = options.take('vlan-raw-device');
  if (raw === null && named === null) return null;
  const parent = raw === null ? named?.parent : options.lowers(raw, [raw.value.value])[0];
  const id = named === null ? readId(options, raw) : sameId(options, named.id);
  const protocol = options.read(readVlanProtocol, 'vlan-protocol') ?? '802.1q';
  const bridgeBinding = options.read(readFlag, 'vlan-bridge-binding');
  if (parent === undefined || id === null) return { kind: 'other', option: 'vlan-raw-device' };
  return { kind: 'vlan', parent, id, protocol, ...(bridgeBinding === null ? {} : { bridgeBinding }) };
}

/** ifupdown2 takes the id from a dotted name, whatever `vlan-id` says (spec interfaces.md 2.6). */
function sameId(options: Options, id: number): number {
  const option = options.take('vlan-id');
  if (option !== null && option.value.value !== String(id)) {
    const message = `the name ${options.link.name} already says VLAN ${id}: \`vlan-id\` does nothing`;
    options.refuse(option, message, `write ${id}, or give the device a name without a dot`);
  }
  return id;
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
