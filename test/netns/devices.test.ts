import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRoute, type RoutePort } from '../../src/netlink/index.js';
import { LinksWorld } from '../support/links-world.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { desiredOf } from '../unit/bridges/site.js';

describe('what interfaces files say of devices, in this kernel', () => {
  let netns: TestNamespace;
  let port: RoutePort;
  let world: LinksWorld;
  beforeEach(() => {
    netns = makeNamespace();
    for (const [at, name] of ['en0', 'en1', 'en7'].entries()) {
      netns.ip(
        'link',
        'add',
        'name',
        name,
        'address',
        `02:00:00:00:00:1${at}`,
        'type',
        'veth',
        'peer',
        'name',
        `far${at}`,
      );
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

  test('ports by pattern are those that match, and leave with the pattern', async () => {
    await bring('auto br\niface br\n\tbridge-ports regex en[01]\n\tbridge-learning off\n');
    expect(await find('en0')).toMatchObject({ master: 'br', port: { learning: false } });
    expect(await find('en1')).toMatchObject({ master: 'br' });
    expect(await find('en7')).toMatchObject({ master: null });
    await bring('auto br\niface br\n\tbridge-ports en1\n');
    expect(await find('en0')).toMatchObject({ master: null });
  });

  test('a bridge that is there keeps its MAC address when a port with a lower one comes', async () => {
    netns.ip('link', 'add', 'name', 'br', 'type', 'bridge');
    netns.ip('link', 'set', 'en7', 'master', 'br');
    expect(await find('br')).toMatchObject({ mac: '02:00:00:00:00:12' });
    await bring('auto br\niface br\n\tbridge-ports en7 en0\n');
    expect(await find('en0')).toMatchObject({ master: 'br' });
    netns.ip('link', 'add', 'name', 'tap100i0', 'address', '02:00:00:00:00:01', 'type', 'veth', 'peer', 'name', 'far9');
    netns.ip('link', 'set', 'tap100i0', 'master', 'br');
    expect(await find('br')).toMatchObject({ mac: '02:00:00:00:00:12' });
    await bring('auto br\niface br\n\tbridge-ports en0\n');
    expect(await find('br')).toMatchObject({ mac: '02:00:00:00:00:12' });
  });

  test('the other end of a veth pair needs no stanza to be a port', async () => {
    await bring('auto a\niface a\n\tlink-type veth\n\tveth-peer-name b\nauto br\niface br\n\tbridge-ports b\n');
    expect(await find('b')).toMatchObject({ master: 'br', up: true, device: { kind: 'veth', peer: 'a' } });
    await bring('auto a\niface a\n\tlink-type veth\n\tveth-peer-name b\nauto br\niface br\n\tbridge-ports none\n');
    expect(await find('b')).toMatchObject({ master: null });
  });

  test('a bridge that learns no guest is told where it is, and told no more when the line goes', async () => {
    const guest = { 'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:00:01,bridge=br\n' };
    const links = (value: string) =>
      desiredOf(`auto br\niface br\n\tbridge-ports en0\n\tbridge-disable-mac-learning ${value}\n`, guest).links;
    const told = async () => (await world.read()).forwarding.filter(({ link }) => link === 'tap100i0');
    netns.ip('link', 'add', 'name', 'tap100i0', 'type', 'veth', 'peer', 'name', 'far9');
    await world.apply(links('no'));
    netns.run('bridge', ['fdb', 'add', 'bc:24:11:00:00:01', 'dev', 'tap100i0', 'master', 'dynamic']);
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
});
