import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../../src/demo/index.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { guestWorld, Traffic } from '../support/world.js';

const GUEST = 'etc/pve/firewall/100.fw';

const files = {
  'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n',
  [GUEST]: '[OPTIONS]\nenable: 1\nlayer2_protocols: LLDP\n',
  'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
  'etc/network/interfaces': 'auto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports eth0\n',
};

describe('layer2_protocols', () => {
  let site: TestSite;
  let world: World;
  let traffic: Traffic;

  beforeAll(async () => {
    site = makeSite(files);
    world = guestWorld();
    traffic = new Traffic(world, site);
    await world.build();
    await traffic.listen('outside', [80], []);
  });
  afterAll(() => {
    world?.remove();
    site?.remove();
  });

  const forgetNeighbours = (): void => {
    const guest = `${world.netns.replace(/-host$/, '')}-vm100`;
    execFileSync('/usr/sbin/ip', ['-n', guest, '-4', 'neighbour', 'flush', 'dev', 'eth0']);
  };

  it('without ARP in the list IPv4 finds nobody, and IPv6 is untouched', async () => {
    await expect(traffic.ringwall('apply')).rejects.toThrow('1 warning');
    forgetNeighbours();
    expect(await traffic.tcpInVain('vm100', 'outside', 80)).toEqual(['timeout', 'open']);
  });

  it('with ARP both are there', async () => {
    site.write(GUEST, files[GUEST].replace('LLDP', 'LLDP,ARP'));
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
    forgetNeighbours();
    expect(await traffic.tcp('vm100', 'outside', 80)).toEqual(['open', 'open']);
  });
});
