import { describe, expect, it } from 'vitest';
import { smallSite } from './small-site.js';

/** Spec firewall.md 7.5: the rate of new TCP connections of one source, over everything the host handles. */
/** No bridge where a guest could come. */
const noBridge = {
  'etc/network/interfaces': '',
  'etc/pve/nodes/pve1/qemu-server/100.conf': '',
  'etc/pve/nodes/pve1/lxc/200.conf': '',
};

describe('protection_synflood', () => {
  const on = '[OPTIONS]\nprotection_synflood: 1\n';
  const syn = 'tcp flags & (fin | syn | rst | ack) == syn';
  const chain = { name: 'synflood', base: { hook: 'prerouting', priority: -300, policy: 'accept' } };
  const tables = (site: Parameters<typeof smallSite>[0]) => smallSite(site).compiled.ruleset.tables;

  it('counts by IPv4 address and by IPv6 network, in both tables, before connection tracking', () => {
    const { rules, compiled, problems } = smallSite({ host: on });
    const over = 'limit rate over 200/second burst 1000 packets } counter drop';
    expect(problems).toEqual([]);
    expect(rules('inet', 'synflood')).toEqual([
      `meta nfproto ipv4 ${syn} update @synflood-v4 { ip saddr ${over}`,
      `meta nfproto ipv6 ${syn} update @synflood-v6 { ip6 saddr & ffff:ffff:ffff:ffff:: ${over}`,
    ]);
    expect(rules('bridge', 'synflood')).toEqual([
      `meta protocol ip ${syn} update @synflood-v4 { ip saddr ${over}`,
      `meta protocol ip6 ${syn} update @synflood-v6 { ip6 saddr & ffff:ffff:ffff:ffff:: ${over}`,
    ]);
    for (const { chains, dynamicSets } of compiled.ruleset.tables) {
      expect(chains[0]).toMatchObject(chain);
      expect(dynamicSets).toMatchObject([
        { name: 'synflood-v4', type: 'ipv4_addr', timeout: 60, size: 65_536, origin: { line: 2 } },
        { name: 'synflood-v6', type: 'ipv6_addr', timeout: 60, size: 65_536, origin: { line: 2 } },
      ]);
    }
  });

  it('takes rate, burst and timeout from their options', () => {
    const more = 'protection_synflood_rate: 7\nprotection_synflood_burst: 8\nnf_conntrack_tcp_timeout_syn_recv: 30\n';
    const { rules, compiled } = smallSite({ host: on + more });
    expect(rules('inet', 'synflood')?.[0]).toContain('limit rate over 7/second burst 8 packets');
    expect(compiled.ruleset.tables[0]?.dynamicSets?.map(({ timeout }) => timeout)).toEqual([30, 30]);
  });

  it('is off by default', () => {
    const { rules, compiled } = smallSite({ host: '[OPTIONS]\nprotection_synflood_rate: 7\n', vm: '' });
    expect(rules('inet', 'synflood')).toBeUndefined();
    expect(rules('bridge', 'synflood')).toBeUndefined();
    expect(compiled.ruleset.tables.map(({ dynamicSets }) => dynamicSets)).toEqual([[], []]);
  });

  it('protects bridges without filtered guests', () => {
    const files = noBridge;
    expect(tables({ host: on, files })[1]).toMatchObject({ family: 'bridge', chains: [chain], maps: [] });
    expect(tables({ files }).map(({ family }) => family)).toEqual(['inet']);
  });

  it('stays where the rules of the host are off, and goes with the firewall', () => {
    const files = noBridge;
    expect(tables({ host: `${on}enable: 0\n`, files })).toMatchObject([
      { family: 'inet', chains: [chain], sets: [] },
      { family: 'bridge', chains: [chain] },
    ]);
    expect(tables({ host: '[OPTIONS]\nenable: 0\n', files })).toEqual([]);
    expect(tables({ host: on, files: { 'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 0\n' } })).toEqual([]);
  });

  it('never stops a simulated packet, and the trace shows that it was asked', () => {
    const { verdict } = smallSite({ cluster: '[RULES]\nIN ACCEPT -p tcp -dport 80\n', host: on });
    expect(verdict({ from: 'outside', to: 'host', proto: 'tcp', dport: '80' })).toBe('ACCEPT');
  });
});
