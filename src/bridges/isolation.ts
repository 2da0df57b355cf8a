import type { CurrentLinks } from './current.js';
import type { Goal } from './goal.js';
import { DEFAULT_PVID } from './vlan-range.js';

/** A port that has a VLAN of its own on a bridge which is to filter no VLANs any more. */
export interface LostIsolation {
  readonly bridge: string;
  readonly port: string;
  readonly vlan: number;
}

/**
 * The ports that others plugged into their VLANs, on bridges that stop filtering them: all of these would be in one
 * network from that moment on (spec interfaces.md 5.3).
 */
export function lostIsolation(goal: Goal, current: CurrentLinks): LostIsolation[] {
  const named = new Set(goal.links.flatMap(({ name, masterOrigin }) => (masterOrigin === undefined ? [] : [name])));
  return goal.links.flatMap(({ name: bridge, bridge: options }) => {
    if (options?.vlanAware !== false) return [];
    const device = current.links.find(({ name }) => name === bridge)?.device;
    if (device?.kind !== 'bridge' || device.options.vlanAware !== true) return [];
    return current.links.flatMap(({ name, master, vlans }): LostIsolation[] => {
      const vlan = vlans.find(({ pvid }) => pvid)?.first;
      if (master !== bridge || named.has(name) || vlan === undefined || vlan === DEFAULT_PVID) return [];
      return [{ bridge, port: name, vlan }];
    });
  });
}
