import type { CurrentDevice } from '../current.js';
import { defined } from '../defined.js';
import type { GoalLink } from '../goal.js';
import { NO_MAC } from '../mac.js';
import { withoutInitial } from '../new-device.js';
import type { NewDevice } from '../operation.js';
import type { Draft } from './draft.js';
import { giveMac } from './mac.js';

/** ETH_DATA_LEN */
const DEFAULT_MTU = 1500;

/** Takes away the links that go, and those that can only become what is wanted by being made again. */
export function deleteLinks(draft: Draft): void {
  for (const name of draft.goal.gone) {
    if (draft.link(name) !== undefined) draft.step({ kind: 'delete link', link: name }, null);
  }
  // Uppers first: a parent would take its VLAN devices along, each of which is a step of its own then.
  for (const goal of [...draft.goal.links].reverse()) {
    const now = draft.link(goal.name);
    if (now === undefined || goal.device === null || becomes(goal.device, now.device)) continue;
    draft.step({ kind: 'delete link', link: goal.name }, goal.origin, 'recreate');
  }
}

/**
 * All that can be made is made before anything else is done with it, so that few steps have to wait for an index. A VLAN
 * device waits for its parent to have the MTU that it needs.
 */
export function createLinks(draft: Draft): void {
  for (const goal of draft.goal.links) {
    if (draft.link(goal.name) !== undefined) continue;
    const parent = goal.device?.kind === 'vlan' ? draft.link(goal.device.parent) : null;
    if (parent === undefined || (parent !== null && (goal.mtu ?? 0) > parent.mtu)) continue;
    // A VLAN device takes the address of its parent, and cannot come up without one.
    if (parent?.mac === NO_MAC) giveMac(draft, parent.name);
    createLink(draft, goal);
  }
}

/** False for what cannot be made. */
export function createLink(draft: Draft, { name, origin, device, mtu, mac, firstMac }: GoalLink): boolean {
  if (device === null) return false;
  const attributes = defined({ mtu: mtu === initialMtu(draft, device) ? undefined : mtu, mac: mac ?? firstMac });
  draft.step({ kind: 'create link', link: name, device: withoutInitial(device), ...attributes }, origin);
  if (attributes.mac !== undefined) draft.keptMacs.add(name);
  return true;
}

/** What a new device has without being told; undefined where that hangs on more. */
function initialMtu(draft: Draft, device: NewDevice): number | undefined {
  if (device.kind === 'vlan') return draft.link(device.parent)?.mtu;
  return device.kind === 'bridge' ? DEFAULT_MTU : undefined;
}

/** Can a device that is there become the wanted one without being made again? */
function becomes(wanted: NewDevice, now: CurrentDevice): boolean {
  switch (wanted.kind) {
    case 'vlan':
      return (
        now.kind === 'vlan' && now.parent === wanted.parent && now.id === wanted.id && now.protocol === wanted.protocol
      );
    case 'vxlan':
      return (
        now.kind === 'vxlan' &&
        now.id === wanted.id &&
        now.port === wanted.port &&
        now.device === wanted.device &&
        isSameFamily(now.local, wanted.local) &&
        isSameFamily(now.group, wanted.group)
      );
    case 'vrf':
      return now.kind === 'vrf' && now.table === wanted.table;
    case 'veth':
      // The peer may have been moved to another namespace since.
      return now.kind === 'veth' && (now.peer === null || now.peer === wanted.peer);
    case 'bridge':
    case 'bond':
    case 'dummy':
      return now.kind === wanted.kind;
  }
}

/** The kernel does not take an end of the other family (vxlan_core.c vxlan_nl2conf); one that is not said stays. */
const isSameFamily = (now: string | undefined, wanted: string | undefined): boolean =>
  now === undefined || wanted === undefined || now.includes(':') === wanted.includes(':');
