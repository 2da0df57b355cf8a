import { describe, expect, it } from 'vitest';
import { printMapKey } from '../../../src/ruleset/index.js';
import { simulate } from '../../../src/simulate/index.js';
import { smallSite } from './small-site.js';

/** Spec firewall.md 7.1.4, with the steps every filtered port goes through (7.1.3) in front. */
describe('the order of the guest chains', () => {
  const everything = smallSite({
    cluster: '[IPSET blacklist]\n198.51.100.0/24\n',
    host: '[OPTIONS]\ntcpflags: 1\nlog_level_out: err\n',
    vm: 'radv: 1\nipfilter: 1\nlog_level_in: info\nlog_level_out: debug\npolicy_in: REJECT\npolicy_out: REJECT\n[RULES]\nIN ACCEPT -i net0\nIN REJECT -i net1 -log warning\nOUT REJECT -i net0\nOUT ACCEPT -log info\n',
  });
  const rules = (chain: string) => everything.rules('bridge', chain);

  it('a verdict map leads from the port to its chain', () => {
    expect(everything.problems).toEqual(['100.fw:11 hint rule/reject-unanswered']);
    expect(rules('prerouting')).toEqual([
      'iifname vmap @guest-out',
      expect.stringMatching(/^iifname \{ "tap1\*", .*"veth9\*" \} goto late-out$/),
      expect.stringMatching(/^iifname \{ "tap2\*", .*"veth8\*" \} goto late-out$/),
    ]);
    expect(rules('postrouting')).toEqual([
      'oifname vmap @guest-in',
      expect.stringMatching(/^oifname \{ "tap1\*", .*"veth9\*" \} goto late-in$/),
      expect.stringMatching(/^oifname \{ "tap2\*", .*"veth8\*" \} goto late-in$/),
    ]);
    const bridge = everything.compiled.ruleset.tables.find(({ family }) => family === 'bridge');
    expect(
      bridge?.maps.map(({ name, elements }) => [
        name,
        ...elements.map(
          ({ key, verdict }) =>
            `${printMapKey(key).replaceAll('"', '')} ${verdict.kind} ${'chain' in verdict ? verdict.chain : ''}`,
        ),
      ]),
    ).toEqual([
      [
        'guest-in',
        'veth200i0 goto unfiltered-in',
        'tap100i0 goto guest-100-net0-in',
        'tap100i1 goto guest-100-net1-in',
      ],
      ['guest-out', 'veth200i0 accept ', 'tap100i0 goto guest-100-net0-out', 'tap100i1 goto guest-100-net1-out'],
      ['guest-early', 'bc:24:11:00:01:00 goto guest-100-net0-early', 'bc:24:11:00:01:01 goto guest-100-net1-early'],
    ]);
  });

  it('to a NIC', () => {
    expect(rules('guest-100-net0-in')).toEqual([
      'meta mark 0x00007277 counter accept',
      'meta protocol != { ip, ip6 } counter goto not-ip',
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'ip saddr @dc/blacklist-v4 limit rate 1/second burst 5 packets log prefix ":100:3:guest-100-net0-in: DROP: " group 0',
      'ip saddr @dc/blacklist-v4 counter drop',
      'meta protocol ip ct state invalid,new counter jump smurfs',
      'meta l4proto tcp counter jump tcp-flags',
      'ct mark set 0x00000064',
      'meta protocol ip udp sport 67 udp dport 68 counter accept',
      'meta protocol ip6 udp sport 547 udp dport 546 counter accept',
      'icmpv6 type 1-4 counter accept',
      'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } counter accept',
      'goto guest-100-in',
    ]);
  });

  it('from a NIC, frames of other ethertypes than those listed go', () => {
    const listed = smallSite({ vm: 'layer2_protocols: LLDP,ARP,IPv4,ARP\n' });
    expect(listed.problems).toEqual([]);
    expect(listed.rules('bridge', 'guest-100-net1-out')?.slice(0, 5)).toEqual([
      'ether saddr != bc:24:11:00:01:01 counter drop',
      'arp saddr ether != bc:24:11:00:01:01 counter drop',
      'icmpv6 type 135-136 @th,192,16 0x101-0x201 @th,208,48 != 0xbc2411000101 counter drop',
      'icmpv6 type nd-router-solicit @th,64,16 0x101 @th,80,48 != 0xbc2411000101 counter drop',
      'meta protocol != { ip, arp, ip6, 0x88cc } counter drop',
    ]);
    expect(listed.rules('bridge', 'guest-100-net1-in')).toEqual(
      smallSite({ vm: '' }).rules('bridge', 'guest-100-net1-in'),
    );
    expect(smallSite({ vm: 'layer2_protocols: LLDP\n' }).problems).toEqual(['100.fw:3 warning option/no-arp']);
    const unreadable = smallSite({ vm: 'layer2_protocols: LLPD\n' });
    expect(unreadable.problems).toEqual(['100.fw:3 error value/bad-option']);
    expect(unreadable.rules('bridge', 'guest-100-net0-out')).toContain('meta protocol != { ip, ip6 } counter drop');
  });

  it('to the guest: a REJECT cannot be answered', () => {
    expect(rules('guest-100-in')).toEqual([
      'oifname "tap100i0" counter accept',
      'oifname "tap100i1" limit rate 1/second burst 5 packets log prefix ":100:4:guest-100-in: REJECT 100.fw:11: " group 0',
      'oifname "tap100i1" counter jump refuse-unanswered',
      'jump noise-unanswered',
      'limit rate 1/second burst 5 packets log prefix ":100:6:guest-100-in: policy REJECT 100.fw:7: " group 0',
      'counter jump refuse-unanswered',
    ]);
    expect(rules('refuse-unanswered')).toEqual(['counter drop']);
  });

  it('from the guest', () => {
    expect(rules('guest-100-out')).toEqual([
      'iifname "tap100i0" counter jump refuse',
      'limit rate 1/second burst 5 packets log prefix ":100:6:guest-100-out: ACCEPT 100.fw:13: " group 0',
      'counter accept',
      'jump noise-reject',
      'limit rate 1/second burst 5 packets log prefix ":100:7:guest-100-out: policy REJECT 100.fw:8: " group 0',
      'counter jump refuse',
    ]);
  });

  it('the NICs of a guest without a firewall of its own see the filters of the host only', () => {
    expect(rules('unfiltered-in')).toEqual([
      'meta mark 0x00007277 counter accept',
      'meta protocol != { ip, ip6 } counter accept',
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'ip saddr @dc/blacklist-v4 limit rate 1/second burst 5 packets log prefix ":0:3:unfiltered-in: DROP: " group 0',
      'ip saddr @dc/blacklist-v4 counter drop',
      'meta protocol ip ct state invalid,new counter jump smurfs',
      'meta l4proto tcp counter jump tcp-flags',
    ]);
  });

  it('the switches take their steps away', () => {
    const { rules: quiet } = smallSite({
      host: '[OPTIONS]\nnosmurfs: 0\nnf_conntrack_allow_invalid: 1\n',
      vm: 'dhcp: 0\nndp: 0\nmacfilter: 0\nradv: 1\n',
    });
    expect(quiet('bridge', 'guest-100-net0-in')).toEqual([
      'meta mark 0x00007277 counter accept',
      'meta protocol != { ip, ip6 } counter goto not-ip',
      'ct state established,related counter accept',
      'ct mark set 0x00000064',
      'icmpv6 type 1-4 counter accept',
      'goto guest-100-in',
    ]);
    expect(quiet('bridge', 'guest-100-net0-out')).toEqual([
      'meta protocol != { ip, ip6 } counter goto not-ip',
      'ct state established,related counter accept',
      'ct mark set 0x00000064',
      'icmpv6 type 1-4 counter accept',
      'goto guest-100-out',
    ]);
  });
});

/** Spec firewall.md 2.9. */
describe('ips', () => {
  const site = smallSite({
    cluster: '[group web]\nIN ACCEPT -p tcp -dport 80\n',
    vm: 'ips: 1\nips_queues: 2:5\n[RULES]\nGROUP web\n',
    container: 'ips_queues: 9\n[RULES]\nGROUP web\n',
  });

  it('hands over, behind all rules, what the guest may have; the rules stay as they are', () => {
    expect(site.problems).toEqual([]);
    const bridge = site.compiled.ruleset.tables.find(({ family }) => family === 'bridge');
    expect(
      bridge?.chains.flatMap(({ name, base }) => (base?.hook === 'postrouting' ? [[name, base.priority]] : [])),
    ).toEqual([
      ['postrouting', 0],
      ['inspection', 1],
    ]);
    expect(bridge?.maps.at(-1)?.elements.map(({ key, verdict }) => [key, verdict])).toEqual([
      ['tap100i0', { kind: 'goto', chain: 'guest-100-ips' }],
      ['tap100i1', { kind: 'goto', chain: 'guest-100-ips' }],
    ]);
    expect(site.rules('bridge', 'guest-100-ips')).toEqual([
      'meta protocol { ip, ip6 } counter queue flags bypass to 2-5',
    ]);
    expect(site.rules('bridge', 'group-web-in')).toEqual(['tcp dport 80 counter accept']);
  });

  it('changes no verdict, and a simulation names the queue', () => {
    const ask = (to: string, dport: string) =>
      simulate(site.compiled.ruleset, site.site, { from: 'outside', to, proto: 'tcp', dport });
    expect(ask('vm100', '80')).toMatchObject({
      verdict: 'ACCEPT',
      origin: { file: 'etc/pve/firewall/cluster.fw', line: 4 },
      reason: 'cluster.fw:4, in chain group-web-in (bridge postrouting), then to queue 2-5 (100.fw:3)',
    });
    expect(ask('vm100', '81')).toMatchObject({
      verdict: 'DROP',
      reason: 'policy_in, in chain guest-100-in (bridge postrouting)',
    });
    expect(ask('ct200', '80').reason).toBe('cluster.fw:4, in chain group-web-in (bridge postrouting)');
  });
});

describe('a security group', () => {
  const cluster = [
    '[group Web]',
    'IN ACCEPT -p tcp -dport 80',
    'IN DROP -p tcp -dport 81',
    'IN REJECT -p tcp -dport 83',
    'OUT DROP -p tcp -dport 80',
    '[RULES]',
    'GROUP web',
    'IN ACCEPT -p tcp -dport 81:82',
    '',
  ].join('\n');
  const { verdict, problems } = smallSite({
    cluster,
    vm: 'policy_out: DROP\n[RULES]\nGROUP WEB -i net0\nIN ACCEPT -p tcp -dport 81:82\nOUT ACCEPT -p tcp -dport 80:81\n',
  });
  const to = (zone: string, dport: string) => verdict({ from: 'outside', to: zone, dport });

  it('is found without case', () => {
    expect(problems).toEqual(['cluster.fw:6 hint rule/reject-unanswered']);
  });

  it.each([
    ['host', '80', 'ACCEPT'],
    ['host', '81', 'DROP'],
    ['host', '82', 'ACCEPT'],
    ['host', '83', 'REJECT'],
    ['host', '84', 'DROP'],
    ['vm100', '80', 'ACCEPT'],
    ['vm100', '81', 'DROP'],
    ['vm100', '82', 'ACCEPT'],
    ['vm100', '83', 'REJECT'],
    ['vm100i1', '80', 'DROP'],
    ['vm100i1', '81', 'ACCEPT'],
    ['ct200', '81', 'ACCEPT'],
  ])('decides for its caller, and else the next line: to %s, port %s: %s', (zone, dport, expected) => {
    expect(to(zone, dport)).toBe(expected);
  });

  it.each([
    ['vm100', '80', 'DROP'],
    ['vm100', '81', 'ACCEPT'],
    ['vm100i1', '80', 'ACCEPT'],
    ['host', '80', 'DROP'],
    ['host', '81', 'ACCEPT'],
  ])('out of %s, port %s: %s', (from, dport, expected) => {
    expect(verdict({ from, to: 'outside', dport })).toBe(expected);
  });

  it('may have the name of a hook, a direction or a chain of ours', () => {
    const named = ['in', 'out', 'input', 'guest-100', 'noise-drop', 'web-in', 'drop', 'x--'].map((name) => ({
      name,
      chain: `group-${name}-in`,
    }));
    const {
      problems: found,
      compiled,
      rules,
    } = smallSite({
      cluster: `${named.map(({ name }) => `[group ${name}]\nIN ACCEPT -p tcp -dport 80\n`).join('')}[RULES]\n${named.map(({ name }) => `GROUP ${name}\n`).join('')}`,
    });
    expect(found).toEqual([]);
    expect(rules('inet', 'cluster-in')).toEqual(named.map(({ chain }) => `counter jump ${chain}`));
    for (const { chains } of compiled.ruleset.tables)
      expect(new Set(chains.map(({ name }) => name)).size).toBe(chains.length);
  });
});

describe('a MAC address that is not known', () => {
  it('lets nothing leave, and is an error unless nobody looks at it', () => {
    const files = { 'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio,bridge=vmbr0,firewall=1\n' };
    const closed = smallSite({ vm: '', files });
    expect(closed.problems).toEqual(['100.conf:1 error guest/no-mac']);
    expect(closed.rules('bridge', 'guest-100-net0-out')?.[0]).toBe('counter drop');
    expect(smallSite({ vm: 'macfilter: 0\n', files }).problems).toEqual([]);
  });

  it('is one error where the file has one that cannot be read', () => {
    const files = { 'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24,bridge=vmbr0,firewall=1\n' };
    const closed = smallSite({ vm: '', files });
    expect(closed.problems).toEqual(['100.conf:1 error guest/bad-mac']);
    expect(closed.rules('bridge', 'guest-100-net0-out')?.[0]).toBe('counter drop');
  });
});

it('a list of many thousand addresses is one rule', () => {
  const list = Array.from(
    { length: 150_000 },
    (_, index) => `10.${index >> 14}.${(index >> 6) & 255}.${(index & 63) * 4}`,
  );
  const { problems, rules } = smallSite({ vm: `[RULES]\nIN ACCEPT -source ${list.join()}\n` });
  expect(problems).toEqual([]);
  expect(rules('bridge', 'guest-100-in')).toHaveLength(3);
});
