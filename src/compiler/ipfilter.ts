import type { Rule } from '../ruleset/index.js';
import { originOf, range } from '../ruleset/index.js';
import type { Nic } from '../site/index.js';
import { ARP, implied, is, nd, notInSet, ofFamily, verdict } from './build.js';
import type { GuestInput } from './guest.js';
import type { Member } from './names.js';
import { membersOf, setContent } from './names.js';
import type { SetUse } from './set-use.js';

const LINK_LOCAL = 0xfe80n << 112n;

/** fe80::/64 with the EUI-64 interface id of the MAC address (RFC 4291, appendix A). */
export function linkLocal(mac: bigint): bigint {
  const flipped = mac ^ (0x02n << 40n);
  return LINK_LOCAL | ((flipped >> 24n) << 40n) | (0xfffen << 24n) | (flipped & 0xffffffn);
}

/**
 * Drops what leaves a NIC with another source than it may use: active by `ipfilter: 1` or by the mere presence of a set
 * `ipfilter-netN`. The set is what is declared, the NIC's link-local address and a container's configured addresses
 * (spec firewall.md 5.4). The first steps of IPv6 and ARP may use the unspecified address.
 */
export function sourceFilter(nic: Nic, { guest, firewall, names }: GuestInput, sets: SetUse): Rule[] {
  const name = `ipfilter-net${nic.index}`;
  const declared = firewall.ipsets.find((set) => set.name === name);
  if (declared === undefined && !firewall.options.ipfilter.value) return [];
  const content = setContent([...(declared === undefined ? [] : membersOf(declared, names)), ...impliedMembers(nic)]);
  const span = declared?.span ?? null;
  const origin = span && originOf(span);
  const set4 = content[4].length > 0 ? sets.add(`guest-${guest.id}/${name}-v4`, 4, content[4], origin) : null;
  const set6 = content[6].length > 0 ? sets.add(`guest-${guest.id}/${name}-v6`, 6, content[6], origin) : null;
  const arp = declared !== undefined || set4 !== null;
  const drop = verdict('drop');
  return [
    ...(arp ? [implied('arp probe', [is('arp saddr ip', 0)], verdict('accept'))] : []),
    ...(arp
      ? [implied('ipfilter', [set4 === null ? is('meta protocol', ARP) : notInSet('arp saddr ip', set4)], drop)]
      : []),
    implied('ipfilter', [set4 === null ? ofFamily('bridge', 4) : notInSet('ip saddr', set4)], drop),
    implied(
      'first steps of IPv6',
      [is('ip6 saddr', 0), is('icmpv6 type', nd.routerSolicitation, nd.neighborSolicitation)],
      verdict('accept'),
    ),
    implied('ipfilter', [set6 === null ? ofFamily('bridge', 6) : notInSet('ip6 saddr', set6)], drop),
  ];
}

function impliedMembers(nic: Nic): Member[] {
  const own = nic.mac === null ? [] : [linkLocal(nic.mac)];
  return [
    ...own.map((value): Member => ({ nomatch: false, range: { family: 6, interval: [value, value] } })),
    { nomatch: true, range: { family: 6, interval: range(LINK_LOCAL, LINK_LOCAL + (1n << 118n) - 1n) } },
    ...nic.addresses.map((address): Member => ({ nomatch: false, range: address })),
  ];
}
