import { describe, expect, it } from 'vitest';
import { readQuery, simulate } from '../../../src/simulate/index.js';
import { siteWith } from './sites.js';

const guest = 'etc/pve/firewall/100.fw';
const cluster = 'etc/pve/firewall/cluster.fw';

const ask = (
  { site, ruleset }: ReturnType<typeof siteWith>,
  words: Readonly<Record<string, unknown>>,
  options?: { everyRule: boolean },
) => simulate(ruleset, site, readQuery(words), options);

const filtered = siteWith({
  [guest]:
    '[OPTIONS]\nenable: 1\npolicy_in: REJECT\n[RULES]\nIN ACCEPT -p tcp -dport 22\nIN DROP -p tcp -dport 23\nOUT REJECT -p tcp -dport 25\n',
});

describe('a simulation', () => {
  it('names the line that decides', () => {
    expect(ask(filtered, { from: 'outside', to: 'vm100', dport: 22 })).toMatchObject({
      verdict: 'ACCEPT',
      origin: { file: guest, line: 5 },
      reason: '100.fw:5, in chain guest-100-in (bridge postrouting)',
    });
    expect(ask(filtered, { from: 'ct200', to: 'vm100', dport: 23 })).toMatchObject({
      verdict: 'DROP',
      origin: { file: guest, line: 6 },
    });
  });

  it('names the line of a refusal, not of the chain that answers', () => {
    expect(ask(filtered, { from: 'vm100', to: 'outside', dport: 25 })).toMatchObject({
      verdict: 'REJECT',
      origin: { file: guest, line: 7 },
      reason: '100.fw:7, in chain guest-100-out (bridge prerouting)',
    });
  });

  it('names the option of a policy, and says so of a policy that no line sets', () => {
    expect(ask(filtered, { from: 'outside', to: 'vm100', dport: 24 }).origin).toEqual({ file: guest, line: 3 });
    expect(ask(filtered, { from: 'outside', to: 'host', dport: 24 })).toMatchObject({
      verdict: 'DROP',
      origin: null,
      reason: 'policy_in, in chain input (inet input)',
    });
  });

  it('lets pass what no rule decides', () => {
    expect(ask(filtered, { from: 'outside', to: 'nfvm' })).toMatchObject({
      verdict: 'ACCEPT',
      origin: null,
      reason: 'no rule decided, so the packet passes',
      trace: [],
    });
    expect(ask(siteWith({ [cluster]: '' }), { from: 'outside', to: 'host' })).toMatchObject({
      verdict: 'ACCEPT',
      reason: 'the firewall of the cluster is off',
    });
  });

  it('asks every zone on the way: one guest’s OUT, the other’s IN', () => {
    const both = siteWith({
      [guest]: '[OPTIONS]\nenable: 1\n[RULES]\nOUT ACCEPT -p tcp -dport 80\nOUT DROP\n',
      'etc/pve/firewall/200.fw': '[OPTIONS]\nenable: 1\n[RULES]\nIN DROP -p tcp -dport 80\nIN ACCEPT\n',
    });
    const between = (dport: number) => ask(both, { from: 'vm100', to: 'ct200', dport });
    expect(between(80)).toMatchObject({ verdict: 'DROP', origin: { file: 'etc/pve/firewall/200.fw', line: 4 } });
    expect(between(81)).toMatchObject({ verdict: 'DROP', origin: { file: guest, line: 5 } });
    // By vmbr1 the packet is routed, past the same chains.
    expect(ask(both, { from: 'vm100i1', to: 'ct200', dport: 80 }).origin?.file).toBe('etc/pve/firewall/200.fw');
  });

  it('knows established connections, spoofed MAC addresses and forwarded traffic', () => {
    expect(ask(filtered, { from: 'outside', to: 'vm100', dport: 24, state: 'established' }).verdict).toBe('ACCEPT');
    expect(ask(filtered, { from: 'vm100', to: 'outside', mac: '02:00:00:00:00:09' })).toMatchObject({
      verdict: 'DROP',
      reason: 'macfilter, in chain guest-100-net0-out (bridge prerouting)',
    });
    const routed = siteWith({ [cluster]: '[OPTIONS]\nenable: 1\npolicy_forward: DROP\n' });
    const forwarded = ask(routed, { from: 'vm100i1', to: 'outside' });
    expect(forwarded).toMatchObject({ verdict: 'DROP', origin: { file: cluster, line: 3 } });
    expect(ask(routed, { from: 'vm100', to: 'outside' }).verdict).toBe('ACCEPT');
  });

  it('knows who may say in ARP that an address is his, on one bridge', () => {
    const only = siteWith({ [guest]: '[OPTIONS]\nenable: 1\n[IPSET ipfilter-net0]\n192.0.2.100\n' });
    const claim = (words: Readonly<Record<string, string>>) =>
      ask(only, { from: 'vm100', to: 'outside', proto: 'arp', source: '192.0.2.100', ...words });
    expect(claim({}).verdict).toBe('ACCEPT');
    expect(claim({ source: '192.0.2.101' })).toMatchObject({
      verdict: 'DROP',
      reason: 'ipfilter, in chain guest-100-net0-out (bridge prerouting)',
    });
    expect(claim({ mac: '02:00:00:00:00:09' }).reason).toMatch(/^macfilter/);
    expect(claim({ to: 'host', source: '192.0.2.101' }).verdict).toBe('DROP');
    expect(() => claim({ from: 'vm100i1' })).toThrow('ARP stays on its bridge: vm100i1 and outside are on two');
  });

  it('shows the rules it met as plain data', () => {
    const words = { from: 'outside', to: 'vm100', dport: 23 };
    const { trace } = ask(filtered, words);
    expect(trace.at(-1)).toEqual({
      hook: 'bridge postrouting',
      chain: 'guest-100-in',
      rule: 'tcp dport 23 counter drop',
      origin: { file: guest, line: 6 },
      note: null,
      matched: true,
    });
    expect(trace.every(({ matched }) => matched)).toBe(true);
    const every = ask(filtered, words, { everyRule: true }).trace;
    expect(every.filter(({ matched }) => matched)).toEqual(trace);
    expect(every).toContainEqual({
      hook: 'bridge postrouting',
      chain: 'guest-100-in',
      rule: 'tcp dport 22 counter accept',
      origin: { file: guest, line: 5 },
      note: null,
      matched: false,
    });
    expect(JSON.parse(JSON.stringify(every))).toEqual(every);
  });
});

describe('a guest whose own firewall is off', () => {
  const blacklisted = { [cluster]: '[OPTIONS]\nenable: 1\n[IPSET blacklist]\n198.51.100.7\n' };

  it.each([
    ['without a firewall file', blacklisted],
    ['with enable: 0', { ...blacklisted, [guest]: '[OPTIONS]\nenable: 0\n[RULES]\nIN DROP\n' }],
  ])('%s is shielded from the blacklist all the same', (_, files) => {
    const site = siteWith(files);
    const from = (source: string) => ask(site, { from: 'outside', to: 'vm100', source });
    expect(from('198.51.100.7')).toMatchObject({
      verdict: 'DROP',
      reason: 'blacklist, in chain unfiltered-in (bridge postrouting)',
    });
    expect(from('198.51.100.8').verdict).toBe('ACCEPT');
    expect(ask(site, { from: 'vm100', to: 'outside', source: '198.51.100.7' }).verdict).toBe('ACCEPT');
  });

  it('is left alone without firewall=1', () => {
    const site = siteWith({
      ...blacklisted,
      'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0\n',
    });
    expect(ask(site, { from: 'outside', to: 'vm100', source: '198.51.100.7' }).verdict).toBe('ACCEPT');
  });
});
