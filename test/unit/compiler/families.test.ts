import { describe, expect, it } from 'vitest';
import { smallSite } from './small-site.js';

const cluster = `[ALIASES]
four 10.0.0.0/8
six 2001:db8::/32
[IPSET mixed]
10.0.0.0/8
2001:db8::/32
[IPSET only4]
10.0.0.0/8
[IPSET only6]
2001:db8::/32
[IPSET empty]
[IPSET nothing]
10.0.0.0/8
!10.0.0.0/9
!10.128.0.0/9
`;

const lowered = (line: string) => {
  const { problems, rules } = smallSite({ cluster, host: `[RULES]\n${line}\n` });
  return { problems, rules: (rules('inet', 'host-in') ?? []).map((rule) => rule.replace(/ counter accept$/, '')) };
};

/** Spec firewall.md 2.4: what the other implementation gets wrong there is tried here first. */
describe('a rule exists for a family only where all its conditions do', () => {
  it.each([
    ['', ['counter accept']],
    ['-p tcp', ['meta l4proto tcp']],
    ['-p icmp', ['meta nfproto ipv4 meta l4proto icmp']],
    ['-p icmpv6', ['meta nfproto ipv6 meta l4proto ipv6-icmp']],
    ['-p icmp -icmp-type any', ['meta nfproto ipv4 meta l4proto icmp']],
    ['-p icmpv6 -icmp-type any', ['meta nfproto ipv6 meta l4proto ipv6-icmp']],
    ['-p icmp -icmp-type port-unreachable', ['icmp type destination-unreachable icmp code 3']],
    ['-p icmpv6 -icmp-type no-route', ['icmpv6 type destination-unreachable icmpv6 code 0']],
    ['-p 1', ['meta l4proto icmp']],
    ['-p 58', ['meta l4proto ipv6-icmp']],
    ['-p 58 -source four', ['ip saddr 10.0.0.0/8 meta l4proto ipv6-icmp']],
    ['-source four', ['ip saddr 10.0.0.0/8']],
    ['-source six -p tcp -dport 80', ['ip6 saddr 2001:db8::/32 tcp dport 80']],
    ['-source ::/0', ['ip6 saddr ::/0']],
    ['-source 0.0.0.0/0 -p icmp', ['ip saddr 0.0.0.0/0 meta l4proto icmp']],
    ['-source +mixed', ['ip saddr @dc/mixed-v4', 'ip6 saddr @dc/mixed-v6']],
    ['-source +mixed -dest 10.9.0.0/16', ['ip saddr @dc/mixed-v4 ip daddr 10.9.0.0/16']],
    [
      '-source +mixed -dest +mixed',
      ['ip saddr @dc/mixed-v4 ip daddr @dc/mixed-v4', 'ip6 saddr @dc/mixed-v6 ip6 daddr @dc/mixed-v6'],
    ],
    ['-source +mixed -dest +only6', ['ip6 saddr @dc/mixed-v6 ip6 daddr @dc/only6-v6']],
    ['-source +mixed -p icmpv6', ['ip6 saddr @dc/mixed-v6 meta l4proto ipv6-icmp']],
    ['-dest +only4 -source four', ['ip saddr 10.0.0.0/8 ip daddr @dc/only4-v4']],
  ])('IN ACCEPT %s', (options, rules) => {
    expect(lowered(`IN ACCEPT ${options}`)).toEqual({ problems: [], rules });
  });

  it.each([
    '-p icmp -source fe80::1',
    '-p icmpv6 -source four',
    '-p icmp -source +only6',
    '-source four -dest six',
    '-source +only4 -dest +only6',
    '-source four -dest +only6',
    '-source +empty',
    '-source +mixed -dest +empty',
    '-source +nothing',
  ])('IN ACCEPT %s never matches', (options) => {
    expect(lowered(`IN ACCEPT ${options}`)).toEqual({ problems: ['host.fw:2 warning rule/never-matches'], rules: [] });
  });
});

it('a set that is empty is named as the reason', () => {
  const { diagnostics } = smallSite({ cluster, host: '[RULES]\nIN ACCEPT -source +empty\n' });
  expect(diagnostics[0]?.help).toBe('`+empty` is empty');
});
