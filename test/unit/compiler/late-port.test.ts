import { expect, test } from 'vitest';
import { rulesetToJson } from '../../../src/ruleset/index.js';
import { smallSite } from './small-site.js';

const files = {
  'etc/network/interfaces': `iface vmbr0 inet static
	address 192.0.2.10/24
	bridge-ports eth0 veth5x
iface docker0 inet manual
	bridge-ports none
`,
  'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
  'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:02:00,bridge=vmbr0\n',
};
const site = smallSite({ vm: 'policy_in: ACCEPT\n', files });

test.each([
  ['a machine’s port nobody knows', 'vmbr0/tap999i0', 'DROP'],
  ['a container’s port nobody knows', 'vmbr0/veth999i0', 'DROP'],
  ['another NIC of a guest that is known', 'vmbr0/tap100i3', 'DROP'],
  ['a port of a guest that is filtered', 'vmbr0/tap100i0', 'ACCEPT'],
  ['a port of a guest without firewall=1', 'vmbr0/veth200i0', 'ACCEPT'],
  ['a port the interfaces file names', 'vmbr0/veth5x', 'ACCEPT'],
  ['the uplink', 'vmbr0/eth0', 'ACCEPT'],
  ['tap0 of another program', 'vmbr0/tap0', 'ACCEPT'],
  ['a name without a number', 'vmbr0/tapXYZ', 'ACCEPT'],
])('%s', (_what, port, verdict) => {
  const source = port === 'vmbr0/tap100i0' ? 'vm100' : port;
  expect(site.verdict({ from: source, to: 'vmbr0/eth1', dport: '80' })).toBe(verdict);
  expect(site.verdict({ from: 'vmbr0/eth1', to: source, dport: '80' })).toBe(verdict);
});

test('the chains say on which bridges', () => {
  expect(site.rules('bridge', 'late-out')).toEqual([
    'meta ibrname { "vmbr0", "docker0", "vmbr0v*", "docker0v*", "fwbr*" } counter drop',
  ]);
  expect(site.rules('bridge', 'late-in')?.[0]).toMatch(/^meta obrname \{ "vmbr0", /);
});

test('a name that no bridge can have is not among them, nor a port of such a name among those that are open', () => {
  const crafted = {
    'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=x" }\f,firewall=1\n',
    'etc/network/interfaces': 'iface vmbr0 inet manual\n\tbridge-ports eth0 tap1;x veth5x\n',
  };
  const { compiled, rules } = smallSite({ files: crafted });
  expect(rules('bridge', 'late-out')).toEqual(['meta ibrname { "vmbr0", "vmbr0v*", "fwbr*" } counter drop']);
  expect(rulesetToJson(compiled.ruleset)).not.toContain('tap1;x');
  expect(rulesetToJson(compiled.ruleset)).toContain('veth5x');
});

test('without any bridge there is nothing to close', () => {
  const none = {
    'etc/network/interfaces': '',
    'etc/pve/nodes/pve1/qemu-server/100.conf': '',
    'etc/pve/nodes/pve1/lxc/200.conf': '',
  };
  expect(smallSite({ files: none }).compiled.ruleset.tables.map(({ family }) => family)).toEqual(['inet']);
});
