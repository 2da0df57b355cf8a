import { describe, expect, it } from 'vitest';
import type { Match, Rule, Ruleset, Statement } from '../../../src/ruleset/index.js';
import {
  commentOf,
  printMapElement,
  printRule,
  printRuleBody,
  printRuleset,
  spellOrigin,
} from '../../../src/ruleset/index.js';
import {
  accept,
  anyFlag,
  counter,
  drop,
  exactFlags,
  inSet,
  is,
  isNot,
  jump,
  names,
  notNames,
  rule,
} from '../../support/rules.js';

const body = (matches: readonly Match[], statements: readonly Statement[] = [drop]): string =>
  printRuleBody(rule(matches, statements));

describe('matches', () => {
  it.each([
    [[], 'drop'],
    [[is('ip saddr', [1n, 1n])], 'ip saddr 0.0.0.1 drop'],
    [[is('ip saddr', [1n, 1n], [4n, 7n])], 'ip saddr { 0.0.0.1, 0.0.0.4/30 } drop'],
    [[isNot('ether saddr', [1n, 1n])], 'ether saddr != 00:00:00:00:00:01 drop'],
    [[inSet('ip6 daddr', 'dc/web-v6')], 'ip6 daddr @dc/web-v6 drop'],
    [[inSet('arp saddr ip', 'guest-100/ipfilter-net0-v4', true)], 'arp saddr ip != @guest-100/ipfilter-net0-v4 drop'],
    [[names('iifname', 'vmbr0')], 'iifname "vmbr0" drop'],
    [
      [names('meta ibrname', 'vmbr0'), notNames('meta obrname', 'v1')],
      'meta ibrname "vmbr0" meta obrname != "v1" drop',
    ],
    [[notNames('oifname', 'lo', 'eth0')], 'oifname != { "lo", "eth0" } drop'],
    [[anyFlag('ct state', 2 | 4)], 'ct state established,related drop'],
    [[anyFlag('tcp flags', 1 | 2)], 'tcp flags & (fin | syn) != 0x0 drop'],
    [[exactFlags('tcp flags', 0x17, 2)], 'tcp flags & (fin | syn | rst | ack) == syn drop'],
    [[exactFlags('tcp flags', 0x3f, 0)], 'tcp flags & (fin | syn | rst | psh | ack | urg) == 0x0 drop'],
    [[exactFlags('tcp flags', 0x17, 2, true)], 'tcp flags & (fin | syn | rst | ack) != syn drop'],
  ] as const)('%#', (matches, text) => {
    expect(body(matches)).toBe(text);
  });

  it.each([
    [6n, 'tcp'],
    [17n, 'udp'],
    [33n, 'dccp'],
    [132n, 'sctp'],
    [136n, 'udplite'],
  ])('ports of protocol %s are those of %s', (number, name) => {
    expect(body([is('meta l4proto', [number, number]), is('th sport', [1n, 1n]), is('th dport', [2n, 3n])])).toBe(
      `${name} sport 1 ${name} dport 2-3 drop`,
    );
  });

  it('ports of several protocols are ports of the transport header', () => {
    expect(body([is('meta l4proto', [6n, 6n], [17n, 17n]), is('th dport', [53n, 53n])])).toBe(
      'meta l4proto { tcp, udp } th dport 53 drop',
    );
    expect(body([is('th dport', [53n, 53n])])).toBe('th dport 53 drop');
  });

  it('a protocol stays in the text when no port follows it at once', () => {
    expect(body([is('meta l4proto', [6n, 6n]), anyFlag('ct state', 8)])).toBe('meta l4proto tcp ct state new drop');
  });
});

describe('statements', () => {
  it.each([
    [[counter, accept], 'counter accept'],
    [
      [
        { kind: 'limit', rate: 1, unit: 'minute', burst: 5 },
        { kind: 'log', group: 0, prefix: ':0:6:input: DROP: ' },
      ],
      'limit rate 1/minute burst 5 packets log prefix ":0:6:input: DROP: " group 0',
    ],
    [
      [{ kind: 'update', set: 'd', field: 'ip saddr', prefix: 32, rate: 200, unit: 'second', burst: 9 }, drop],
      'update @d { ip saddr limit rate over 200/second burst 9 packets } drop',
    ],
    [
      [{ kind: 'update', set: 'd', field: 'ip6 saddr', prefix: 64, rate: 1, unit: 'minute', burst: 5 }, drop],
      'update @d { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 1/minute burst 5 packets } drop',
    ],
    [[{ kind: 'set mark', field: 'ct mark', value: 100 }], 'ct mark set 0x00000064'],
    [[{ kind: 'queue', first: 3, last: 3 }], 'queue flags bypass to 3'],
    [[{ kind: 'queue', first: 0, last: 3 }], 'queue flags bypass to 0-3'],
    [[{ kind: 'set helper', helper: 'netbios-ns' }], 'ct helper set "netbios-ns"'],
    [[{ kind: 'reject', with: 'tcp reset' }], 'reject with tcp reset'],
    [[{ kind: 'reject', with: 'admin-prohibited' }], 'reject with icmpx admin-prohibited'],
    [[jump('group-web-in')], 'jump group-web-in'],
    [[{ kind: 'verdict', verdict: { kind: 'goto', chain: 'a' } }], 'goto a'],
    [[{ kind: 'dispatch', field: 'oifname', map: 'guest-in' }], 'oifname vmap @guest-in'],
    [[{ kind: 'dispatch', field: 'meta ibrname', map: 'vnets' }], 'meta ibrname vmap @vnets'],
    [[{ kind: 'dispatch', field: 'ether daddr', map: 'early' }], 'ether daddr vmap @early'],
  ] as const)('%#', (statements, text) => {
    expect(body([], statements)).toBe(text);
  });
});

describe('comments', () => {
  const commented = (origin: Rule['origin'], note?: string): string | null =>
    commentOf({ origin, ...(note === undefined ? {} : { note }) });

  it('name the line, what an implied rule is for, or both', () => {
    expect(commented({ file: 'etc/pve/firewall/100.fw', line: 12 })).toBe('100.fw:12');
    expect(commented(null, 'dhcp')).toBe('dhcp');
    expect(commented({ file: 'etc/pve/firewall/cluster.fw', line: 2 }, 'policy_in')).toBe('cluster.fw:2 policy_in');
    expect(commented(null)).toBeNull();
    expect(spellOrigin({ file: 'etc/pve/sdn/firewall/v1.fw', line: 3 })).toBe('sdn/v1.fw:3');
  });

  it('cannot leave their place in a text, and fit into the kernel', () => {
    expect(commented(null, 'a"b\\c\nd\u00e9e')).toBe('a?b?c?d?e');
    const long = commented(null, 'x'.repeat(500)) ?? '';
    expect(Buffer.byteLength(long)).toBe(127);
    expect(printRule({ ...rule([]), note: 'a" drop; #' }, 'inet')).toBe('drop comment "a? drop; #"');
  });

  it('stand beside map elements', () => {
    const element = {
      key: 'tap100i0',
      verdict: { kind: 'goto', chain: 'c' },
      origin: { file: 'x/100.conf', line: 3 },
    } as const;
    expect(printMapElement(element)).toBe('"tap100i0" comment "100.conf:3" : goto c');
  });
});

it('in the bridge family, the type behind a VLAN tag is asked for before a header that has a name', () => {
  const icmp = rule([is('icmp type', [8n, 8n])]);
  expect(printRule(icmp, 'bridge')).toBe('meta protocol ip icmp type echo-request drop');
  expect(printRule(icmp, 'inet')).toBe('icmp type echo-request drop');
  expect(printRule(rule([is('arp saddr ip', [0n, 0n])]), 'bridge')).toBe('meta protocol arp arp saddr ip 0.0.0.0 drop');
  expect(printRule(rule([is('meta protocol', [2048n, 2048n]), is('icmp type', [8n, 8n])]), 'bridge')).toBe(
    'meta protocol ip icmp type echo-request drop',
  );
});

it('the text of a ruleset replaces both tables', () => {
  const ruleset: Ruleset = {
    tables: [
      {
        family: 'inet',
        name: 'ringwall',
        sets: [{ name: 'dc/a-v4', type: 'ipv4_addr', elements: [[1n, 1n]], origin: { file: 'cluster.fw', line: 1 } }],
        maps: [
          { name: 'm', type: 'ifname', elements: [] },
          {
            name: 'n',
            type: 'ether_addr',
            elements: [{ key: 0xbc2411000001n, verdict: { kind: 'drop' }, origin: null }],
          },
        ],
        helpers: [{ name: 'h', type: 'netbios-ns', protocol: 'udp', l3proto: 'ip', origin: null }],
        dynamicSets: [{ name: 'd', type: 'ipv6_addr', timeout: 60, size: 9, origin: { file: 'host.fw', line: 2 } }],
        chains: [
          { name: 'input', base: { hook: 'input', priority: 0, policy: 'accept' }, rules: [rule([])] },
          { name: 'empty', rules: [] },
        ],
      },
    ],
  };
  expect(printRuleset(ruleset)).toBe(
    [
      'table inet ringwall',
      'delete table inet ringwall',
      '',
      'table inet ringwall {',
      '\tct helper h {',
      '\t\ttype "netbios-ns" protocol udp',
      '\t\tl3proto ip',
      '\t}',
      '',
      '\tset dc/a-v4 {',
      '\t\ttype ipv4_addr',
      '\t\tflags interval',
      '\t\tcomment "cluster.fw:1"',
      '\t\telements = { 0.0.0.1 }',
      '\t}',
      '',
      '\tset d {',
      '\t\ttype ipv6_addr',
      '\t\tsize 9',
      '\t\tflags dynamic,timeout',
      '\t\ttimeout 60s',
      '\t\tcomment "host.fw:2"',
      '\t}',
      '',
      '\tmap m {',
      '\t\ttype ifname : verdict',
      '\t}',
      '',
      '\tmap n {',
      '\t\ttype ether_addr : verdict',
      '\t\telements = { bc:24:11:00:00:01 : drop }',
      '\t}',
      '',
      '\tchain input {',
      '\t\ttype filter hook input priority 0; policy accept;',
      '\t\tdrop',
      '\t}',
      '',
      '\tchain empty {',
      '\t}',
      '}',
      '',
    ].join('\n'),
  );
  expect(printRuleset({ tables: [] })).toBe('');
});
