import type { Field, Interval, Match, Rule } from '../ruleset/index.js';
import { originOf, range } from '../ruleset/index.js';
import type { Nic } from '../site/index.js';
import { ARP, implied, is, isNot, nd, notInSet, ofFamily, verdict } from './build.js';
import type { GuestInput } from './guest-input.js';
import type { Member } from './names.js';
import { membersOf, NO_MEMBERS, setContent, unclearSet } from './names.js';
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
 * (spec firewall.md 5.4). ARP must name its sender, and neighbour discovery may claim an address, out of the same set.
 * Before a guest has an address, ARP probes (RFC 5227) and, unless ndp is off, the first steps of IPv6 (RFC 4862) come
 * from the unspecified one.
 */
export function sourceFilter(nic: Nic, { guest, firewall, names, report }: GuestInput, sets: SetUse): Rule[] {
  const name = `ipfilter-net${nic.index}`;
  const declared = firewall.ipsets.find((set) => set.name === name);
  if (declared === undefined && !firewall.options.ipfilter.value) return [];
  const { members, unclear } = declared === undefined ? NO_MEMBERS : membersOf(declared, names);
  const span = declared?.span ?? null;
  if (span !== null && unclear !== null)
    report(unclearSet(name, span, unclear, `no source address of net${nic.index} passes`));
  const content = setContent(unclear === null ? [...members, ...impliedMembers(nic)] : []);
  const origin = span && originOf(span);
  // More than what is declared: a rule that names the declared set means that alone.
  const own = `guest-${guest.id}/net${nic.index}/ipfilter`;
  const set4 = content[4].length > 0 ? sets.add(`${own}-v4`, 4, content[4], origin) : null;
  const set6 = content[6].length > 0 ? sets.add(`${own}-v6`, 6, content[6], origin) : null;
  const drop = verdict('drop');
  return [
    implied('arp probe', [is('arp saddr ip', 0)], verdict('accept')),
    implied('ipfilter', [set4 === null ? is('meta protocol', ARP) : notInSet('arp saddr ip', set4)], drop),
    implied('ipfilter', [set4 === null ? ofFamily('bridge', 4) : notInSet('ip saddr', set4)], drop),
    ...claims.map((claim) => implied('ipfilter', [...claim, ...notIn('nd target', content[6])], drop)),
    ...(firewall.options.ndp.value ? [firstSteps] : []),
    implied('ipfilter', [set6 === null ? ofFamily('bridge', 6) : notInSet('ip6 saddr', set6)], drop),
  ];
}

/** A neighbour advertisement, and the question whether anybody else has the address: its source is still unspecified. */
const claims: readonly (readonly Match[])[] = [
  [is('icmpv6 type', nd.neighborAdvertisement)],
  [is('ip6 saddr', 0), is('icmpv6 type', nd.neighborSolicitation)],
];

const firstSteps: Rule = implied(
  'first steps of IPv6',
  [is('ip6 saddr', 0), is('icmpv6 type', nd.routerSolicitation, nd.neighborSolicitation)],
  verdict('accept'),
);

/** Every value is outside of no intervals at all, so then there is nothing to ask. */
const notIn = (field: Field, values: readonly Interval[]): Match[] =>
  values.length === 0 ? [] : [isNot(field, ...values)];

function impliedMembers(nic: Nic): Member[] {
  const own = nic.mac === null ? [] : [linkLocal(nic.mac)];
  return [
    ...own.map((value): Member => ({ nomatch: false, range: { family: 6, interval: [value, value] } })),
    { nomatch: true, range: { family: 6, interval: range(LINK_LOCAL, LINK_LOCAL + (1n << 118n) - 1n) } },
    ...nic.addresses.map((address): Member => ({ nomatch: false, range: address })),
  ];
}
