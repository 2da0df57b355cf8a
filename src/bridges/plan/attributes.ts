import type { GoalLink } from '../goal.js';
import type { LinkSysctlName } from '../links.js';
import { changedOptions } from '../option-record.js';
import { rangesWithout } from '../vlan-range.js';
import type { Draft } from './draft.js';
import { moves } from './mac.js';

/** Uppers first, because none may be above its lower (spec interfaces.md 6.3). */
export function lowerMtus(draft: Draft): void {
  for (const { name, mtu, origin } of [...draft.goal.links].reverse()) {
    const now = draft.link(name);
    if (now !== undefined && mtu !== undefined && mtu < now.mtu)
      draft.step({ kind: 'set mtu', link: name, mtu }, origin);
  }
}

export function settleSysctls(draft: Draft, { name, origin, sysctls = {} }: GoalLink): void {
  const now = draft.link(name);
  if (now === undefined) return;
  for (const [setting, value] of sysctlEntries(changedOptions(sysctls, now.sysctls))) {
    draft.step({ kind: 'set sysctl', link: name, name: setting, value }, origin);
  }
}

const sysctlEntries = (sysctls: { readonly [Name in LinkSysctlName]?: number }): [LinkSysctlName, number][] =>
  // The names of settings are the keys of the record.
  Object.entries(sysctls) as [LinkSysctlName, number][];

/** What every kind of link has. */
export function settleAttributes(draft: Draft, { name, origin, device, mtu, mac, alias }: GoalLink): void {
  const now = draft.link(name);
  if (now === undefined) return;
  if (mtu !== undefined && mtu > now.mtu) draft.step({ kind: 'set mtu', link: name, mtu }, origin);
  if (mac !== undefined && mac !== now.mac) {
    // Hardware may refuse another address while it is up; what the kernel makes does not.
    const falls = device === null && now.up;
    if (falls) draft.step({ kind: 'set up', link: name, up: false }, origin, 'flap');
    draft.step({ kind: 'set mac', link: name, mac }, origin, falls ? 'none' : moves(now, mac));
  }
  if (alias !== undefined && alias !== now.alias) draft.step({ kind: 'set alias', link: name, alias }, origin);
}

/** The VLAN ids of a bridge itself. */
export function settleOwnVlans(draft: Draft, { name, origin, ownVlans }: GoalLink): void {
  const now = draft.link(name);
  if (now === undefined || ownVlans === undefined) return;
  for (const vlans of ownVlans.there) {
    const same = now.vlans.filter(({ pvid, untagged }) => pvid === vlans.pvid && untagged === vlans.untagged);
    if (rangesWithout([vlans], same).length > 0)
      draft.step({ kind: 'add vlans', link: name, self: true, vlans }, origin);
  }
  const plain = { pvid: false, untagged: false };
  for (const range of ownVlans.gone) {
    if (rangesWithout([range], now.vlans).length > 0) continue;
    draft.step({ kind: 'delete vlans', link: name, self: true, vlans: { ...range, ...plain } }, origin);
  }
}
