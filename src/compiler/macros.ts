import type { Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import { nearest } from '../parser/index.js';
import type { Interval } from '../ruleset/index.js';
import type { AddressFamily, IcmpType, MatchRule } from '../site/index.js';
import { parseIcmpType, parsePortList, parseProtocol } from '../site/index.js';

/** What a rule says of a packet beside its addresses. A family of null means both. */
export interface Traffic {
  readonly family: AddressFamily | null;
  readonly protocol: number | null;
  readonly sport: readonly Interval[] | null;
  readonly dport: readonly Interval[] | null;
  readonly icmp: IcmpType | null;
}

/**
 * The macros (spec firewall.md 4). Each word is one kind of traffic: `[6:]protocol[/destination ports or ICMP
 * type][<source ports]`; `6:` keeps it to IPv6. IPIP is entered as protocol 94, as Proxmox does.
 */
const macros = {
  Amanda: 'udp/10080 tcp/10080',
  Auth: 'tcp/113',
  BGP: 'tcp/179',
  BitTorrent: 'tcp/6881:6889 udp/6881',
  BitTorrent32: 'tcp/6881:6999 udp/6881',
  Ceph: 'tcp/6789,3300,6800:7300',
  Citrix: 'tcp/1494,2598 udp/1604',
  CVS: 'tcp/2401',
  DAAP: 'tcp/3689 udp/3689',
  DCC: 'tcp/6277',
  DHCPfwd: 'udp/67:68<67:68',
  DHCPv6: '6:udp/546:547<546:547',
  Distcc: 'tcp/3632',
  DNS: 'udp/53 tcp/53',
  Finger: 'tcp/79',
  FTP: 'tcp/21',
  Git: 'tcp/9418',
  GNUnet: 'tcp/2086,1080 udp/2086,1080',
  GRE: '47',
  HKP: 'tcp/11371',
  HTTP: 'tcp/80',
  'HTTP/3': 'udp/443',
  HTTPS: 'tcp/443',
  ICPV2: 'udp/3130',
  ICQ: 'tcp/5190',
  IMAP: 'tcp/143',
  IMAPS: 'tcp/993',
  IPIP: '94',
  IPsec: 'udp/500<500 50',
  IPsecah: 'udp/500<500 51',
  IPsecnat: 'udp/500,4500 50',
  IRC: 'tcp/6667',
  Jetdirect: 'tcp/9100',
  L2TP: 'udp/1701',
  LDAP: 'tcp/389',
  LDAPS: 'tcp/636',
  Mail: 'tcp/25,465,587',
  MDNS: 'udp/5353',
  MSNP: 'tcp/1863',
  MSSQL: 'tcp/1433',
  Munin: 'tcp/4949',
  MySQL: 'tcp/3306',
  NeighborDiscovery:
    'icmpv6/router-solicitation icmpv6/router-advertisement icmpv6/neighbor-solicitation icmpv6/neighbor-advertisement',
  NNTP: 'tcp/119',
  NNTPS: 'tcp/563',
  NTP: 'udp/123',
  OpenVPN: 'udp/1194',
  OSPF: '89',
  PBS: 'tcp/8007',
  PCA: 'udp/5632 tcp/5631',
  Ping: 'icmp/echo-request icmpv6/echo-request',
  PMG: 'tcp/8006',
  POP3: 'tcp/110',
  POP3S: 'tcp/995',
  PostgreSQL: 'tcp/5432',
  PPtP: '47 tcp/1723',
  Printer: 'tcp/515',
  Razor: 'tcp/2703',
  Rdate: 'tcp/37',
  RDP: 'tcp/3389',
  RIP: 'udp/520',
  RNDC: 'tcp/953',
  Rsync: 'tcp/873',
  SANE: 'tcp/6566',
  SixXS: 'tcp/3874 udp/3740,5072,8374 41',
  SMB: 'udp/135,445,137:139 udp/1024:65535<137 tcp/135,139,445',
  SMBswat: 'tcp/901',
  SMTP: 'tcp/25',
  SMTPS: 'tcp/465',
  SNMP: 'udp/161:162 tcp/161',
  SPAMD: 'tcp/783',
  SPICEproxy: 'tcp/3128',
  Squid: 'tcp/3128',
  SSH: 'tcp/22',
  Submission: 'tcp/587',
  SVN: 'tcp/3690',
  Syslog: 'udp/514 tcp/514',
  Telnet: 'tcp/23',
  Telnets: 'tcp/992',
  TFTP: 'udp/69',
  Time: 'tcp/37',
  Trcrt: 'udp/33434:33524 icmp/echo-request icmpv6/echo-request',
  VNC: 'tcp/5900:5999',
  VNCL: 'tcp/5500',
  Web: 'tcp/80,443',
  Webcache: 'tcp/8080',
  Webmin: 'tcp/10000',
  Whois: 'tcp/43',
} as const satisfies Readonly<Record<string, string>>;

const byFoldedName: ReadonlyMap<string, readonly Traffic[]> = new Map(
  Object.entries(macros).map(([name, words]) => [name.toLowerCase(), words.split(' ').map(parseWord)]),
);

export const macroNames: readonly string[] = Object.keys(macros);

function parseWord(word: string): Traffic {
  const [, six, name = '', to, from] = /^(6:)?([a-z0-9]+)(?:\/([^<]+))?(?:<(.+))?$/.exec(word) ?? [];
  const protocol = parseProtocol(name);
  if (protocol === undefined) throw new Error(`bad macro table entry ${word}`);
  return {
    family: six === undefined ? protocol.family : 6,
    protocol: protocol.number,
    sport: from === undefined ? null : ports(from),
    dport: to === undefined || protocol.icmp ? null : ports(to),
    icmp: (to !== undefined && protocol.family !== null && parseIcmpType(to, protocol.family)) || null,
  };
}

function ports(text: string): readonly Interval[] {
  const list = parsePortList(text);
  if (!list.ok) throw new Error(`bad macro table ports ${text}`);
  return list.value;
}

/**
 * All traffic a rule is about: its own options, or those of its macro. An option the macro also sets must agree
 * with it. Undefined, with a report, when the rule cannot be honoured.
 */
export function trafficOf(rule: MatchRule, report: Report): readonly Traffic[] | undefined {
  const own: Traffic = {
    family: rule.protocol?.value.family ?? null,
    protocol: rule.protocol?.value.number ?? null,
    sport: rule.sport?.value ?? null,
    dport: rule.dport?.value ?? null,
    icmp: rule.icmpType?.value ?? null,
  };
  if (rule.macro === null) return [own];
  const entries = byFoldedName.get(rule.macro.value.toLowerCase());
  if (entries === undefined) {
    const near = nearest(rule.macro.value, macroNames);
    report(
      diagnose('name/unknown-macro', rule.macro.span, `there is no macro \`${rule.macro.value}\``, {
        help: near === null ? 'give protocol and ports with -p and -dport' : `did you mean ${near}?`,
      }),
    );
    return undefined;
  }
  // Ping and its like have a twin for each family: a rule that is of one family keeps to it.
  const joined = entries.filter(({ family }) => !disagree(family, own.family)).map((entry) => join(entry, own));
  if (joined.length > 0 && joined.every((traffic) => traffic !== undefined)) return joined;
  report(
    diagnose('rule/macro-conflict', rule.span, `an option of the rule contradicts the macro ${rule.macro.value}`, {
      help: 'leave the option away, or write the rule without the macro',
    }),
  );
  return undefined;
}

/** The macro's traffic narrowed by the rule's own options, or undefined where they contradict each other. */
function join(entry: Traffic, own: Traffic): Traffic | undefined {
  if (disagree(entry.protocol, own.protocol) || disagree(entry.family, own.family)) return undefined;
  if (disagree(spell(entry.sport), spell(own.sport)) || disagree(spell(entry.dport), spell(own.dport)))
    return undefined;
  if (disagree(entry.icmp?.type ?? null, own.icmp?.type ?? null)) return undefined;
  return {
    family: entry.family ?? own.family,
    protocol: entry.protocol ?? own.protocol,
    sport: entry.sport ?? own.sport,
    dport: entry.dport ?? own.dport,
    icmp: entry.icmp ?? own.icmp,
  };
}

const disagree = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;

const spell = (intervals: readonly Interval[] | null): string | null =>
  intervals === null ? null : intervals.map(([a, b]) => `${a}-${b}`).join();
