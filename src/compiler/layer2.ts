import { diagnose } from '../diagnostics/index.js';
import type { Chain, Rule } from '../ruleset/index.js';
import { originOf, range } from '../ruleset/index.js';
import type { GuestOptions } from '../site/index.js';
import { ARP, goTo, IPV4, IPV6, implied, is, isNot, verdict, written } from './build.js';
import type { GuestInput } from './guest-input.js';

/**
 * Tags of IEEE 802.1Q and 802.1ad, and the one switches used for nested tags before 802.1ad. The kernel takes the
 * outermost tag of the first two off before the bridge's hooks and keeps it beside the frame (skb_vlan_untag), so
 * `meta protocol` is one of them only when another tag is behind it, or when the bridge has put the tag back because it
 * speaks the other standard. Then nobody sees what is inside, but the receiver may.
 */
const VLAN_TAGS = [0x8100, 0x88a8, 0x9100] as const;

const NOT_IP_CHAIN = 'not-ip';

/** ARP and whatever else is not IP has no rules: it passes once its sender is checked (spec firewall.md 7.4). */
export const passNotIp: Rule = implied('not IP', [isNot('meta protocol', IPV4, IPV6)], verdict('accept'));

const dropNested = (tags: readonly number[]): Rule =>
  implied('nested VLAN tag', [is('meta protocol', ...tags)], verdict('drop'));

/** The same to and from a filtered guest, where a frame must not hide IP from the rules unless its tag is listed. */
export function filterNotIp({ layer2_protocols: { value } }: GuestOptions): Rule[] {
  const hiding = VLAN_TAGS.filter((tag) => value === null || !value.includes(tag));
  if (hiding.length === 0) return [passNotIp];
  if (hiding.length < VLAN_TAGS.length) return [dropNested(hiding), passNotIp];
  const statement = { kind: 'verdict', verdict: goTo(NOT_IP_CHAIN) } as const;
  return [implied('not IP', [isNot('meta protocol', IPV4, IPV6)], statement)];
}

/** What nearly every guest does with frames that are not IP. */
export const notIpChain: Chain = {
  name: NOT_IP_CHAIN,
  rules: [dropNested(VLAN_TAGS), implied('not IP', [], verdict('accept'))],
};

/** 01:80:c2:00:00:00 to :0f, which IEEE 802.1Q keeps for what does not go further than one link. */
const RESERVED = range(0x0180c2000000n, 0x0180c200000fn);

/**
 * A bridge keeps frames to reserved addresses to itself: they go to the host's own stack by the port they came in at,
 * past prerouting, where a guest's OUT rules and the checks of its sender are (br_handle_frame), and IP in them is taken
 * like any other. No honest IP packet is in such a frame.
 */
export const reservedChain: Chain = {
  name: 'reserved',
  base: { hook: 'input', priority: -2, policy: 'accept' },
  rules: [implied('past the bridge', [is('ether daddr', RESERVED)], verdict('drop'))],
};

/** With a list of ethertypes, frames of others never leave the guest; IP has its rules (spec firewall.md 7.4). */
export function listedFrames({ layer2_protocols: { value, span } }: GuestOptions): Rule[] {
  if (value === null) return [];
  const passing = [...new Set([IPV4, IPV6, ...value])].sort((a, b) => a - b);
  const matches = [isNot('meta protocol', ...passing)];
  return [{ ...written(span && originOf(span), matches, verdict('drop')), note: 'layer2_protocols' }];
}

/** A list without ARP is what `pve-firewall` takes literally, too. */
export function checkListedFrames({ guest, firewall: { options }, report }: GuestInput): void {
  const { value, span } = options.layer2_protocols;
  if (span === null || value === null || value.length === 0 || value.includes(ARP)) return;
  report(
    diagnose('option/no-arp', span, `layer2_protocols leaves out ARP, so IPv4 of guest ${guest.id} finds nobody`, {
      help: 'add ARP to the list',
    }),
  );
}
