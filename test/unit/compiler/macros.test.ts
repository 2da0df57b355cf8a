import { describe, expect, it } from 'vitest';
import { trafficOf } from '../../../src/compiler/macros.js';
import { includes } from '../../../src/ruleset/index.js';
import type { MatchRule } from '../../../src/site/index.js';
import { smallSite } from './small-site.js';

/**
 * Spec firewall.md 4, read once more and by other eyes than the compiler's: `d` destination ports, `s` source ports, `udp6`
 * UDP of IPv6 only, `proto n` a protocol without ports.
 */
const table: readonly (readonly [name: string, entries: string])[] = [
  ['Amanda', 'udp d10080; tcp d10080'],
  ['Auth', 'tcp d113'],
  ['BGP', 'tcp d179'],
  ['BitTorrent', 'tcp d6881:6889; udp d6881'],
  ['BitTorrent32', 'tcp d6881:6999; udp d6881'],
  ['Ceph', 'tcp d6789; tcp d3300; tcp d6800:7300'],
  ['Citrix', 'tcp d1494; udp d1604; tcp d2598'],
  ['CVS', 'tcp d2401'],
  ['DAAP', 'tcp d3689; udp d3689'],
  ['DCC', 'tcp d6277'],
  ['DHCPfwd', 'udp d67:68 s67:68'],
  ['DHCPv6', 'udp6 d546:547 s546:547'],
  ['Distcc', 'tcp d3632'],
  ['DNS', 'udp d53; tcp d53'],
  ['Finger', 'tcp d79'],
  ['FTP', 'tcp d21'],
  ['Git', 'tcp d9418'],
  ['GNUnet', 'tcp d2086; udp d2086; tcp d1080; udp d1080'],
  ['GRE', 'proto 47'],
  ['HKP', 'tcp d11371'],
  ['HTTP', 'tcp d80'],
  ['HTTP/3', 'udp d443'],
  ['HTTPS', 'tcp d443'],
  ['ICPV2', 'udp d3130'],
  ['ICQ', 'tcp d5190'],
  ['IMAP', 'tcp d143'],
  ['IMAPS', 'tcp d993'],
  ['IPIP', 'proto 94'],
  ['IPsec', 'udp d500 s500; proto 50'],
  ['IPsecah', 'udp d500 s500; proto 51'],
  ['IPsecnat', 'udp d500; udp d4500; proto 50'],
  ['IRC', 'tcp d6667'],
  ['Jetdirect', 'tcp d9100'],
  ['L2TP', 'udp d1701'],
  ['LDAP', 'tcp d389'],
  ['LDAPS', 'tcp d636'],
  ['Mail', 'tcp d25; tcp d465; tcp d587'],
  ['MDNS', 'udp d5353'],
  ['MSNP', 'tcp d1863'],
  ['MSSQL', 'tcp d1433'],
  ['Munin', 'tcp d4949'],
  ['MySQL', 'tcp d3306'],
  [
    'NeighborDiscovery',
    'icmpv6 type router-solicitation; icmpv6 type router-advertisement; icmpv6 type neighbor-solicitation; icmpv6 type neighbor-advertisement',
  ],
  ['NNTP', 'tcp d119'],
  ['NNTPS', 'tcp d563'],
  ['NTP', 'udp d123'],
  ['OpenVPN', 'udp d1194'],
  ['OSPF', 'proto 89'],
  ['PBS', 'tcp d8007'],
  ['PCA', 'udp d5632; tcp d5631'],
  ['Ping', 'icmp type echo-request; icmpv6 type echo-request'],
  ['PMG', 'tcp d8006'],
  ['POP3', 'tcp d110'],
  ['POP3S', 'tcp d995'],
  ['PostgreSQL', 'tcp d5432'],
  ['PPtP', 'proto 47; tcp d1723'],
  ['Printer', 'tcp d515'],
  ['Razor', 'tcp d2703'],
  ['Rdate', 'tcp d37'],
  ['RDP', 'tcp d3389'],
  ['RIP', 'udp d520'],
  ['RNDC', 'tcp d953'],
  ['Rsync', 'tcp d873'],
  ['SANE', 'tcp d6566'],
  ['SixXS', 'tcp d3874; udp d3740; proto 41; udp d5072,8374'],
  ['SMB', 'udp d135,445; udp d137:139; udp d1024:65535 s137; tcp d135,139,445'],
  ['SMBswat', 'tcp d901'],
  ['SMTP', 'tcp d25'],
  ['SMTPS', 'tcp d465'],
  ['SNMP', 'udp d161:162; tcp d161'],
  ['SPAMD', 'tcp d783'],
  ['SPICEproxy', 'tcp d3128'],
  ['Squid', 'tcp d3128'],
  ['SSH', 'tcp d22'],
  ['Submission', 'tcp d587'],
  ['SVN', 'tcp d3690'],
  ['Syslog', 'udp d514; tcp d514'],
  ['Telnet', 'tcp d23'],
  ['Telnets', 'tcp d992'],
  ['TFTP', 'udp d69'],
  ['Time', 'tcp d37'],
  ['Trcrt', 'udp d33434:33524; icmp type echo-request; icmpv6 type echo-request'],
  ['VNC', 'tcp d5900:5999'],
  ['VNCL', 'tcp d5500'],
  ['Web', 'tcp d80; tcp d443'],
  ['Webcache', 'tcp d8080'],
  ['Webmin', 'tcp d10000'],
  ['Whois', 'tcp d43'],
];

/** What a packet is, as far as macros look at it. */
interface Probe {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly sport: number;
  readonly dport: number;
  readonly type: number;
}

const protocols: Readonly<Record<string, number>> = { tcp: 6, udp: 17, udp6: 17, icmp: 1, icmpv6: 58 };
const icmpTypes: Readonly<Record<string, number>> = {
  'icmp echo-request': 8,
  'icmpv6 echo-request': 128,
  'icmpv6 router-solicitation': 133,
  'icmpv6 router-advertisement': 134,
  'icmpv6 neighbor-solicitation': 135,
  'icmpv6 neighbor-advertisement': 136,
};

/** Does an entry of the table mean the packet? */
function means(entry: string, { family, protocol, sport, dport, type }: Probe): boolean {
  const [kind = '', ...rest] = entry.split(' ');
  if (kind === 'proto') return protocol === Number(rest[0]);
  if (kind.startsWith('icmp'))
    return (
      family === (kind === 'icmp' ? 4 : 6) && protocol === protocols[kind] && type === icmpTypes[`${kind} ${rest[1]}`]
    );
  if (protocol !== protocols[kind] || (kind === 'udp6' && family !== 6)) return false;
  return rest.every((item) => {
    const port = item.startsWith('d') ? dport : sport;
    return item
      .slice(1)
      .split(',')
      .some((ports) => {
        const [first = Number.NaN, last = first] = ports.split(':').map(Number);
        return first <= port && port <= last;
      });
  });
}

const bounds = (letter: string): number[] => {
  const ports = table.flatMap(([, entries]) =>
    [...entries.matchAll(new RegExp(`\\b${letter}([0-9:,]+)`, 'g'))].flatMap(([, list = '']) =>
      list.split(/[:,]/).map(Number),
    ),
  );
  return [...new Set(ports.flatMap((port) => [port - 1, port, port + 1]))].filter((port) => port >= 0 && port < 65536);
};

const probes: readonly Probe[] = ([4, 6] as const).flatMap((family) => [
  ...[6, 17].flatMap((protocol) =>
    bounds('d').flatMap((dport) =>
      [40000, ...bounds('s')].map((sport) => ({ family, protocol, sport, dport, type: -1 })),
    ),
  ),
  ...Array.from({ length: 256 }, (_, protocol) => ({ family, protocol, sport: -1, dport: -1, type: -1 })),
  ...Array.from({ length: 256 }, (_, type) => ({
    family,
    protocol: family === 4 ? 1 : 58,
    sport: -1,
    dport: -1,
    type,
  })),
]);

const span = { file: 'cluster.fw', line: 1, column: 1, endLine: 1, endColumn: 2 };
const withMacro = (name: string): MatchRule => ({
  kind: 'match',
  origin: { file: span.file, line: 1 },
  span,
  direction: 'in',
  verdict: 'accept',
  macro: { value: name, span },
  iface: null,
  source: null,
  dest: null,
  protocol: null,
  sport: null,
  dport: null,
  icmpType: null,
  log: null,
});

describe('each macro means what the table says', () => {
  it('there are 88', () => {
    expect(new Set(table.map(([name]) => name.toLowerCase())).size).toBe(88);
  });

  it.each(table)('%s: %s', (name, entries) => {
    const traffic = trafficOf(withMacro(name), () => {});
    const holds = (list: Parameters<typeof includes>[0] | null, value: number): boolean =>
      list === null || includes(list, BigInt(value));
    const differing = probes.filter((probe) => {
      const meant = entries.split('; ').some((entry) => means(entry, probe));
      const matched = traffic?.some(
        ({ family, protocol, sport, dport, icmp }) =>
          (family === null || family === probe.family) &&
          (protocol === null || protocol === probe.protocol) &&
          holds(sport, probe.sport) &&
          holds(dport, probe.dport) &&
          (icmp === null || icmp.type === null || icmp.type === probe.type),
      );
      return matched !== meant;
    });
    expect(differing).toEqual([]);
    expect(trafficOf(withMacro(name.toUpperCase()), () => {})).toEqual(traffic);
    expect(trafficOf(withMacro(name.toLowerCase()), () => {})).toEqual(traffic);
  });
});

/** Spec firewall.md 2.8. */
describe('options beside a macro', () => {
  const lowered = (line: string) => {
    const { problems, rules } = smallSite({ host: `[RULES]\n${line}\n` });
    return { errors: problems, rules: rules('inet', 'host-in') ?? [] };
  };

  it.each([
    ['IN SSH(ACCEPT) -p tcp', ['tcp dport 22 counter accept']],
    ['IN SSH(ACCEPT) -p 6 -dport ssh', ['tcp dport 22 counter accept']],
    ['IN SSH(ACCEPT) -p tcp -sport 1024:65535', ['tcp sport 1024-65535 tcp dport 22 counter accept']],
    ['IN GRE(DROP) -p gre', ['meta l4proto 47 counter drop']],
    ['IN Ping(ACCEPT)', ['icmp type echo-request counter accept', 'icmpv6 type echo-request counter accept']],
    ['IN Ping(ACCEPT) -p icmp', ['icmp type echo-request counter accept']],
    ['IN Ping(ACCEPT) -p icmpv6 -icmp-type echo-request', ['icmpv6 type echo-request counter accept']],
    ['IN Ping(ACCEPT) -p icmp -dport 8', ['icmp type echo-request counter accept']],
    ['IN Ping(ACCEPT) -source 10.0.0.0/8', ['ip saddr 10.0.0.0/8 icmp type echo-request counter accept']],
    ['IN Ping(ACCEPT) -source 2001:db8::/32', ['ip6 saddr 2001:db8::/32 icmpv6 type echo-request counter accept']],
    [
      'IN Trcrt(ACCEPT) -source 10.0.0.0/8',
      [
        'ip saddr 10.0.0.0/8 udp dport 33434-33524 counter accept',
        'ip saddr 10.0.0.0/8 icmp type echo-request counter accept',
      ],
    ],
    ['IN DHCPv6(ACCEPT)', ['meta nfproto ipv6 udp sport 546-547 udp dport 546-547 counter accept']],
    [
      'IN DNS(ACCEPT) -source 10.0.0.1',
      ['ip saddr 10.0.0.1 udp dport 53 counter accept', 'ip saddr 10.0.0.1 tcp dport 53 counter accept'],
    ],
  ])('%s', (line, rules) => {
    expect(lowered(line)).toEqual({ errors: [], rules });
  });

  it.each([
    'IN SSH(ACCEPT) -p udp',
    'IN SSH(ACCEPT) -p tcp -dport 23',
    'IN SSH(ACCEPT) -p icmp',
    'IN DNS(ACCEPT) -p tcp',
    'IN DHCPfwd(ACCEPT) -p udp -sport 67',
    'IN Ping(ACCEPT) -p 1',
    'IN Ping(ACCEPT) -p icmp -icmp-type echo-reply',
    'IN Ping(ACCEPT) -p icmp -dport 0',
    'IN NeighborDiscovery(ACCEPT) -p icmp',
  ])('%s contradicts it', (line) => {
    expect(lowered(line)).toEqual({ errors: ['host.fw:2 error rule/macro-conflict'], rules: [] });
  });

  it.each([
    'IN DHCPv6(ACCEPT) -source 10.0.0.1',
    'IN NeighborDiscovery(ACCEPT) -dest 10.0.0.1',
    'IN Ping(ACCEPT) -p icmp -source 2001:db8::1',
  ])('%s matches nothing', (line) => {
    expect(lowered(line)).toEqual({ errors: ['host.fw:2 warning rule/never-matches'], rules: [] });
  });

  it.each(['IN Pong(ACCEPT)', 'IN constructor(ACCEPT)', 'IN __proto__(ACCEPT)'])('%s is unknown', (line) => {
    expect(lowered(line)).toEqual({ errors: ['host.fw:2 error name/unknown-macro'], rules: [] });
  });
});
