import { describe, expect, it } from 'vitest';
import { smallSite } from './small-site.js';

const MANAGEMENT = 'tcp dport { 22, 3128, 5900-5999, 8006, 60000-60050 } counter accept';

/** Spec firewall.md 7.1.1 and 7.1.2, with the ICMPv6 errors of section 10 behind the check of the sender. */
describe('the order of the host chains', () => {
  const everything = smallSite({
    cluster:
      'policy_out: DROP\n[IPSET blacklist]\n198.51.100.0/24\n2001:db8:bad::/48\n[RULES]\nIN ACCEPT -p tcp -dport 2\nOUT ACCEPT -p tcp -dport 2\n',
    host: '[OPTIONS]\ntcpflags: 1\nlog_level_in: info\nlog_level_out: err\n[RULES]\nIN ACCEPT -p tcp -dport 1\nOUT ACCEPT -p tcp -dport 1\n',
  });

  it('into the host', () => {
    expect(everything.problems).toEqual([]);
    expect(everything.rules('inet', 'input')).toEqual([
      'iifname "lo" counter accept',
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } counter accept',
      'ip saddr @dc/blacklist-v4 limit rate 1/second burst 5 packets log prefix ":0:6:input: DROP: " group 0',
      'ip saddr @dc/blacklist-v4 counter drop',
      'ip6 saddr @dc/blacklist-v6 limit rate 1/second burst 5 packets log prefix ":0:6:input: DROP: " group 0',
      'ip6 saddr @dc/blacklist-v6 counter drop',
      'icmpv6 type 1-4 counter accept',
      'meta nfproto ipv4 ct state invalid,new counter jump smurfs',
      'meta l4proto tcp counter jump tcp-flags',
      'meta l4proto igmp counter accept',
      'jump host-in',
      'jump cluster-in',
      `ip saddr @management-v4 ${MANAGEMENT}`,
      'jump noise-drop',
      'limit rate 1/second burst 5 packets log prefix ":0:6:input: policy DROP: " group 0',
      'counter drop',
    ]);
    expect(everything.rules('inet', 'host-in')).toEqual(['tcp dport 1 counter accept']);
    expect(everything.rules('inet', 'cluster-in')).toEqual(['tcp dport 2 counter accept']);
  });

  it('out of the host', () => {
    expect(everything.rules('inet', 'output')).toEqual([
      'oifname "lo" counter accept',
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'icmpv6 type 1-4 counter accept',
      'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } counter accept',
      'meta l4proto igmp counter accept',
      'jump host-out',
      'jump cluster-out',
      'ip daddr 192.0.2.0/24 tcp dport { 22, 3128, 5900-5999, 8006 } counter accept',
      'jump noise-drop',
      'limit rate 1/second burst 5 packets log prefix ":0:3:output: policy DROP cluster.fw:3: " group 0',
      'counter drop',
    ]);
  });

  it('the switches take their steps away', () => {
    const { rules } = smallSite({ host: '[OPTIONS]\nndp: 0\nnosmurfs: 0\n' });
    expect(rules('inet', 'input')).toEqual([
      'iifname "lo" counter accept',
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'icmpv6 type 1-4 counter accept',
      'meta l4proto igmp counter accept',
      `ip saddr @management-v4 ${MANAGEMENT}`,
      'jump noise-drop',
      'counter drop',
    ]);
  });

  it('invalid packets go, whatever nf_conntrack_allow_invalid says of guests', () => {
    const { rules } = smallSite({ host: '[OPTIONS]\nnf_conntrack_allow_invalid: 1\n', vm: '' });
    expect(rules('inet', 'input')).toContain('ct state invalid counter drop');
    expect(rules('bridge', 'guest-100-net0-in')).not.toContain('ct state invalid counter drop');
  });

  it('without FORWARD rules and policy_forward there is no forward chain', () => {
    expect(smallSite().rules('inet', 'forward')).toBeUndefined();
    expect(smallSite({ cluster: 'policy_forward: DROP\n' }).rules('inet', 'forward')).toEqual([
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'jump noise-drop',
      'counter drop',
    ]);
    expect(smallSite({ host: '[RULES]\nFORWARD DROP -p tcp -dport 25\n' }).rules('inet', 'forward')).toEqual([
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'jump host-forward',
      'counter accept',
    ]);
  });
});

/** Spec firewall.md 5.3 and 5.5. */
describe('management', () => {
  const elements = (cluster: string, files = {}) => {
    const { compiled, problems } = smallSite({ cluster, files });
    const [inet] = compiled.ruleset.tables;
    return {
      problems,
      sets: inet?.sets.map(({ name, elements: held }) => [
        name,
        ...held.map(([a, b]) => `${a.toString(16)}-${b.toString(16)}`),
      ]),
    };
  };

  it('is the local network where nothing is declared', () => {
    expect(elements('')).toEqual({ problems: [], sets: [['management-v4', 'c0000200-c00002ff']] });
  });

  it('is what is declared and the local network; members may be aliases', () => {
    expect(elements('[ALIASES]\nadmin 2001:db8::1\n[IPSET management]\nadmin\n198.51.100.9\n')).toEqual({
      problems: [],
      sets: [
        ['management-v4', 'c0000200-c00002ff', 'c6336409-c6336409'],
        ['management-v6', '20010db8000000000000000000000001-20010db8000000000000000000000001'],
      ].map(([name = '', ...held]) => [name, ...held]),
    });
  });

  it('what it excludes stays out, although it is in the local network', () => {
    expect(elements('[IPSET management]\n!192.0.2.64/26\n')).toEqual({
      problems: [],
      sets: [['management-v4', 'c0000200-c000023f', 'c0000280-c00002ff']],
    });
  });

  it('the alias local_network takes the place of the configured network', () => {
    const { problems, sets } = elements('[ALIASES]\nLocal_Network 10.9.0.0/16\n');
    expect(problems).toEqual([]);
    expect(sets).toEqual([['management-v4', 'a090000-a09ffff']]);
  });

  it('as a reference it must be declared', () => {
    expect(elements('[RULES]\nIN ACCEPT -source +management\n').problems).toEqual([
      'cluster.fw:4 error name/unknown-set',
    ]);
  });

  it('a guest cannot replace it, nor the blacklist', () => {
    const { compiled } = smallSite({
      cluster: '[IPSET blacklist]\n198.51.100.1\n',
      vm: '[IPSET blacklist]\n10.0.0.1\n[IPSET management]\n10.0.0.2\n',
    });
    const names = compiled.ruleset.tables.flatMap(({ sets }) => sets.map(({ name }) => name));
    expect(names.sort()).toEqual(['dc/blacklist-v4', 'dc/blacklist-v4', 'management-v4']);
  });
});

/** Spec firewall.md 5.8: peer by peer and link by link, in the mirror on the way out. */
describe('corosync', () => {
  const rules = (transport: string) => {
    const node = (name: string, ring0: string, ring1: string): string =>
      `node {\nname: ${name}\nring0_addr: ${ring0}\nring1_addr: ${ring1}\n}\n`;
    const site = smallSite({
      files: {
        'etc/pve/corosync.conf': `totem {\ntransport: ${transport}\n}\nnodelist {\n${node('pve1', '192.0.2.10', '2001:db8::1')}${node('pve2', '192.0.2.12', '2001:db8::3')}${node('pve3', '192.0.2.11', '2001:db8::2')}}\n`,
      },
    });
    expect(site.problems).toEqual([]);
    return ['input', 'output'].map((chain) => site.rules('inet', chain)?.filter((rule) => rule.includes('540')));
  };

  it.each([
    ['knet', '5404-5412'],
    ['udpu', '5404-5405'],
  ])('%s', (transport, ports) => {
    const accept = `udp dport ${ports} counter accept`;
    expect(rules(transport)).toEqual([
      [
        `ip saddr 192.0.2.11-192.0.2.12 ip daddr 192.0.2.10 ${accept}`,
        `ip6 saddr 2001:db8::2/127 ip6 daddr 2001:db8::1 ${accept}`,
      ],
      [
        `ip saddr 192.0.2.10 ip daddr 192.0.2.11-192.0.2.12 ${accept}`,
        `ip6 saddr 2001:db8::1 ip6 daddr 2001:db8::2/127 ${accept}`,
      ],
    ]);
  });

  it('udp also speaks to multicast groups', () => {
    for (const chain of rules('udp')) {
      expect(chain).toHaveLength(3);
      expect(chain?.[2]).toBe('fib daddr type multicast udp dport 5404-5405 counter accept');
    }
  });
});

describe('local_network is an alias that rules may use, declared or not', () => {
  it.each([
    ['cluster', { cluster: '[RULES]\nIN ACCEPT -source local_network\n' }, 'cluster-in'],
    ['host', { host: '[RULES]\nIN ACCEPT -source dc/local_network\n' }, 'host-in'],
  ] as const)('%s', (_, files, chain) => {
    const { problems, rules } = smallSite(files);
    expect(problems).toEqual([]);
    expect(rules('inet', chain)).toEqual(['ip saddr 192.0.2.0/24 counter accept']);
  });

  it('in a guest', () => {
    const { problems, rules } = smallSite({ vm: '[RULES]\nIN ACCEPT -source Local_Network\n' });
    expect(problems).toEqual([]);
    expect(rules('bridge', 'guest-100-in')?.[0]).toBe('ip saddr 192.0.2.0/24 counter accept');
  });

  it('but not where the node has no network', () => {
    const { problems } = smallSite({
      host: '[RULES]\nIN ACCEPT -source local_network\n',
      files: { 'etc/network/interfaces': '' },
    });
    expect(problems).toEqual(['host.fw:2 error name/unknown-alias']);
  });
});

describe('names in the prefix of a log entry', () => {
  it('are at most 28 characters, or the logger takes nothing from the prefix', () => {
    const { rules } = smallSite({
      cluster:
        '[group a2345678901234567z]\nFORWARD DROP -log info\nOUT DROP -log info\n[RULES]\nGROUP a2345678901234567z\n',
    });
    const prefix = 'log prefix ":0:6:group-a2345678901234567z';
    expect(rules('inet', 'group-a2345678901234567z-forward')?.[0]).toContain(`${prefix}-for: DROP cluster.fw:4: "`);
    expect(rules('inet', 'group-a2345678901234567z-out')?.[0]).toContain(`${prefix}-out: DROP cluster.fw:5: "`);
  });
});
