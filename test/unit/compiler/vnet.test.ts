import { describe, expect, it } from 'vitest';
import { smallSite } from './small-site.js';

const ND =
  'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } counter accept';

/** A site whose guests are on vnet v1, with these lines in its file and perhaps more files. */
const vnetSite = (v1: string, { files = {}, ...more }: NonNullable<Parameters<typeof smallSite>[0]> = {}) =>
  smallSite({
    ...more,
    files: {
      'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=v1\n',
      'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:02:00,bridge=v1\n',
      'etc/pve/sdn/firewall/v1.fw': v1,
      ...files,
    },
  });

const ON = '[OPTIONS]\nenable: 1\n';

/** Spec firewall.md 7.2.1 and 7.2.7. */
describe('the order of a vnet’s chain', () => {
  const { problems, rules, compiled } = vnetSite(
    `${ON}policy_forward: DROP\nlog_level_forward: info\n[RULES]\nFORWARD ACCEPT -p tcp -dport 80\nGROUP web\n`,
    { cluster: '[group web]\nFORWARD DROP -p tcp -dport 81\nIN ACCEPT -p tcp -dport 82\n' },
  );
  const shared = (noise: string) => [
    'tcp dport 80 counter accept',
    'counter jump group-web-forward',
    `jump ${noise}`,
    'limit rate 1/second burst 5 packets log prefix ":0:6:vnet-v1: policy DROP sdn/v1.fw:3: " group 0',
    'counter drop',
  ];

  it('where the bridge forwards', () => {
    expect(problems).toEqual([]);
    expect(rules('bridge', 'forward')).toEqual(['meta ibrname vmap @vnets']);
    expect(rules('bridge', 'vnet-v1')).toEqual([
      'meta protocol arp counter accept',
      'meta protocol { ip, ip6 } ct state invalid counter drop',
      'ct state established,related counter accept',
      ND,
      ...shared('noise-silent'),
    ]);
    expect(rules('bridge', 'group-web-forward')).toEqual(['tcp dport 81 counter drop']);
  });

  it('between the bridge and the host', () => {
    expect(rules('inet', 'input-vnets')).toEqual(['iifname vmap @vnets']);
    expect(rules('inet', 'output-vnets')).toEqual(['oifname vmap @vnets']);
    expect(rules('inet', 'vnet-v1')).toEqual([
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      ND,
      ...shared('noise-drop'),
    ]);
    expect(rules('inet', 'forward')).toBeUndefined();
    const [inet] = compiled.ruleset.tables;
    expect(inet?.chains.flatMap(({ name, base }) => (base === undefined ? [] : [[name, base.priority]]))).toEqual([
      ['input-vnets', -1],
      ['input', 0],
      ['output', 0],
      ['output-vnets', 1],
    ]);
  });

  it('keeps invalid packets where the host says so', () => {
    const lenient = vnetSite(ON, { host: '[OPTIONS]\nnf_conntrack_allow_invalid: 1\n' });
    for (const family of ['inet', 'bridge'] as const)
      expect(lenient.rules(family, 'vnet-v1')).not.toContainEqual(expect.stringContaining('invalid'));
  });

  it('a REJECT drops where the bridge forwards and is answered at the host', () => {
    const rejecting = vnetSite(`${ON}policy_forward: REJECT\n[RULES]\nFORWARD REJECT -p tcp -dport 25\n`);
    expect(rejecting.problems).toEqual(['v1.fw:5 hint rule/reject-unanswered']);
    expect(rejecting.rules('bridge', 'vnet-v1')?.slice(-3)).toEqual([
      'tcp dport 25 counter jump refuse-unanswered',
      'jump noise-unanswered',
      'counter jump refuse-unanswered',
    ]);
    expect(rejecting.rules('inet', 'vnet-v1')?.slice(-3)).toEqual([
      'tcp dport 25 counter jump refuse',
      'jump noise-reject',
      'counter jump refuse',
    ]);
  });
});

describe('which bridges are filtered', () => {
  const names = (compiled: ReturnType<typeof smallSite>['compiled']) =>
    compiled.ruleset.tables.map(({ family, maps }) => [
      family,
      maps.find(({ name }) => name === 'vnets')?.elements.map(({ key }) => key),
    ]);

  it('each that a file is named after and switches on, vnet or not', () => {
    const { problems, compiled } = vnetSite(ON, {
      files: { 'etc/pve/sdn/firewall/vmbr0.fw': ON, 'etc/pve/sdn/firewall/v2.fw': '[OPTIONS]\nenable: 0\n' },
    });
    expect(problems).toEqual([]);
    expect(names(compiled)).toEqual([
      ['inet', ['v1', 'vmbr0']],
      ['bridge', ['v1', 'vmbr0']],
    ]);
  });

  it('none without a file', () => {
    const without = vnetSite('');
    expect(names(without.compiled)).toEqual([
      ['inet', undefined],
      ['bridge', undefined],
    ]);
    expect(without.rules('inet', 'input-vnets')).toBeUndefined();
  });

  it('the bridges only, where the host’s own rules are off', () => {
    expect(names(vnetSite(ON, { host: '[OPTIONS]\nenable: 0\n' }).compiled)).toEqual([['bridge', ['v1']]]);
  });

  it.each([
    ['sixteen-bytes-xx', 'sixteen-bytes-xx.fw:1 error vnet/bad-name'],
    ['a b', 'a b.fw:1 error vnet/bad-name'],
    ['', '.fw:1 error vnet/bad-name'],
    ['v-9_x.100', 'v-9_x.100.fw:2 hint vnet/no-bridge'],
  ])('`%s.fw` is said', (name, problem) => {
    expect(vnetSite('', { files: { [`etc/pve/sdn/firewall/${name}.fw`]: ON } }).problems).toEqual([problem]);
  });

  it('a bridge of Open vSwitch cannot be', () => {
    const files = {
      'etc/network/interfaces': 'auto v1\niface v1 inet manual\n\tovs_type OVSBridge\n',
    };
    expect(vnetSite(ON, { files }).problems).toEqual(['v1.fw:2 error vnet/ovs-bridge']);
  });

  it('an SDN vnet of this cluster is known without a guest on it', () => {
    const config = '{"zones":{"ids":{"z":{}}},"vnets":{"ids":{"v3":{"zone":"z"}}},"subnets":{"ids":{}}}';
    const files = { 'etc/pve/sdn/firewall/v3.fw': ON, 'etc/pve/sdn/.running-config': config };
    expect(vnetSite('', { files }).problems).toEqual([]);
  });
});

describe('what happens to packets', () => {
  const { verdict } = vnetSite(
    `${ON}policy_forward: DROP\n[RULES]\nFORWARD ACCEPT -p tcp -dport 80\nFORWARD REJECT -p tcp -dport 25\n`,
    {
      host: '[RULES]\nIN ACCEPT -p tcp -dport 80:90\n',
      files: { 'etc/pve/nodes/pve1/qemu-server/101.conf': 'net0: virtio=BC:24:11:00:01:01,bridge=vmbr0\n' },
    },
  );

  it.each([
    ['vm100', 'ct200', '80', 'ACCEPT'],
    ['vm100', 'ct200', '81', 'DROP'],
    ['vm100', 'v1/uplink', '81', 'DROP'],
    ['vm100', 'ct200', '25', 'REJECT'],
    ['vm100', 'host', '80', 'ACCEPT'],
    ['vm100', 'host', '81', 'DROP'],
    ['vm100', 'host', '25', 'REJECT'],
    ['host', 'ct200', '80', 'ACCEPT'],
    ['host', 'ct200', '81', 'DROP'],
    ['host', 'ct200', '25', 'REJECT'],
    ['outside', 'vm101', '81', 'ACCEPT'],
    ['outside', 'host', '81', 'ACCEPT'],
  ])('%s to %s, port %s: %s', (from, to, dport, expected) => {
    expect(verdict({ from, to, dport })).toBe(expected);
  });

  it('routed from one bridge to another, the vnet has no say', () => {
    expect(verdict({ from: 'vm100', to: 'vm101', dport: '81' })).toBe('ACCEPT');
    expect(verdict({ from: 'vm101', to: 'vm100', dport: '81' })).toBe('ACCEPT');
  });

  it('what was let in once stays, over both families', () => {
    expect(verdict({ from: 'ct200', to: 'vm100', dport: '4000', state: 'established' })).toBe('ACCEPT');
    expect(verdict({ from: 'ct200', to: 'vm100', dport: '4000', state: 'invalid' })).toBe('DROP');
    expect(verdict({ from: 'ct200', to: 'vm100', proto: 'icmpv6', 'icmp-type': 'neighbor-solicitation' })).toBe(
      'ACCEPT',
    );
    expect(verdict({ from: 'ct200', to: 'vm100', proto: 'icmpv6', 'icmp-type': 'echo-request' })).toBe('DROP');
  });
});
