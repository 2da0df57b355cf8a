import type { Origin } from '../../ruleset/index.js';
import { bridgeAttributes } from '../attributes.js';
import type { BondOptions } from '../bond.js';
import { withDelays } from '../bond-delays.js';
import { needsDown, needsNoSlaves, onlyInMode } from '../bond-mode.js';
import type { GoalLink } from '../goal.js';
import type { DeviceOptions } from '../operation.js';
import { changedOptions, hasAny, initialOptions } from '../option-record.js';
import type { Draft } from './draft.js';

/** The options of a device that is there. */
export function settleDevice(draft: Draft, { name, origin, device, bridge, bond }: GoalLink): void {
  const now = draft.link(name)?.device;
  const set = (changed: DeviceOptions): void => draft.step({ kind: 'set device', link: name, device: changed }, origin);
  if (now?.kind === 'bridge' && bridge !== undefined) {
    // A kernel without VLAN filtering says nothing of it: there it is what it is at first.
    const { stp, ...options } = changedOptions(bridge, { ...initialOptions(bridgeAttributes), ...now.options });
    // The kernel takes the delay first, which has to be within its bounds while STP is on.
    if (stp === false) set({ kind: 'bridge', options: { stp } });
    const rest = stp === true ? { stp, ...options } : options;
    if (hasAny(rest)) set({ kind: 'bridge', options: rest });
  }
  if (now?.kind === 'bond' && bond !== undefined) settleBond(draft, name, bond, now.options, origin);
  if (now?.kind === 'vlan' && device?.kind === 'vlan') {
    const { bridgeBinding } = device;
    if (bridgeBinding !== undefined && bridgeBinding !== now.bridgeBinding) set({ kind: 'vlan', bridgeBinding });
  }
  if (now?.kind === 'vxlan' && device?.kind === 'vxlan') {
    const { local, group } = device;
    const ends = {
      ...(local === undefined || local === now.local ? {} : { local }),
      ...(group === undefined || group === now.group ? {} : { group }),
    };
    const options = changedOptions(device.options, now.options);
    if (hasAny({ ...ends, ...options })) set({ kind: 'vxlan', ...ends, options });
  }
}

function settleBond(draft: Draft, name: string, wanted: BondOptions, now: BondOptions, origin: Origin | null): void {
  const mode = wanted.mode ?? now.mode ?? 'balance-rr';
  const changed = onlyInMode(changedOptions(wanted, now), mode);
  if (!hasAny(changed)) return;
  const set = (options: BondOptions): void => {
    if (hasAny(options)) draft.step({ kind: 'set device', link: name, device: { kind: 'bond', options } }, origin);
  };
  if (needsNoSlaves(changed)) {
    // The last first: when this is undone, they come back in their order.
    for (const { name: slave } of draft.model.portsOf(name).reverse()) {
      draft.step({ kind: 'set master', link: slave, master: null }, origin, 'flap');
    }
  }
  if ((needsDown(changed) || needsNoSlaves(changed)) && draft.link(name)?.up === true) {
    draft.step({ kind: 'set up', link: name, up: false }, origin, 'flap');
  }
  if (changed.mode !== undefined && now.mode !== undefined) {
    // What only the old mode knows cannot be put back once the mode is another one.
    const all = changedOptions(wanted, now);
    const later = onlyInMode(all, mode);
    set(onlyInMode(Object.fromEntries(Object.entries(all).filter(([key]) => !Object.hasOwn(later, key))), now.mode));
  }
  for (const options of withDelays(changed, now)) set(options);
}
