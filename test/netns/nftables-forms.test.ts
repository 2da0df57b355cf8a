import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openNftables, readDecoded } from '../../src/netlink/index.js';
import {
  type Match,
  one,
  printRuleset,
  type Rule,
  type Ruleset,
  range,
  type Statement,
  type TableFamily,
} from '../../src/ruleset/index.js';
import { canonicalLines } from '../support/canonical-ruleset.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import {
  accept,
  anyFlag,
  counter,
  createAll,
  drop,
  exactFlags,
  inSet,
  ip,
  is,
  isNot,
  jump,
  names,
  notNames,
  rule,
} from '../support/rules.js';

const mac = (last: number): bigint => 0x02_00_00_00_00_00n + BigInt(last);
const v6 = (high: bigint, low: bigint): bigint => (high << 64n) | low;

/** What `nft list ruleset` (1.0.6) must show for a rule that drops what the matches say. */
const matchForms: readonly (readonly [matches: Match[], inet: string | null, bridge: string | null])[] = [
  ...both([is('ip saddr', one(ip('10.1.2.3')))], 'ip saddr 10.1.2.3'),
  ...both([isNot('ip daddr', one(ip('10.1.2.3')))], 'ip daddr != 10.1.2.3'),
  ...both([is('ip saddr', range(ip('10.0.0.0'), ip('10.255.255.255')))], 'ip saddr 10.0.0.0/8'),
  ...both([isNot('ip saddr', range(ip('10.0.0.0'), ip('10.255.255.255')))], 'ip saddr != 10.0.0.0/8'),
  ...both([is('ip saddr', range(ip('10.1.2.0'), ip('10.1.2.127')))], 'ip saddr 10.1.2.0/25'),
  ...both([is('ip saddr', range(0, 0xffffffff))], 'ip saddr 0.0.0.0/0'),
  ...both([is('ip saddr', range(0, 0x7fffffff))], 'ip saddr 0.0.0.0/1'),
  ...both([is('ip saddr', range(ip('10.1.2.3'), ip('10.1.2.9')))], 'ip saddr 10.1.2.3-10.1.2.9'),
  ...both([isNot('ip saddr', range(ip('10.1.2.3'), ip('10.1.2.9')))], 'ip saddr != 10.1.2.3-10.1.2.9'),
  ...both(
    [is('ip saddr', one(ip('10.1.2.3')), range(ip('10.3.0.0'), ip('10.3.255.255')))],
    'ip saddr { 10.1.2.3, 10.3.0.0/16 }',
  ),
  ...both(
    [is('ip saddr', range(0, 9), range(ip('240.0.0.0'), 0xffffffff))],
    'ip saddr { 0.0.0.0-0.0.0.9, 240.0.0.0/4 }',
  ),
  ...both([inSet('ip saddr', 'addresses')], 'ip saddr @addresses'),
  ...both([inSet('ip saddr', 'addresses', true)], 'ip saddr != @addresses'),
  ...both([is('ip saddr', one(1)), is('ip daddr', one(2))], 'ip saddr 0.0.0.1 ip daddr 0.0.0.2'),
  ...both(
    [is('ip6 saddr', range(v6(0xfe80n << 48n, 0n), v6((0xfec0n << 48n) - 1n, (1n << 64n) - 1n)))],
    'ip6 saddr fe80::/10',
  ),
  ...both([is('ip6 daddr', one(v6(0x20010db800000000n, 5n)))], 'ip6 daddr 2001:db8::5'),
  ...both(
    [is('ip6 saddr', range(v6(0x20010db800000000n, 0n), v6(0x20010db800000007n, (1n << 64n) - 1n)))],
    'ip6 saddr 2001:db8::/61',
  ),
  ...both([is('ip6 saddr', one(1), one(5))], 'ip6 saddr { ::1, ::5 }'),
  ...both([is('ether saddr', one(mac(1)))], 'ether saddr 02:00:00:00:00:01'),
  ...both([isNot('ether daddr', one(mac(1)))], 'ether daddr != 02:00:00:00:00:01'),
  ...both([is('ether type', one(0x0806))], 'ether type arp'),
  ...both([isNot('vlan id', one(10))], 'vlan id != 10'),
  ...both(
    [is('ether saddr', one(mac(1)), range(mac(3), mac(5)))],
    'ether saddr { 02:00:00:00:00:01, 02:00:00:00:00:03-02:00:00:00:00:05 }',
  ),
  ...both([is('ether saddr', one(mac(1))), is('ip saddr', one(1))], 'ether saddr 02:00:00:00:00:01 ip saddr 0.0.0.1'),
  ...both([is('meta l4proto', one(6)), is('th dport', one(22))], 'tcp dport 22'),
  ...both([is('meta l4proto', one(17)), isNot('th sport', range(1, 1023))], 'udp sport != 1-1023'),
  ...both([is('meta l4proto', one(6)), is('th dport', one(22), range(1024, 65535))], 'tcp dport { 22, 1024-65535 }'),
  ...both([is('meta l4proto', one(6), one(17)), is('th dport', one(53))], 'meta l4proto { tcp, udp } th dport 53'),
  ...both([is('meta l4proto', one(6)), is('th sport', one(1)), is('th dport', one(2))], 'tcp sport 1 tcp dport 2'),
  ...both([isNot('meta l4proto', one(6), one(17))], 'meta l4proto != { tcp, udp }'),
  ...both([is('meta l4proto', range(1, 9))], 'meta l4proto 1-9'),
  ...both([is('icmp type', one(8))], 'icmp type echo-request'),
  ...both([is('icmp type', one(0), one(8))], 'icmp type { echo-reply, echo-request }'),
  ...both(
    [is('icmp type', one(3)), is('icmp code', one(4))],
    'icmp type destination-unreachable icmp code frag-needed',
  ),
  ...both([is('icmp code', range(0, 2))], 'icmp code 0-2'),
  ...both([is('icmpv6 type', one(133))], 'icmpv6 type nd-router-solicit'),
  ...both([is('icmpv6 type', range(133, 136))], 'icmpv6 type 133-136'),
  ...both(
    [is('icmpv6 type', one(1)), is('icmpv6 code', one(4))],
    'icmpv6 type destination-unreachable icmpv6 code port-unreachable',
  ),
  ...both([is('meta l4proto', one(1)), is('icmp type', one(8))], 'icmp type echo-request'),
  ...both([is('ip saddr', one(1)), is('icmp type', one(8))], 'ip saddr 0.0.0.1 icmp type echo-request'),
  ...both([is('meta mark', one(5))], 'meta mark 0x00000005'),
  ...both([isNot('meta mark', one(5))], 'meta mark != 0x00000005'),
  ...both([is('meta mark', range(5, 9))], 'meta mark 0x00000005-0x00000009'),
  ...both([is('meta mark', one(1), range(5, 9))], 'meta mark { 0x00000001, 0x00000005-0x00000009 }'),
  ...both([is('meta mark', one(1), one(256))], 'meta mark { 0x00000001, 0x00000100 }'),
  ...both([inSet('meta mark', 'marks')], 'meta mark @marks'),
  ...both([is('meta pkttype', one(1))], 'meta pkttype broadcast'),
  ...both([is('meta pkttype', one(1), one(2))], 'meta pkttype { broadcast, multicast }'),
  ...both([is('meta protocol', one(0x0800))], 'meta protocol ip'),
  ...both([is('meta protocol', one(0x0800), one(0x0806), one(0x86dd))], 'meta protocol { ip, arp, ip6 }'),
  ...both([names('iifname', 'eth0')], 'iifname "eth0"'),
  ...both([names('iifname', 'abcdefghijklmno')], 'iifname "abcdefghijklmno"'),
  ...both([names('oifname', 'tap*')], 'oifname "tap*"'),
  ...both([notNames('iifname', 'tap*')], 'iifname != "tap*"'),
  ...both([names('iifname', 'a', 'b')], 'iifname { "a", "b" }'),
  ...both([notNames('oifname', 'a', 'tap*', 'tap1')], 'oifname != { "a", "tap*" }'),
  ...both([exactFlags('tcp flags', 0x17, 2)], 'tcp flags syn / fin,syn,rst,ack'),
  ...both([exactFlags('tcp flags', 0x17, 2, true)], 'tcp flags != syn / fin,syn,rst,ack'),
  ...both([anyFlag('tcp flags', 0x12)], 'tcp flags syn,ack'),
  ...both([is('meta l4proto', one(6)), anyFlag('tcp flags', 2)], 'tcp flags syn'),
  ...both(
    [is('icmpv6 type', one(136)), isNot('nd target', one(v6(0xfe80n << 48n, 5n)))],
    'icmpv6 type nd-neighbor-advert @th,64,128 != 0xfe800000000000000000000000000005',
  ),
  ...both(
    [is('icmpv6 type', one(136)), isNot('nd target', one(5), range(v6(1n, 0n), v6(2n, 7n)))],
    'icmpv6 type nd-neighbor-advert @th,64,128 != { 0x5, 0x10000000000000000-0x20000000000000007 }',
  ),
  ...both(
    [is('icmpv6 type', one(135)), isNot('nd target', range(v6(1n, 0n), v6(1n, (1n << 64n) - 1n)))],
    'icmpv6 type nd-neighbor-solicit @th,64,128 != 0x10000000000000000-0x1ffffffffffffffff',
  ),
  ...both(
    [is('icmpv6 type', range(135, 136)), is('nd option', range(0x101, 0x201)), isNot('nd option ether', one(mac(1)))],
    'icmpv6 type 135-136 @th,192,16 0x101-0x201 @th,208,48 != 0x20000000001',
  ),
  ...both(
    [is('icmpv6 type', one(133)), is('rs option', one(0x101)), isNot('rs option ether', one(mac(1)))],
    'icmpv6 type nd-router-solicit @th,64,16 0x101 @th,80,48 != 0x20000000001',
  ),
  ...both([is('meta protocol', one(0x8100), one(0x88a8), one(0x9100))], 'meta protocol { 8021q, 8021ad, 0x9100 }'),
  ...inetOnly([is('meta nfproto', one(2))], 'meta nfproto ipv4'),
  ...inetOnly([is('meta nfproto', one(2)), is('ip saddr', one(1))], 'ip saddr 0.0.0.1'),
  ...inetOnly([is('fib saddr type', one(2))], 'fib saddr type local'),
  ...inetOnly([is('fib daddr type', one(3), one(5))], 'fib daddr type { broadcast, multicast }'),
  ...inetOnly([is('fib saddr type', one(1), range(3, 5))], 'fib saddr type { unicast, 3-5 }'),
  ...inetOnly([anyFlag('ct state', 6)], 'ct state established,related'),
  ...inetOnly([anyFlag('ct state', 1)], 'ct state invalid'),
  ...inetOnly(
    [
      is('ip saddr', one(1)),
      is('meta l4proto', one(6)),
      is('th dport', one(22)),
      is('ip daddr', one(2)),
      anyFlag('ct state', 8),
    ],
    'ip saddr 0.0.0.1 tcp dport 22 ip daddr 0.0.0.2 ct state new',
  ),
  ...bridgeOnly([is('arp saddr ip', one(ip('10.1.2.3')))], 'arp saddr ip 10.1.2.3'),
  ...bridgeOnly([isNot('arp saddr ether', one(mac(1)))], 'arp saddr ether != 02:00:00:00:00:01'),
  ...bridgeOnly(
    [is('meta protocol', one(0x0806)), inSet('arp saddr ip', 'addresses', true)],
    'arp saddr ip != @addresses',
  ),
];

type Form = readonly [Match[], string | null, string | null];
function both(matches: Match[], text: string): Form[] {
  return [[matches, text, text]];
}
function inetOnly(matches: Match[], text: string): Form[] {
  return [[matches, text, null]];
}
function bridgeOnly(matches: Match[], text: string): Form[] {
  return [[matches, null, text]];
}

/** The same text in both families. */
function bothStatements(statements: Statement[], text: string): [Statement[], string, string][] {
  return [[statements, text, text]];
}

const statementForms: readonly (readonly [statements: Statement[], inet: string, bridge: string | null])[] = [
  [[counter, accept], 'counter packets 0 bytes 0 accept', 'counter packets 0 bytes 0 accept'],
  [[{ kind: 'verdict', verdict: { kind: 'return' } }], 'return', 'return'],
  [[jump('target')], 'jump target', 'jump target'],
  [[{ kind: 'verdict', verdict: { kind: 'goto', chain: 'target' } }], 'goto target', 'goto target'],
  [
    [
      { kind: 'limit', rate: 5, unit: 'minute', burst: 7 },
      { kind: 'log', group: 3, prefix: ':100:6:tap100i0: DROP: ' },
      drop,
    ],
    'limit rate 5/minute burst 7 packets log prefix ":100:6:tap100i0: DROP: " group 3 drop',
    'limit rate 5/minute burst 7 packets log prefix ":100:6:tap100i0: DROP: " group 3 drop',
  ],
  ...bothStatements(
    [{ kind: 'update', set: 'seen4', field: 'ip saddr', prefix: 24, rate: 3, unit: 'hour', burst: 2 }, drop],
    'update @seen4 { ip saddr & 255.255.255.0 limit rate over 3/hour burst 2 packets } drop',
  ),
  ...bothStatements(
    [{ kind: 'update', set: 'seen6', field: 'ip6 daddr', prefix: 128, rate: 200, unit: 'second', burst: 1000 }, drop],
    'update @seen6 { ip6 daddr limit rate over 200/second burst 1000 packets } drop',
  ),
  [
    [{ kind: 'set mark', field: 'meta mark', value: 0x80000005 }],
    'meta mark set 0x80000005',
    'meta mark set 0x80000005',
  ],
  [[{ kind: 'set helper', helper: 'netbios-ns' }], 'ct helper set "netbios-ns"', null],
  [[{ kind: 'set mark', field: 'ct mark', value: 5 }], 'ct mark set 0x00000005', null],
  [[{ kind: 'dispatch', field: 'iifname', map: 'ports' }], 'iifname vmap @ports', 'iifname vmap @ports'],
  [[{ kind: 'dispatch', field: 'oifname', map: 'ports' }], 'oifname vmap @ports', 'oifname vmap @ports'],
  [[{ kind: 'dispatch', field: 'ether daddr', map: 'macs' }], 'ether daddr vmap @macs', 'ether daddr vmap @macs'],
  [[{ kind: 'reject', with: 'tcp reset' }], 'meta l4proto tcp reject with tcp reset', null],
  [[{ kind: 'reject', with: 'port-unreachable' }], 'reject', null],
  [[{ kind: 'reject', with: 'admin-prohibited' }], 'reject with icmpx admin-prohibited', null],
];

/** The `bridge` column is null where this kernel cannot load the rule; the lab tests those. */
function formsOf(family: TableFamily): { rule: Rule; text: string }[] {
  const column = family === 'inet' ? 1 : 2;
  return [
    ...matchForms.map((form) => ({ rule: rule(form[0]), text: form[column] === null ? null : `${form[column]} drop` })),
    ...statementForms.map((form) => ({ rule: rule([], form[0]), text: form[column] })),
  ].flatMap(({ rule, text }) => (text === null ? [] : [{ rule, text }]));
}

function rulesetWith(family: TableFamily, rules: readonly Rule[]): Ruleset {
  return {
    tables: [
      {
        family,
        name: 'ringwall',
        chains: [
          { name: 'target', rules: [] },
          { name: 'forms', base: { hook: 'input', priority: 0, policy: 'accept' }, rules },
        ],
        sets: [
          { name: 'addresses', type: 'ipv4_addr', elements: [one(5), range(0xf0000000, 0xffffffff)], origin: null },
          { name: 'marks', type: 'mark', elements: [one(1), range(0x100, 0x1ff)], origin: null },
        ],
        // Without connection tracking in the bridge family there are no helpers.
        helpers:
          family === 'inet'
            ? [
                { name: 'netbios-ns', type: 'netbios-ns', protocol: 'udp', l3proto: 'ip', origin: null },
                { name: 'files', type: 'ftp', protocol: 'tcp', l3proto: 'inet', origin: null },
              ]
            : [],
        dynamicSets: [
          { name: 'seen4', type: 'ipv4_addr', timeout: 60, size: 100, origin: null },
          { name: 'seen6', type: 'ipv6_addr', timeout: 30, size: 65_536, origin: { file: 'host.fw', line: 3 } },
        ],
        maps: [
          {
            name: 'ports',
            type: 'ifname',
            elements: [{ key: 'tap100i0', verdict: { kind: 'jump', chain: 'target' }, origin: null }],
          },
          {
            name: 'macs',
            type: 'ether_addr',
            elements: [{ key: 0xbc2411000001n, verdict: { kind: 'jump', chain: 'target' }, origin: null }],
          },
        ],
      },
    ],
  };
}

describe.each(['inet', 'bridge'] as const)('family %s', (family) => {
  let namespace: TestNamespace;
  beforeEach(() => {
    namespace = makeNamespace();
  });
  afterEach(() => namespace.remove());

  async function load(ruleset: Ruleset): Promise<void> {
    const port = openNftables(namespace.name);
    try {
      const { generation } = await port.read();
      expect(await port.commit(createAll(ruleset), generation)).toEqual({ ok: true });
    } finally {
      port.close();
    }
  }

  test('nft lists every form in its natural text', async () => {
    const forms = formsOf(family);
    await load(
      rulesetWith(
        family,
        forms.map((form) => form.rule),
      ),
    );
    const listed = namespace.nft('list', 'chain', family, 'ringwall', 'forms').split('\n').slice(3, -3);
    expect(listed.map((line) => line.trim())).toEqual(forms.map((form) => form.text));
  });

  async function canonical(): Promise<string[]> {
    return canonicalLines(await readDecoded(namespace.name));
  }

  test('nft loading the printed text makes the same ruleset', async () => {
    const ruleset = rulesetWith(
      family,
      formsOf(family).map((form) => form.rule),
    );
    await load(ruleset);
    const fromBatch = await canonical();
    namespace.nft('flush', 'ruleset');
    namespace.load(printRuleset(ruleset));
    expect(fromBatch).toEqual(await canonical());
  });

  test('the comparison tells forms with different texts apart', async () => {
    const forms = formsOf(family);
    await load(
      rulesetWith(
        family,
        forms.map((form) => form.rule),
      ),
    );
    const lines = (await canonical()).filter((line) => line.startsWith('rule '));
    expect(lines).toHaveLength(forms.length);
    const textOf = new Map<string, string>();
    for (const [index, line] of lines.entries()) {
      const text = forms[index]?.text ?? '';
      expect(textOf.get(line) ?? text).toBe(text);
      textOf.set(line, text);
    }
  });
});
