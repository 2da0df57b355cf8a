/**
 * The things of a packet that a rule can look at, named as `nft` names them. `width` is the value's size in bits;
 * `type` is nft's data type, which decides how a value is written and in which byte order the kernel holds it;
 * `family` is the address family the packet must have for the field to exist. `ether type` is that of the frame, `vlan`
 * where it has a tag, `meta protocol` the one behind the tag. `vlan id` is the tag's, `meta ibrpvid` the VLAN that a frame
 * without a tag gets where it arrives; a bridge that knows no VLANs has none.
 *
 * Parts of neighbour discovery (RFC 4861 section 4) have no name in nft 1.0.6, so theirs are ours: the target of a
 * neighbour solicitation or advertisement, type and length of its first option as one number, and the MAC address that
 * option holds if it is a link-layer address; `rs` is the same of a router solicitation. They say where to look, not in
 * what: only a rule that has asked for the ICMPv6 type may use them.
 */
export const fields = {
  'ip saddr': { type: 'ipv4_addr', width: 32, family: 4 },
  'ip daddr': { type: 'ipv4_addr', width: 32, family: 4 },
  'ip6 saddr': { type: 'ipv6_addr', width: 128, family: 6 },
  'ip6 daddr': { type: 'ipv6_addr', width: 128, family: 6 },
  'arp saddr ip': { type: 'ipv4_addr', width: 32, family: null },
  'arp saddr ether': { type: 'ether_addr', width: 48, family: null },
  'ether saddr': { type: 'ether_addr', width: 48, family: null },
  'ether daddr': { type: 'ether_addr', width: 48, family: null },
  'ether type': { type: 'ether_type', width: 16, family: null },
  'vlan id': { type: 'vlan_id', width: 12, family: null },
  'meta ibrpvid': { type: 'pvid', width: 16, family: null },
  'meta protocol': { type: 'ether_type', width: 16, family: null },
  'meta nfproto': { type: 'nf_proto', width: 8, family: null },
  'meta l4proto': { type: 'inet_proto', width: 8, family: null },
  'meta pkttype': { type: 'pkt_type', width: 8, family: null },
  'meta mark': { type: 'mark', width: 32, family: null },
  'th sport': { type: 'inet_service', width: 16, family: null },
  'th dport': { type: 'inet_service', width: 16, family: null },
  'icmp type': { type: 'icmp_type', width: 8, family: 4 },
  'icmp code': { type: 'icmp_code', width: 8, family: 4 },
  'icmpv6 type': { type: 'icmpv6_type', width: 8, family: 6 },
  'icmpv6 code': { type: 'icmpv6_code', width: 8, family: 6 },
  'nd target': { type: 'integer128', width: 128, family: 6 },
  'nd option': { type: 'integer16', width: 16, family: 6 },
  'nd option ether': { type: 'integer48', width: 48, family: 6 },
  'rs option': { type: 'integer16', width: 16, family: 6 },
  'rs option ether': { type: 'integer48', width: 48, family: 6 },
  'fib saddr type': { type: 'fib_addrtype', width: 32, family: null },
  'fib daddr type': { type: 'fib_addrtype', width: 32, family: null },
} as const;

/** A field whose values are numbers. */
export type Field = keyof typeof fields;
/** A field of an IP header that holds an address. */
export type AddressField = 'ip saddr' | 'ip daddr' | 'ip6 saddr' | 'ip6 daddr';
/**
 * Fields whose values are interface names; a name may end in `*`. `meta ibrname` and `meta obrname` exist in the bridge
 * family only: the bridge that the port of arrival or departure belongs to.
 */
export const nameFields = ['iifname', 'oifname', 'meta ibrname', 'meta obrname'] as const;
export type NameField = (typeof nameFields)[number];
/** A field that holds a set of flags. */
export type FlagField = 'ct state' | 'tcp flags';
export type DataType = (typeof fields)[Field]['type'];

/** Bits of `ct state` as the kernel numbers them (uapi nf_conntrack_common.h; nft's ct_state type). */
export const ctState = { invalid: 1, established: 2, related: 4, new: 8, untracked: 0x40 } as const;
/** Bits of the TCP flag byte (RFC 9293). */
export const tcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 0x10, urg: 0x20 } as const;
