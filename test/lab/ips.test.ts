import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../../src/demo/index.js';
import { openNftables } from '../../src/netlink/index.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { QueueListener } from '../support/nfqueue.js';
import { guestWorld, Traffic } from '../support/world.js';

const GUEST = 'etc/pve/firewall/100.fw';
const open = ['open', 'open'];
const timeout = ['timeout', 'timeout'];

describe('a guest with ips', () => {
  let site: TestSite;
  let world: World;
  let traffic: Traffic;

  beforeAll(async () => {
    site = makeSite({
      'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n\n[group web]\nIN ACCEPT -p tcp -dport 80\n',
      [GUEST]: '[OPTIONS]\nenable: 1\nips: 1\nips_queues: 5\n\n[RULES]\nGROUP web\n',
      'etc/pve/firewall/200.fw': '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p tcp -dport 82\n',
      'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
      'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:02:00,firewall=1\n',
      'etc/network/interfaces': 'iface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports eth0\n',
    });
    world = guestWorld();
    traffic = new Traffic(world, site);
    await world.build();
    await Promise.all([
      traffic.listen('outside', [80], []),
      traffic.listen('vm100', [80, 81], []),
      traffic.listen('ct200', [82], []),
    ]);
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0, answer: { generation: 1 } });
  });
  afterAll(() => {
    world?.remove();
    site?.remove();
  });

  it('is told as in force', async () => {
    expect(await traffic.ringwall('status')).toMatchObject({ code: 0, answer: { drift: [] } });
    expect(await traffic.ringwall('plan')).toMatchObject({ code: 0 });
  });

  it('passes what its rules say while nobody listens', async () => {
    expect(await traffic.decided(() => traffic.tcp('outside', 'vm100', 80))).toEqual({
      outcome: open,
      by: 'cluster.fw:5',
    });
    expect(await traffic.tcpInVain('outside', 'vm100', 81)).toEqual(timeout);
    expect(await queued(world)).toBeGreaterThanOrEqual(4n);
  });

  it('passes what the listener accepts, and what the rules drop never comes there', async () => {
    const listener = await QueueListener.open(world.netns, 5);
    try {
      expect(await traffic.tcp('outside', 'vm100', 80)).toEqual(open);
      // Of each connection at least the SYN and one packet of the established connection.
      expect(listener.ports.filter((port) => port === 80).length).toBeGreaterThanOrEqual(4);
      expect(await traffic.tcp('vm100', 'outside', 80)).toEqual(open);
      expect(await traffic.tcpInVain('outside', 'vm100', 81)).toEqual(timeout);
      expect(await traffic.tcp('outside', 'ct200', 82)).toEqual(open);
      expect(listener.ports.filter((port) => port === 81 || port === 82)).toEqual([]);
    } finally {
      listener.close();
    }
  });

  it('loses what the listener drops, answers to its own connections included', async () => {
    await traffic.hold('kept', 'outside', 'vm100', 80);
    const listener = await QueueListener.open(world.netns, 5);
    listener.verdict = 'drop';
    try {
      expect(await traffic.tcpInVain('outside', 'vm100', 80)).toEqual(timeout);
      expect(await traffic.tcpInVain('vm100', 'outside', 80)).toEqual(timeout);
      expect(await traffic.tcp('outside', 'ct200', 82)).toEqual(open);
      expect(listener.ports.filter((port) => port === 80).length).toBeGreaterThanOrEqual(2);
    } finally {
      listener.close();
    }
    expect(await traffic.say('kept', 'outside')).toBe('answered');
    expect(await traffic.tcp('outside', 'vm100', 80)).toEqual(open);
  });

  it('without the option has no queue any more, and keeps the connection', async () => {
    await traffic.hold('after', 'outside', 'vm100', 80);
    site.write(GUEST, '[OPTIONS]\nenable: 1\n\n[RULES]\nGROUP web\n');
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0, answer: { generation: 2 } });
    const listener = await QueueListener.open(world.netns, 5);
    listener.verdict = 'drop';
    try {
      expect(await traffic.say('after', 'outside')).toBe('answered');
      expect(listener.ports).toEqual([]);
    } finally {
      listener.close();
    }
  });
});

/** How many packets the queue's rule counted. */
async function queued({ netns }: World): Promise<bigint> {
  const nftables = openNftables(netns);
  try {
    const { tables } = await nftables.read();
    const chains = tables.find(({ family }) => family === 'bridge')?.chains ?? [];
    return chains.find(({ name }) => name === 'guest-100-ips')?.rules[0]?.counter?.packets ?? 0n;
  } finally {
    nftables.close();
  }
}
