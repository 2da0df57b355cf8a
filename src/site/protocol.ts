import type { AddressFamily } from './address.js';

/** An IP protocol as `-p` names it. */
export interface Protocol {
  readonly number: number;
  /** The family the name implies: `icmp` is IPv4, `icmpv6` IPv6; the numbers 1 and 58 imply none. */
  readonly family: AddressFamily | null;
  readonly ports: boolean;
  /** True only when ICMP types may be given: a bare number never is (spec firewall.md 2.5). */
  readonly icmp: boolean;
}

/** The first column of Debian's `/etc/protocols` (package netbase) with the IANA numbers, and `icmpv6`. */
const numbers: Readonly<Record<string, number>> = {
  ...{
    ip: 0,
    hopopt: 0,
    icmp: 1,
    igmp: 2,
    ggp: 3,
    ipencap: 4,
    st: 5,
    tcp: 6,
    egp: 8,
    igp: 9,
    pup: 12,
    udp: 17,
    hmp: 20,
  },
  ...{ 'xns-idp': 22, rdp: 27, 'iso-tp4': 29, dccp: 33, xtp: 36, ddp: 37, 'idpr-cmtp': 38, ipv6: 41, 'ipv6-route': 43 },
  ...{ 'ipv6-frag': 44, idrp: 45, rsvp: 46, gre: 47, esp: 50, ah: 51, skip: 57, 'ipv6-icmp': 58, icmpv6: 58 },
  ...{ 'ipv6-nonxt': 59, 'ipv6-opts': 60, rspf: 73, vmtp: 81, eigrp: 88, ospf: 89, 'ax.25': 93, ipip: 94, etherip: 97 },
  ...{ encap: 98, pim: 103, ipcomp: 108, vrrp: 112, l2tp: 115, isis: 124, sctp: 132, fc: 133, 'mobility-header': 135 },
  ...{ udplite: 136, 'mpls-in-ip': 137, manet: 138, hip: 139, shim6: 140, wesp: 141, rohc: 142, ethernet: 143 },
};

const withPorts: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const icmpFamilies: Readonly<Record<string, AddressFamily>> = { icmp: 4, icmpv6: 6, 'ipv6-icmp': 6 };

export const protocolNames: readonly string[] = Object.keys(numbers);

/** Reads a protocol name (exact case, as Proxmox does) or a number from 0 to 255. */
export function parseProtocol(text: string): Protocol | undefined {
  const number = /^(0|[1-9][0-9]{0,2})$/.test(text)
    ? Number(text)
    : Object.hasOwn(numbers, text)
      ? numbers[text]
      : undefined;
  if (number === undefined || number > 255) return undefined;
  const family = Object.hasOwn(icmpFamilies, text) ? (icmpFamilies[text] ?? null) : null;
  return { number, family, ports: withPorts.has(number), icmp: family !== null };
}
