import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../../src/demo/index.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { guestWorld, Traffic, vm101 } from '../support/world.js';

const CONFIG = 'etc/pve/nodes/pve1/qemu-server/101.conf';
const FIREWALL = 'etc/pve/firewall/101.fw';

const files = {
  'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n',
  'etc/pve/nodes/pve1/host.fw': '[RULES]\nIN ACCEPT -p tcp -dport 80\n',
  'etc/pve/firewall/100.fw': '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p tcp -dport 80\n',
  'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
  'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:02:00\n',
  'etc/network/interfaces':
    'auto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tgateway 192.0.2.1\n\tbridge-ports eth0\n',
};

const open = ['open', 'open'];
const timeout = ['timeout', 'timeout'];

// The port of guest 101 is there from the beginning; its files come after the first apply.
describe('a guest that nobody knew when the rules were made', () => {
  let site: TestSite;
  let world: World;
  let traffic: Traffic;

  beforeAll(async () => {
    site = makeSite(files);
    world = guestWorld();
    traffic = new Traffic(world, site);
    await world.build();
    await Promise.all([
      traffic.listen('host', [80], []),
      traffic.listen('vm100', [80], []),
      traffic.listen('ct200', [80], []),
    ]);
    expect(await traffic.ringwall('apply', '--only', 'firewall')).toMatchObject({ code: 0, answer: { generation: 1 } });
    await world.attach(vm101);
    await traffic.listen('vm101', [80, 81], []);
  });
  afterAll(() => {
    world?.remove();
    site?.remove();
  });

  it('is closed: from its port, to it, and towards the node', async () => {
    expect(await traffic.tcpInVain('outside', 'vm101', 80)).toEqual(timeout);
    expect(await traffic.tcpInVain('vm101', 'outside', 80)).toEqual(timeout);
    expect(await traffic.tcpInVain('vm101', 'vm100', 80)).toEqual(timeout);
    expect(await traffic.tcpInVain('vm101', 'host', 80)).toEqual(timeout);
    expect(await traffic.tcpInVain('host', 'vm101', 80)).toEqual(timeout);
  });

  it('takes nothing from the others, filtered or not', async () => {
    expect(await traffic.tcp('outside', 'vm100', 80)).toEqual(open);
    expect(await traffic.tcp('outside', 'ct200', 80)).toEqual(open);
    expect(await traffic.tcp('ct200', 'vm100', 80)).toEqual(open);
  });

  it('stays closed while its configuration cannot be read', async () => {
    site.write(`${CONFIG}/not-a-file`, '');
    expect(await traffic.ringwall('apply', '--only', 'firewall')).toMatchObject({ code: 1 });
    expect(await traffic.tcpInVain('outside', 'vm101', 80)).toEqual(timeout);
    rmSync(join(site.root, CONFIG), { recursive: true });
  });

  it('is filtered as its files say once they are applied', async () => {
    site.write(CONFIG, 'net0: virtio=BC:24:11:00:01:01,bridge=vmbr0,firewall=1\n');
    site.write(FIREWALL, '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p tcp -dport 80\n');
    expect(await traffic.ringwall('apply', '--only', 'firewall')).toMatchObject({ code: 0 });
    // Asked again: who looked for the guest's address in vain until now is told so first (EHOSTUNREACH).
    await expect.poll(() => traffic.tcp('outside', 'vm101', 80), { timeout: 20_000 }).toEqual(open);
    expect(await traffic.tcpInVain('outside', 'vm101', 81)).toEqual(timeout);
  });

  it('is open when its files ask for no firewall', async () => {
    site.write(CONFIG, 'net0: virtio=BC:24:11:00:01:01,bridge=vmbr0\n');
    expect(await traffic.ringwall('apply', '--only', 'firewall')).toMatchObject({ code: 0 });
    expect(await traffic.tcp('outside', 'vm101', 81)).toEqual(open);
    expect(await traffic.tcp('vm101', 'vm100', 80)).toEqual(open);
  });
});
