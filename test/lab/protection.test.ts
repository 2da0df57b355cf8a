import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../../src/demo/index.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { guestWorld, type Machine, machines, office, Traffic } from '../support/world.js';

const BURST = 20;

const files = {
  'etc/network/interfaces':
    'iface eth0 inet manual\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports eth0\n',
  'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -p tcp -dport 80\n',
  'etc/pve/nodes/pve1/host.fw': `[OPTIONS]
protection_synflood: 1
protection_synflood_rate: 1
protection_synflood_burst: ${BURST}
`,
  'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
  'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:02:00,bridge=vmbr0\n',
  'etc/pve/firewall/100.fw': '[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -p tcp -dport 80\n',
};

describe('protection_synflood', { timeout: 60_000 }, () => {
  let site: TestSite;
  let world: World;
  let traffic: Traffic;

  beforeAll(async () => {
    site = makeSite(files);
    world = guestWorld();
    traffic = new Traffic(world, site);
    await world.build();
    for (const machine of ['host', 'vm100', 'ct200'] as const) await traffic.listen(machine, [80], []);
    // Neighbours are found before anything is counted.
    for (const to of ['host', 'vm100', 'ct200'] as const) {
      expect(await traffic.tcp('outside', to, 80, { source: office })).toEqual(['open', 'open']);
    }
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
  });
  afterAll(() => {
    world?.remove();
    site?.remove();
  });

  /** How many of twice the burst of connections at once come about, none of them tried again. */
  async function flood(from: Machine, to: Machine, family: 4 | 6): Promise<{ open: number; seconds: number }> {
    const start = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: 2 * BURST }, () =>
        world.station(from).perform({
          kind: 'connect',
          target: { address: machines[to][family], port: 80 },
          // The kernel sends a lost SYN again after a second.
          patience: 950,
        }),
      ),
    );
    return {
      open: outcomes.filter((outcome) => outcome === 'open').length,
      seconds: Math.ceil((performance.now() - start) / 1000),
    };
  }

  async function floodIsCut(from: Machine, to: Machine, family: 4 | 6): Promise<void> {
    const { open, seconds } = await flood(from, to, family);
    expect(open).toBeGreaterThanOrEqual(BURST);
    // One more for each second that the flood took.
    expect(open).toBeLessThanOrEqual(BURST + seconds);
  }

  it('cuts a flood of one source to a guest behind a bridge, and lets another source in', async () => {
    await floodIsCut('outside', 'vm100', 4);
    await floodIsCut('outside', 'vm100', 6);
    expect(await traffic.tcp('outside', 'vm100', 80, { source: office })).toEqual(['open', 'open']);
  });

  it('counts by address in IPv4 and by network in IPv6', async () => {
    const [v4, v6] = await Promise.all(([4, 6] as const).map((family) => flood('ct200', 'vm100', family)));
    expect(v4?.open).toBeGreaterThanOrEqual(BURST);
    // `outside` is in the same /64, and has used up its burst.
    expect(v6?.open).toBeLessThan(BURST);
  });

  it('cuts what the host sees, and what passes between guests without a firewall', async () => {
    const { open } = await flood('outside', 'host', 4);
    expect(open).toBeLessThan(BURST);
    expect(await traffic.tcp('outside', 'host', 80, { source: office })).toEqual(['open', 'open']);
    await floodIsCut('host', 'host', 4);
    await floodIsCut('vm100', 'ct200', 4);
  });

  it('is in force as applied, whatever the kernel has put into its sets', async () => {
    expect(await traffic.ringwall('plan')).toMatchObject({ code: 0, answer: { changes: [] } });
    expect(await traffic.ringwall('status')).toMatchObject({ code: 0, answer: { drift: [] } });
    site.write('etc/pve/firewall/cluster.fw', '[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -p tcp -dport 80:81\n');
    expect(await traffic.ringwall('apply')).toMatchObject({ answer: { changed: 1 } });
    expect((await flood('outside', 'vm100', 4)).open).toBeLessThan(BURST);
  });

  it('takes another rate at once, also for sources it has counted', async () => {
    const host = files['etc/pve/nodes/pve1/host.fw'].replace('rate: 1\n', 'rate: 1000\n');
    site.write('etc/pve/nodes/pve1/host.fw', host.replace(`burst: ${BURST}`, 'burst: 1000'));
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
    expect(await traffic.tcp('outside', 'vm100', 80)).toEqual(['open', 'open']);
    expect((await flood('outside', 'vm100', 4)).open).toBe(2 * BURST);
  });
});

const DATA = 40_000;

describe('nf_conntrack_helpers', { timeout: 60_000 }, () => {
  const allow = '[RULES]\nIN ACCEPT -p tcp -dport 21\n';
  const off = '[OPTIONS]\nenable: 1\n';
  const on = `${off}nf_conntrack_helpers: ftp, tftp\n`;
  const HOST = 'etc/pve/nodes/pve1/host.fw';
  let site: TestSite;
  let world: World;
  let traffic: Traffic;

  beforeAll(async () => {
    site = makeSite({
      ...files,
      'etc/pve/firewall/cluster.fw': `[OPTIONS]\nenable: 1\n${allow}`,
      'etc/pve/firewall/100.fw': `[OPTIONS]\nenable: 1\n${allow}`,
      [HOST]: off,
    });
    world = guestWorld();
    traffic = new Traffic(world, site);
    await world.build();
    for (const machine of ['host', 'vm100'] as const) await traffic.listen(machine, [21, DATA], []);
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
  });
  afterAll(() => {
    world?.remove();
    site?.remove();
  });

  let flows = 0;
  /**
   * As FTP's passive mode: over the control connection the server announces a port, the client connects to it. The
   * server is one that says what it hears, which the helper cannot tell from one with words of its own.
   */
  async function transfer(from: Machine, to: Machine, family: 4 | 6): Promise<string> {
    const station = world.station(from);
    const address = machines[to][family];
    flows += 1;
    const flow = `control ${flows}`;
    const patience = 20_000;
    expect(await station.perform({ kind: 'hold', flow, target: { address, port: 21 }, patience })).toBe('open');
    const port = `${DATA >> 8},${DATA & 255}`;
    const announced =
      family === 4
        ? `227 Entering Passive Mode (${address.replaceAll('.', ',')},${port})\r\n`
        : `229 Entering Extended Passive Mode (|||${DATA}|)\r\n`;
    for (const words of ['220 ready\r\n', announced]) {
      expect(await station.perform({ kind: 'say', flow, words, patience })).toBe('answered');
    }
    return station.perform({ kind: 'connect', target: { address, port: DATA }, patience: 2000 });
  }

  const ways = (['outside', 'host'] as const).flatMap((from) =>
    (['vm100', 'host'] as const)
      .filter((to) => to !== from)
      .flatMap((to) => ([4, 6] as const).map((family) => [from, to, family] as const)),
  );

  it.each(ways)('without helpers the data connection of %s to %s is dropped, IPv%i', async (from, to, family) => {
    expect(await transfer(from, to, family)).toBe('timeout');
  });

  it('are made and assigned by an apply, and then nothing differs', async () => {
    site.write(HOST, on);
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
    expect(await traffic.ringwall('plan')).toMatchObject({ code: 0, answer: { changes: [] } });
  });

  it.each(ways)('with ftp the data connection of %s to %s is related, IPv%i', async (from, to, family) => {
    expect(await transfer(from, to, family)).toBe('open');
  });

  it('open no port: what nobody announced is dropped', async () => {
    expect(await traffic.tcpInVain('outside', 'vm100', DATA)).toEqual(['timeout', 'timeout']);
    expect(await traffic.tcpInVain('outside', 'host', DATA)).toEqual(['timeout', 'timeout']);
  });

  it('go with their line', async () => {
    site.write(HOST, off);
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0 });
    expect(await transfer('outside', 'vm100', 4)).toBe('timeout');
  });
});
