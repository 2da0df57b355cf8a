import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRoute, type RoutePort } from '../../src/netlink/index.js';
import { LinksWorld } from '../support/links-world.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { desiredOf } from '../unit/bridges/site.js';

describe('what interfaces files say of devices, in the full kernel', () => {
  let netns: TestNamespace;
  let port: RoutePort;
  let world: LinksWorld;
  beforeEach(() => {
    netns = makeNamespace();
    for (const [at, name] of ['en0', 'en1', 'en7'].entries()) {
      netns.ip('link', 'add', name, 'address', `02:00:00:00:00:1${at}`, 'type', 'dummy');
    }
    port = openRoute(netns.name);
    world = new LinksWorld(port);
  });
  afterEach(() => {
    port.close();
    netns.remove();
  });
  const bring = async (text: string): Promise<void> => {
    await world.apply(desiredOf(text).links);
  };
  const find = async (name: string) => (await world.read()).links.find((link) => link.name === name);

  test('a bridge that learns no guest is told where it is, and told no more when the line goes', async () => {
    const guest = { 'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:00:01,bridge=br\n' };
    const links = (value: string) =>
      desiredOf(
        `auto br\niface br\n\tbridge-ports en0\n\tbridge-vlan-aware yes\n\tbridge-disable-mac-learning ${value}\n`,
        guest,
      ).links;
    const told = async () => (await world.read()).forwarding.filter(({ link }) => link === 'tap100i0');
    netns.ip('link', 'add', 'tap100i0', 'type', 'dummy');
    await world.apply(links('yes'));
    expect(await find('tap100i0')).toMatchObject({ master: 'br', port: { learning: false, unicastFlood: false } });
    expect(await told()).toContainEqual({ link: 'tap100i0', mac: 'bc:24:11:00:00:01', of: 'master' });
    const count = world.applied;
    await world.apply(links('yes'));
    expect(world.applied).toBe(count);
    await world.apply(links('no'));
    expect(await find('tap100i0')).toMatchObject({ port: { learning: true, unicastFlood: true } });
    expect(await told()).toEqual([]);
  });

  test('an MTU whose line goes is the one the kernel makes a device with', async () => {
    const vrf = 'auto v\niface v\n\tvrf-table 77\n';
    const vxlan = (ends: string): string => `auto x\niface x\n\tvxlan-id 7\n\tvxlan-physdev en0\n${ends}`;
    const four = vxlan('\tvxlan-local-tunnelip 192.0.2.1\n');
    const six = vxlan('\tvxlan-local-tunnelip 2001:db8::1\n');
    for (const [name, text] of [
      ['v', vrf],
      ['x', four],
      ['x', six],
    ] as const) {
      await bring(text);
      const made = (await find(name))?.mtu;
      await bring(`${text}\tmtu 1300\n`);
      expect((await find(name))?.mtu).toBe(1300);
      await bring(text);
      expect((await find(name))?.mtu).toBe(made);
    }
  });
});
