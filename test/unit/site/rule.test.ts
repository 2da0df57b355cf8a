import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../../src/ports/index.js';
import type { MatchRule, Rule } from '../../../src/site/index.js';
import { readSite } from '../../../src/site/index.js';

const heads = {
  host: ['/etc/pve/nodes/pve1/host.fw', '[RULES]'],
  cluster: ['/etc/pve/firewall/cluster.fw', '[RULES]'],
  group: ['/etc/pve/firewall/cluster.fw', '[group web]'],
  guest: ['/etc/pve/firewall/100.fw', '[RULES]'],
  vnet: ['/etc/pve/sdn/firewall/v1.fw', '[RULES]'],
} as const;

/** Reads one line of a file: the rules that come of it, and `severity code text-of-the-span` of what was found. */
function read(place: keyof typeof heads, line: string): { rules: readonly Rule[]; found: string[] } {
  const [path, head] = heads[place];
  const files = memoryFiles({ '/etc/pve/nodes/pve1/qemu-server/100.conf': '', [path]: `${head}\n${line}\n` });
  const { site, diagnostics } = readSite(files, { root: '/', hostname: 'pve1', now: 0 });
  const rules = {
    host: site.host.rules,
    cluster: site.cluster.rules,
    group: site.cluster.groups[0]?.rules,
    guest: site.guests[0]?.firewall?.rules,
    vnet: site.vnets[0]?.rules,
  };
  const found = diagnostics.map(({ severity, code, span }) => {
    expect(span.line).toBe(2);
    expect(span.endLine).toBe(2);
    return `${severity} ${code} ${line.slice(span.column - 1, span.endColumn - 1)}`;
  });
  return { rules: rules[place] ?? [], found };
}

function only(line: string): MatchRule {
  const { rules, found } = read('guest', line);
  expect(found).toEqual([]);
  const [rule] = rules;
  if (rule?.kind !== 'match' || rules.length !== 1) throw new Error(`${line} is not one match rule`);
  return rule;
}

describe('one fault is one error at its word, and the line does nothing', () => {
  it.each([
    // 2.4 addresses
    ['IN ACCEPT -source 10.0', 'value/bad-address 10.0'],
    ['IN ACCEPT -source 10.0.0.1,,10.0.0.2', 'value/bad-address 10.0.0.1,,10.0.0.2'],
    ['IN ACCEPT -source 10.0.0.1,', 'value/bad-address 10.0.0.1,'],
    ['IN ACCEPT -source ,10.0.0.1', 'value/bad-reference ,10.0.0.1'],
    ['IN ACCEPT -source 10.0.0.1,10.0.0.300', 'value/bad-address 10.0.0.300'],
    ['IN ACCEPT -dest 10.0.0.1,10.0.0.9-10.0.0.2', 'value/bad-address 10.0.0.9-10.0.0.2'],
    ['IN ACCEPT -source 10.0.0.1-10.0.0.2-10.0.0.9', 'value/bad-address 10.0.0.1-10.0.0.2-10.0.0.9'],
    ['IN ACCEPT -source 10.0.0.0/8,2001:db8::/32', 'value/mixed-families 10.0.0.0/8,2001:db8::/32'],
    ['IN ACCEPT -source 10.0.0.0/8 -dest 2001:db8::/32', 'value/mixed-families 2001:db8::/32'],
    ['IN ACCEPT -source +', 'value/bad-reference +'],
    ['IN ACCEPT -source +1a', 'value/bad-reference +1a'],
    ['IN ACCEPT -source +vm/web', 'value/bad-reference +vm/web'],
    ['IN ACCEPT -source +constructor/web', 'value/bad-reference +constructor/web'],
    ['IN ACCEPT -source +dc/fo*o', 'value/bad-reference +dc/fo*o'],
    ['IN ACCEPT -source +dc/', 'value/bad-reference +dc/'],
    ['IN ACCEPT -source sdn/web', 'value/bad-reference sdn/web'],
    ['IN ACCEPT -source DC/web', 'value/bad-reference DC/web'],
    ['IN ACCEPT -source host1,host2', 'value/bad-reference host1,host2'],
    // 2.5 protocols
    ['IN ACCEPT -p all', 'value/bad-protocol all'],
    ['IN ACCEPT -p 0', 'value/bad-protocol 0'],
    ['IN ACCEPT -p ip', 'value/bad-protocol ip'],
    ['IN ACCEPT -p mptcp', 'value/bad-protocol mptcp'],
    ['IN ACCEPT -p TCP', 'value/bad-protocol TCP'],
    ['IN ACCEPT -p 256', 'value/bad-protocol 256'],
    ['IN ACCEPT -p 06', 'value/bad-protocol 06'],
    ['IN ACCEPT -p constructor', 'value/bad-protocol constructor'],
    ['IN ACCEPT -p tpc -dport 80 -sport 1', 'value/bad-protocol tpc'],
    ['IN ACCEPT -p imcp -icmp-type echo-request', 'value/bad-protocol imcp'],
    // 2.6 ports
    ['IN ACCEPT -dport 80', 'rule/ports-need-protocol 80'],
    ['IN ACCEPT -sport 80', 'rule/ports-need-protocol 80'],
    ['IN ACCEPT -sport 80 -dport 81', 'rule/ports-need-protocol 80'],
    ['IN SSH(ACCEPT) -sport 80', 'rule/ports-need-protocol 80'],
    ['IN ACCEPT -p gre -dport 3', 'rule/protocol-without-ports 3'],
    ['IN ACCEPT -p gre -sport 3 -dport 4', 'rule/protocol-without-ports 3'],
    ['IN ACCEPT -p 1 -dport 8', 'rule/protocol-without-ports 8'],
    ['IN ACCEPT -p icmp -sport 8', 'rule/protocol-without-ports 8'],
    ['IN Ping(ACCEPT) -p icmp -sport 5', 'rule/protocol-without-ports 5'],
    ['IN GRE(ACCEPT) -p gre -dport 5', 'rule/protocol-without-ports 5'],
    ['IN ACCEPT -p tcp -dport 65536', 'value/bad-port 65536'],
    ['IN ACCEPT -p tcp -dport 80-90', 'value/bad-port 80-90'],
    ['IN ACCEPT -p tcp -dport 90:80', 'value/bad-port 90:80'],
    ['IN ACCEPT -p tcp -dport 80,', 'value/bad-port 80,'],
    ['IN ACCEPT -p tcp -dport 80:', 'value/bad-port 80:'],
    ['IN ACCEPT -p tcp -dport 1:2:3', 'value/bad-port 1:2:3'],
    ['IN ACCEPT -p tcp -dport nothing', 'value/bad-port nothing'],
    ['IN ACCEPT -dport nothing', 'value/bad-port nothing'],
    // 2.7 ICMP types
    ['IN ACCEPT -icmp-type echo-request', 'rule/icmp-needs-protocol echo-request'],
    ['IN ACCEPT -p tcp -icmp-type echo-request', 'rule/icmp-needs-protocol echo-request'],
    ['IN ACCEPT -p 1 -icmp-type 8', 'rule/icmp-needs-protocol 8'],
    ['IN Ping(ACCEPT) -icmp-type echo-request', 'rule/icmp-needs-protocol echo-request'],
    ['IN ACCEPT -p icmp -icmp-type 256', 'value/bad-icmp-type 256'],
    ['IN ACCEPT -p icmp -icmp-type no-route', 'value/bad-icmp-type no-route'],
    ['IN ACCEPT -p icmpv6 -icmp-type source-quench', 'value/bad-icmp-type source-quench'],
    ['IN ACCEPT -p icmp -dport 8:9', 'value/bad-icmp-type 8:9'],
    ['IN ACCEPT -p icmp -dport 8 -icmp-type 8', 'rule/icmp-type-twice 8'],
    // 2.1 interfaces, 7.7 levels
    ['IN ACCEPT -i net32', 'rule/bad-interface net32'],
    ['IN ACCEPT -i eth0', 'rule/bad-interface eth0'],
    ['IN ACCEPT -log loud', 'value/bad-level loud'],
    ['IN ACCEPT -log INFO', 'value/bad-level INFO'],
  ])('%s', (line, expected) => {
    const { rules, found } = read('guest', line);
    expect(found.filter((text) => text.startsWith('error'))).toEqual([`error ${expected}`]);
    expect(rules).toEqual([]);
    const disabled = read('guest', `|${line}`);
    expect(disabled.found).toContain(`hint ${expected}`);
    expect(disabled.found.filter((text) => !text.startsWith('hint'))).toEqual([]);
    expect(disabled.rules).toEqual([]);
  });

  it.each([
    ['host', 'FORWARD ACCEPT -i vmbr0', 'rule/iface-not-allowed -i'],
    ['host', 'IN ACCEPT -i a-name-of-16-chr', 'rule/bad-interface a-name-of-16-chr'],
    ['host', 'IN ACCEPT -i 0eth', 'rule/bad-interface 0eth'],
    ['host', 'IN ACCEPT -i eth*', 'rule/bad-interface eth*'],
    ['cluster', 'GROUP web -i et"h', 'rule/bad-interface et"h'],
    ['group', 'IN ACCEPT -i eth0', 'syntax/misplaced-rule-option -i'],
    ['group', 'GROUP other', 'syntax/misplaced-rule GROUP'],
    ['guest', 'FORWARD ACCEPT', 'syntax/misplaced-rule FORWARD'],
    ['vnet', 'IN ACCEPT', 'syntax/misplaced-rule IN'],
    ['vnet', 'FORWARD ACCEPT -i eth0', 'syntax/misplaced-rule-option -i'],
  ] as const)('%s: %s', (place, line, expected) => {
    const { rules, found } = read(place, line);
    expect(found).toEqual([`error ${expected}`]);
    expect(rules).toEqual([]);
  });
});

describe('what is odd but clear is a remark, and the rule stays', () => {
  it.each([
    ['IN ACCEPT -source 10.0.0.5/24', 'warning value/host-bits 10.0.0.5/24'],
    ['IN ACCEPT -source 10.0.0.1,10.0.0.5/24', 'warning value/host-bits 10.0.0.5/24'],
    ['IN ACCEPT -source 10.0.0.0/255.255.255.0', 'hint value/dotted-mask 10.0.0.0/255.255.255.0'],
  ])('%s', (line, expected) => {
    const { rules, found } = read('guest', line);
    expect(found).toEqual([expected]);
    expect(rules).toHaveLength(1);
  });
});

describe('what a rule says', () => {
  it('ranges, networks and addresses stand in one list', () => {
    expect(only('IN ACCEPT -source 10.0.0.0/8,192.0.2.1,198.51.100.1-198.51.100.9').source?.value).toEqual({
      kind: 'list',
      ranges: [
        { family: 4, interval: [0x0a000000n, 0x0affffffn] },
        { family: 4, interval: [0xc0000201n, 0xc0000201n] },
        { family: 4, interval: [0xc6336401n, 0xc6336409n] },
      ],
    });
  });

  it.each([
    ['+Web-1', { kind: 'set', scope: null, name: 'web-1', text: '+Web-1' }],
    ['+dc/web', { kind: 'set', scope: 'dc', name: 'web', text: '+dc/web' }],
    ['+guest/web', { kind: 'set', scope: 'guest', name: 'web', text: '+guest/web' }],
    ['+sdn/v1-all', { kind: 'set', scope: 'sdn', name: 'v1-all', text: '+sdn/v1-all' }],
    ['Server', { kind: 'alias', scope: null, name: 'server', text: 'Server' }],
    ['guest/fe80', { kind: 'alias', scope: 'guest', name: 'fe80', text: 'guest/fe80' }],
    ['beef', { kind: 'alias', scope: null, name: 'beef', text: 'beef' }],
  ])('-dest %s is a reference', (text, expected) => {
    expect(only(`OUT DROP -dest ${text}`).dest?.value).toEqual(expected);
  });

  it.each([
    ['80', [[80n, 80n]]],
    ['0', [[0n, 0n]]],
    ['65535', [[65535n, 65535n]]],
    ['ssh', [[22n, 22n]]],
    ['ssh:80', [[22n, 80n]]],
    [
      '8080,http,https',
      [
        [80n, 80n],
        [443n, 443n],
        [8080n, 8080n],
      ],
    ],
    ['1:10,5:20,21', [[1n, 21n]]],
    ['0:65535', [[0n, 65535n]]],
    [
      Array.from({ length: 20 }, (_, i) => String(2 * i)).join(),
      Array.from({ length: 20 }, (_, i) => [BigInt(2 * i), BigInt(2 * i)]),
    ],
  ])('-dport %s', (text, expected) => {
    expect(only(`IN ACCEPT -p tcp -dport ${text}`).dport?.value).toEqual(expected);
  });

  it.each([
    ['tcp', { number: 6, family: null, ports: true, icmp: false }],
    ['6', { number: 6, family: null, ports: true, icmp: false }],
    ['udp', { number: 17, family: null, ports: true, icmp: false }],
    ['udplite', { number: 136, family: null, ports: true, icmp: false }],
    ['dccp', { number: 33, family: null, ports: true, icmp: false }],
    ['sctp', { number: 132, family: null, ports: true, icmp: false }],
    ['icmp', { number: 1, family: 4, ports: false, icmp: true }],
    ['1', { number: 1, family: null, ports: false, icmp: false }],
    ['icmpv6', { number: 58, family: 6, ports: false, icmp: true }],
    ['ipv6-icmp', { number: 58, family: 6, ports: false, icmp: true }],
    ['58', { number: 58, family: null, ports: false, icmp: false }],
    ['gre', { number: 47, family: null, ports: false, icmp: false }],
    ['255', { number: 255, family: null, ports: false, icmp: false }],
  ])('-p %s', (text, expected) => {
    expect(only(`IN ACCEPT -p ${text}`).protocol?.value).toEqual(expected);
  });

  it.each([
    ['icmp', '-icmp-type echo-request', { type: 8, code: null }],
    ['icmp', '-icmp-type 8', { type: 8, code: null }],
    ['icmp', '-icmp-type any', { type: null, code: null }],
    ['icmp', '-icmp-type TOS-host-unreachable', { type: 3, code: 12 }],
    ['icmp', '-icmp-type info-reply', { type: 16, code: null }],
    ['icmp', '-dport 8', { type: 8, code: null }],
    ['icmp', '-dport fragmentation-needed', { type: 3, code: 4 }],
    ['icmpv6', '-dport echo-request', { type: 128, code: null }],
    ['icmpv6', '-icmp-type reject-route', { type: 1, code: 6 }],
    ['ipv6-icmp', '-icmp-type neighbour-solicitation', { type: 135, code: null }],
    ['ipv6-icmp', '-icmp-type mld2-listener-report', { type: 143, code: null }],
    ['icmpv6', '-icmp-type ANY', { type: null, code: null }],
    ['icmpv6', '-icmp-type 255', { type: 255, code: null }],
  ])('-p %s %s', (protocol, option, expected) => {
    const rule = only(`IN ACCEPT -p ${protocol} ${option}`);
    expect(rule.icmpType?.value).toEqual(expected);
    expect(rule.dport).toBeNull();
  });

  it.each([
    ['-log info', 'info'],
    ['-log warning', 'warning'],
    ['-log nolog', null],
    ['', null],
  ])('%s', (option, level) => {
    expect(only(`IN DROP ${option}`).log).toBe(level);
  });

  it.each(['net0', 'net9', 'net10', 'net31'])('-i %s', (name) => {
    expect(only(`IN ACCEPT -i ${name}`).iface?.value).toBe(name);
  });
});
