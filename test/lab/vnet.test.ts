import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../../src/demo/index.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { guestWorld, Traffic, vm101 } from '../support/world.js';

const VNET = 'etc/pve/sdn/firewall/v1.fw';

const files = {
  'etc/pve/firewall/cluster.fw': `[OPTIONS]
enable: 1

[group web]
FORWARD ACCEPT -p tcp -dport 8443
`,
  'etc/pve/nodes/pve1/host.fw': `[RULES]
IN ACCEPT -p tcp -dport 20:9000
`,
  [VNET]: `[OPTIONS]
enable: 1
policy_forward: DROP

[RULES]
FORWARD ACCEPT -p tcp -dport 80
FORWARD ACCEPT -p udp -dport 80
FORWARD REJECT -p tcp -dport 25
GROUP web
`,
  'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=v1\n',
  'etc/pve/nodes/pve1/qemu-server/101.conf': 'net0: virtio=BC:24:11:00:01:01,bridge=vmbr1\n',
  'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,bridge=v1,hwaddr=BC:24:11:00:02:00\n',
  'etc/network/interfaces': `auto v1
iface v1 inet static
	address 192.0.2.10/24
	bridge-ports none

auto vmbr1
iface vmbr1 inet manual
	bridge-ports eth0
`,
};

const open = ['open', 'open'];
const refused = ['refused', 'refused'];
const timeout = ['timeout', 'timeout'];

// Guests without a firewall of their own: whatever happens to their packets, the vnet's file did it.
describe('packets on a vnet', () => {
  let site: TestSite;
  let world: World;
  let traffic: Traffic;

  beforeAll(async () => {
    site = makeSite(files);
    world = guestWorld('v1');
    traffic = new Traffic(world, site);
    await world.build();
    await world.attach(vm101);
    // What is on another bridge can do without the host's addresses.
    await world.host.apply({ kind: 'create link', link: 'vmbr1', device: { kind: 'bridge', options: {} } });
    await world.host.apply({ kind: 'set up', link: 'vmbr1', up: true });
    for (const port of ['eth0', vm101.port])
      await world.host.apply({ kind: 'set master', link: port, master: 'vmbr1' });
    await Promise.all([
      traffic.listen('host', [22, 25, 80], []),
      traffic.listen('vm100', [25, 80, 81], []),
      traffic.listen('ct200', [25, 80, 81, 8443], [80, 81]),
      traffic.listen('vm101', [81], []),
    ]);
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0, answer: { generation: 1 } });
  });
  afterAll(() => {
    world?.remove();
    site?.remove();
  });

  it('between two guests: what a line accepts passes, ARP and neighbour discovery too, and nothing else', async () => {
    expect(await traffic.decided(() => traffic.tcp('vm100', 'ct200', 80))).toEqual({
      outcome: open,
      by: 'sdn/v1.fw:6',
    });
    expect(await traffic.udp('vm100', 'ct200', 80)).toEqual(['answered', 'answered']);
    expect(await traffic.decided(() => traffic.tcp('vm100', 'ct200', 8443))).toEqual({
      outcome: open,
      by: 'cluster.fw:5',
    });
    expect(await traffic.decided(() => traffic.tcpInVain('vm100', 'ct200', 81))).toEqual({
      outcome: timeout,
      by: 'sdn/v1.fw:3 policy_forward',
    });
    expect(await traffic.udpInVain('vm100', 'ct200', 81)).toEqual(['silent', 'silent']);
  });

  it('where the bridge forwards, a REJECT drops: the kernel has no answer there', async () => {
    expect(await traffic.decided(() => traffic.tcpInVain('vm100', 'ct200', 25))).toEqual({
      outcome: timeout,
      by: 'sdn/v1.fw:8',
    });
  });

  it('between a guest and the host the vnet and the host must both agree, and a REJECT is answered', async () => {
    expect(await traffic.tcp('vm100', 'host', 80)).toEqual(open);
    expect(await traffic.decided(() => traffic.tcpInVain('vm100', 'host', 22))).toEqual({
      outcome: timeout,
      by: 'sdn/v1.fw:3 policy_forward',
    });
    expect(await traffic.decided(() => traffic.tcp('vm100', 'host', 25))).toEqual({
      outcome: refused,
      by: 'sdn/v1.fw:8',
    });
    expect(await traffic.decided(() => traffic.tcp('host', 'vm100', 80))).toEqual({ outcome: open, by: 'sdn/v1.fw:6' });
    expect(await traffic.tcpInVain('host', 'vm100', 81)).toEqual(timeout);
    expect(await traffic.tcp('host', 'vm100', 25)).toEqual(refused);
  });

  it('another bridge is left alone', async () => {
    expect(await traffic.tcp('outside', 'vm101', 81)).toEqual(open);
  });

  it('an open connection outlives the line that let it in', async () => {
    expect(await traffic.hold('visit', 'vm100', 'ct200', 80)).toBe('open');
    site.write(VNET, files[VNET].replace('FORWARD ACCEPT -p tcp -dport 80\n', ''));
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
    expect(await traffic.say('visit', 'vm100')).toBe('answered');
    expect(await traffic.tcpInVain('vm100', 'ct200', 80)).toEqual(timeout);
  });

  it('switched off, it lets everything through', async () => {
    site.write(VNET, files[VNET].replace('enable: 1', 'enable: 0'));
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
    expect(await traffic.tcp('vm100', 'ct200', 81)).toEqual(open);
    expect(await traffic.tcp('vm100', 'host', 22)).toEqual(open);
  });
});
