import type { AddressFamily } from './address.js';

/** What an ICMP type name or number asks for; `type: null` is any type. */
export interface IcmpType {
  readonly type: number | null;
  readonly code: number | null;
}

/** ICMP names as iptables knows them, with type and code (spec firewall.md 2.7; RFC 792, RFC 1812). */
const ipv4: Readonly<Record<string, readonly [type: number, code?: number]>> = {
  'echo-reply': [0],
  'destination-unreachable': [3],
  'network-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'fragmentation-needed': [3, 4],
  'source-route-failed': [3, 5],
  'network-unknown': [3, 6],
  'host-unknown': [3, 7],
  'network-prohibited': [3, 9],
  'host-prohibited': [3, 10],
  'TOS-network-unreachable': [3, 11],
  'TOS-host-unreachable': [3, 12],
  'communication-prohibited': [3, 13],
  'host-precedence-violation': [3, 14],
  'precedence-cutoff': [3, 15],
  'source-quench': [4],
  redirect: [5],
  'network-redirect': [5, 0],
  'host-redirect': [5, 1],
  'TOS-network-redirect': [5, 2],
  'TOS-host-redirect': [5, 3],
  'echo-request': [8],
  'router-advertisement': [9],
  'router-solicitation': [10],
  'time-exceeded': [11],
  'ttl-zero-during-transit': [11, 0],
  'ttl-zero-during-reassembly': [11, 1],
  'parameter-problem': [12],
  'ip-header-bad': [12, 0],
  'required-option-missing': [12, 1],
  'timestamp-request': [13],
  'timestamp-reply': [14],
  'info-request': [15],
  'info-reply': [16],
  'address-mask-request': [17],
  'address-mask-reply': [18],
};

/** ICMPv6 names of Proxmox and of nft, with type and code (RFC 4443, RFC 4861). */
const ipv6: typeof ipv4 = {
  'destination-unreachable': [1],
  'no-route': [1, 0],
  'communication-prohibited': [1, 1],
  'beyond-scope': [1, 2],
  'address-unreachable': [1, 3],
  'port-unreachable': [1, 4],
  'failed-policy': [1, 5],
  'reject-route': [1, 6],
  'packet-too-big': [2],
  'time-exceeded': [3],
  'ttl-zero-during-transit': [3, 0],
  'ttl-zero-during-reassembly': [3, 1],
  'parameter-problem': [4],
  'bad-header': [4, 0],
  'unknown-header-type': [4, 1],
  'unknown-option': [4, 2],
  'echo-request': [128],
  'echo-reply': [129],
  'mld-listener-query': [130],
  'mld-listener-report': [131],
  'mld-listener-done': [132],
  'mld-listener-reduction': [132],
  'router-solicitation': [133],
  'nd-router-solicit': [133],
  'router-advertisement': [134],
  'nd-router-advert': [134],
  'neighbor-solicitation': [135],
  'neighbour-solicitation': [135],
  'nd-neighbor-solicit': [135],
  'neighbor-advertisement': [136],
  'neighbour-advertisement': [136],
  'nd-neighbor-advert': [136],
  redirect: [137],
  'nd-redirect': [137],
  'router-renumbering': [138],
  'ind-neighbor-solicit': [141],
  'ind-neighbor-advert': [142],
  'mld2-listener-report': [143],
};

export const icmpNames = (family: AddressFamily): readonly string[] => Object.keys(family === 4 ? ipv4 : ipv6);

/** Reads a type name of the family, a type number from 0 to 255, or `any`. */
export function parseIcmpType(text: string, family: AddressFamily): IcmpType | undefined {
  if (text.toLowerCase() === 'any') return { type: null, code: null };
  if (/^[0-9]{1,3}$/.test(text)) {
    const type = Number(text);
    return type <= 255 ? { type, code: null } : undefined;
  }
  const names = family === 4 ? ipv4 : ipv6;
  const entry = Object.hasOwn(names, text) ? names[text] : undefined;
  return entry && { type: entry[0], code: entry[1] ?? null };
}
