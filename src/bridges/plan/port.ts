import type { Origin } from '../../ruleset/index.js';
import type { GoalLink } from '../goal.js';
import { changedOptions, hasAny } from '../option-record.js';
import { vlanDifference } from '../vlan-entries.js';
import type { Draft } from './draft.js';
import { keepMac } from './mac.js';
import { bringUp } from './up.js';

/** Takes links out of masters nobody wants them in any more. */
export function releaseLinks(draft: Draft): void {
  for (const { name, master, origin } of draft.goal.links) {
    const now = draft.link(name);
    if (now === undefined || master !== null || now.master === null) continue;
    keepMac(draft, now.master);
    draft.step({ kind: 'set master', link: name, master: null }, origin, 'flap');
  }
}

export function enslave(draft: Draft, goal: GoalLink, master: string): void {
  const { name, origin, masterOrigin = origin, up } = goal;
  const now = draft.link(name);
  const to = draft.link(master);
  if (now === undefined || to === undefined || now.master === master) return;
  const disruption = now.master === null ? 'none' : 'flap';
  if (to.device.kind === 'bond' && now.up) draft.step({ kind: 'set up', link: name, up: false }, origin, 'flap');
  if (now.master !== null) keepMac(draft, now.master);
  keepMac(draft, master);
  if (to.device.kind === 'bridge') disableIpv6(draft, name, origin);
  draft.step({ kind: 'set master', link: name, master }, masterOrigin, disruption);
  settlePort(draft, goal);
  if (up === true && draft.link(name)?.up === false) bringUp(draft, name, origin);
}

/** Before it is a port, so that it never has addresses of its own on the bridge's network. */
function disableIpv6(draft: Draft, name: string, origin: Origin | null): void {
  if (draft.goalOf(name)?.sysctls?.['ipv6/disable_ipv6'] !== 1) return;
  if (draft.link(name)?.sysctls['ipv6/disable_ipv6'] === 1) return;
  draft.step({ kind: 'set sysctl', link: name, name: 'ipv6/disable_ipv6', value: 1 }, origin);
}

/** What a link has as a port of its bridge. */
export function settlePort(draft: Draft, { name, origin, port, vlans }: GoalLink): void {
  const now = draft.link(name);
  if (now === undefined || now.port === null) return;
  const options = changedOptions(port ?? {}, now.port);
  if (hasAny(options)) draft.step({ kind: 'set port', link: name, options }, origin);
  if (vlans === undefined) return;
  const { gone, added } = vlanDifference(now.vlans, vlans);
  for (const entry of gone) draft.step({ kind: 'delete vlans', link: name, self: false, vlans: entry }, origin);
  for (const entry of added) draft.step({ kind: 'add vlans', link: name, self: false, vlans: entry }, origin);
}
