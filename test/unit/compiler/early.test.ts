import { describe, expect, it } from 'vitest';
import { printGuest } from '../../../src/compiler/index.js';
import { printMapElement } from '../../../src/ruleset/index.js';
import type { Query } from '../../../src/simulate/index.js';
import { simulate } from '../../../src/simulate/index.js';
import { type SmallSite, smallSite } from './small-site.js';

const compiled = (files: SmallSite) => {
  const result = smallSite(files);
  const bridge = result.compiled.ruleset.tables.find(({ family }) => family === 'bridge');
  return {
    ...result,
    chains: bridge?.chains.map(({ name }) => name) ?? [],
    chain: (name: string) => result.rules('bridge', name),
    early: bridge?.maps.find(({ name }) => name === 'guest-early')?.elements.map(printMapElement) ?? [],
    told: (query: Query) => {
      const { verdict, answer } = simulate(result.compiled.ruleset, result.site, query);
      return `${verdict} ${answer ?? 'nothing'}`;
    },
  };
};

describe('the early chain of a NIC', () => {
  const {
    chain,
    chains,
    early,
    compiled: all,
  } = compiled({
    cluster: '[IPSET blacklist]\n198.51.100.0/24\n[group web]\nIN ACCEPT -p tcp -dport 80\nIN REJECT -p tcp -log err\n',
    host: '[OPTIONS]\ntcpflags: 1\nlog_level_out: err\n',
    vm: 'dhcp: 0\nndp: 0\n[RULES]\nIN DROP -i net0 -p tcp -dport 22 -log info\nIN REJECT -i net1 -p udp -dport 53\nGROUP web\nIN REJECT -p udp -log warning\nIN ACCEPT -p tcp\n',
  });

  it('asks what the IN chains ask, up to the last refusal, and acts on refusals alone', () => {
    expect(chain('guest-100-net0-early')).toEqual([
      'meta ibrname != "vmbr0" accept',
      'meta mark 0x00007277 accept',
      'meta protocol != { ip, ip6 } goto not-ip-early',
      'ct state invalid accept',
      'ct state established,related accept',
      'ip saddr @dc/blacklist-v4 accept',
      'meta protocol ip ct state invalid,new jump smurfs-early',
      'meta l4proto tcp jump tcp-flags-early',
      'icmpv6 type 1-4 accept',
      'tcp dport 22 accept',
      'jump group-web-in-early',
      'meta l4proto udp limit rate 1/second burst 5 packets log prefix ":100:4:guest-100-in: REJECT 100.fw:9: " group 0',
      'meta l4proto udp counter jump refuse',
    ]);
    expect(chain('group-web-in-early')).toEqual([
      'tcp dport 80 accept',
      'meta l4proto tcp limit rate 1/second burst 5 packets log prefix ":0:3:group-web-in: REJECT cluster.fw:7: " group 0',
      'meta l4proto tcp counter jump refuse',
    ]);
    expect(chain('smurfs-early')?.[0]).toBe('ip saddr 0.0.0.0 return');
  });

  it('holds the rules of its NIC only, without asking for the port', () => {
    expect(chain('guest-100-net1-early')).toContain('udp dport 53 counter jump refuse');
    expect(chain('guest-100-net1-early')?.join()).not.toMatch(/dport 22|name "tap/);
  });

  it('is found by the NIC’s MAC address, after the OUT rules of the sender', () => {
    expect(early).toEqual([
      'bc:24:11:00:01:00 comment "100.conf:1" : goto guest-100-net0-early',
      'bc:24:11:00:01:01 comment "100.conf:2" : goto guest-100-net1-early',
    ]);
    expect(all.ruleset.tables[1]?.chains.flatMap(({ base }) => (base ? `${base.hook} ${base.priority}` : []))).toEqual([
      'prerouting 0',
      'prerouting 1',
      'postrouting 0',
      'output 0',
    ]);
    expect(printGuest(all, 100)).toContain(
      'add element bridge ringwall guest-early { bc:24:11:00:01:00 comment "100.conf:1" : goto guest-100-net0-early }',
    );
    expect(chains).toContain('answers');
  });
});

it('nothing is early where nothing is refused', () => {
  const { chains, early, problems } = compiled({
    cluster: '[group web]\nIN REJECT\nOUT REJECT\n',
    vm: '[RULES]\nOUT REJECT\nIN DROP\n|GROUP web\n',
  });
  expect(chains.filter((name) => /early|unanswered/.test(name))).toEqual([]);
  expect(early).toEqual([]);
  expect(problems).toEqual([]);
});

describe('who gets what back', () => {
  const { told } = compiled({
    vm: 'policy_in: REJECT\n[RULES]\nIN ACCEPT -p tcp -dport 80\nIN REJECT -p tcp -dport 81\nIN DROP -p tcp -dport 82\n',
    container: 'policy_out: ACCEPT\n[RULES]\nOUT DROP -p tcp -dport 85\nOUT REJECT -p tcp -dport 86\n',
  });

  it.each([
    ['outside', { dport: '81' }, 'REJECT tcp reset'],
    ['outside', { dport: '81', source: '2001:db8::1' }, 'REJECT tcp reset'],
    ['ct200', { dport: '81' }, 'REJECT tcp reset'],
    ['vm100i1', { dport: '83' }, 'REJECT tcp reset'],
    ['host', { dport: '81' }, 'REJECT nothing'],
    ['outside', { dport: '53', proto: 'udp' }, 'REJECT port-unreachable'],
    ['outside', { dport: '137', proto: 'udp' }, 'REJECT port-unreachable'],
    ['outside', { proto: '47' }, 'REJECT admin-prohibited'],
    ['outside', { proto: 'icmp', 'icmp-type': '8' }, 'REJECT nothing'],
    ['outside', { proto: 'udp', dport: '53', source: '224.0.0.1' }, 'DROP nothing'],
    ['outside', { proto: 'udp', dport: '53', dsttype: 'broadcast' }, 'DROP nothing'],
    ['outside', { proto: 'tcp', dport: '81', dsttype: 'multicast' }, 'REJECT nothing'],
    ['outside', { dport: '80' }, 'ACCEPT nothing'],
    ['outside', { dport: '82' }, 'DROP nothing'],
    ['outside', { dport: '81', state: 'established' }, 'ACCEPT nothing'],
    ['outside', { dport: '81', state: 'invalid' }, 'DROP nothing'],
    ['ct200', { dport: '85' }, 'DROP nothing'],
    ['ct200', { dport: '86' }, 'REJECT tcp reset'],
  ])('from %s to a guest, %o: %s', (from, packet, expected) => {
    expect(told({ from, to: 'vm100', ...packet })).toBe(expected);
  });
});

describe('a NIC that cannot be known by its MAC address refuses without an answer', () => {
  const config = (nic: string) => ({ 'etc/pve/nodes/pve1/qemu-server/100.conf': `net0: ${nic},firewall=1\n` });
  const vm = 'macfilter: 0\n[RULES]\nIN REJECT\n';
  const interfaces = (option: string) => ({
    'etc/network/interfaces': `iface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports eth0\n\t${option}\n`,
  });

  it.each([
    ['of a group', 'outside', config('virtio=01:24:11:00:01:00,bridge=vmbr0')],
    ['that is not given', 'outside', config('virtio,bridge=vmbr0')],
    ['of another guest’s NIC, on another bridge', 'vmbr1/eth1', config('virtio=BC:24:11:00:02:00,bridge=vmbr1')],
    ['of another guest’s NIC, on the same bridge', 'outside', config('virtio=BC:24:11:00:02:00,bridge=vmbr0')],
    [
      'on a bridge with a file of its own',
      'outside',
      { 'etc/pve/sdn/firewall/vmbr0.fw': '[OPTIONS]\nenable: 1\npolicy_forward: ACCEPT\n' },
    ],
    [
      'with a tag, on a bridge that no file configures',
      'vmbr7/eth1',
      config('virtio=BC:24:11:00:01:00,bridge=vmbr7,tag=5'),
    ],
  ])('%s', (_what, from, files) => {
    const { told, early, chains } = compiled({ vm, container: '[RULES]\n', files });
    expect(early.filter((element) => element.includes('guest-100'))).toEqual([]);
    expect(chains.filter((name) => /^guest-100.*early/.test(name))).toEqual([]);
    expect(told({ from, to: 'vm100', dport: '80' })).toBe('REJECT nothing');
  });

  it.each([
    ['with a quote in it', config('virtio=BC:24:11:00:01:00,bridge=x" accept; }#')],
    ['too long', config('virtio=BC:24:11:00:01:00,bridge=abcdefghijklmnop')],
    [
      'too long with the tag',
      {
        ...config('virtio=BC:24:11:00:01:00,bridge=abcdefghijkl,tag=100'),
        'etc/network/interfaces': 'iface abcdefghijkl inet manual\n\tbridge-ports none\n',
      },
    ],
  ])('on a bridge with a name no link has: %s', (_what, files) => {
    const { early, compiled: all } = compiled({ vm, files });
    expect(early).toEqual([]);
    expect(printGuest(all, 100)).not.toMatch(/}#|abcdef/);
    expect(all.units.get(100)?.in).toHaveLength(1);
  });

  it.each([
    ['yes', '', 1],
    ['1', ',tag=10', 10],
  ])('where its bridge knows VLANs, another VLAN is none of its: bridge-vlan-aware %s%s', (aware, tag, vlan) => {
    const files = {
      ...interfaces(`bridge-vlan-aware ${aware}`),
      ...config(`virtio=BC:24:11:00:01:00,bridge=vmbr0${tag}`),
    };
    expect(compiled({ vm, files }).chain('guest-100-net0-early')?.slice(0, 3)).toEqual([
      'meta ibrname != "vmbr0" accept',
      `vlan id != ${vlan} accept`,
      `ether type != 8021q meta ibrpvid != ${vlan} accept`,
    ]);
  });

  it('with a tag it is on a bridge of its own where its bridge knows no VLANs', () => {
    const { chain } = compiled({ vm, files: config('virtio=BC:24:11:00:01:00,bridge=vmbr0,tag=10') });
    expect(chain('guest-100-net0-early')?.[0]).toBe('meta ibrname != "vmbr0v10" accept');
  });
});
