import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressOf, type LinkOperation, unicastRoute } from '../../src/bridges/index.js';
import { Failure } from '../../src/diagnostics/failure.js';
import { openRoute, RouteError, type RoutePort } from '../../src/netlink/index.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

describe('rtnetlink', () => {
  let namespace: TestNamespace;
  let port: RoutePort;
  beforeEach(() => {
    namespace = makeNamespace();
    port = openRoute(namespace.name);
  });
  afterEach(() => {
    port.close();
    namespace.remove();
  });

  const link = async (name: string) => (await port.read()).links.find((candidate) => candidate.name === name);

  test('opening in a namespace leaves this thread where it was', () => {
    const before = readlinkSync('/proc/thread-self/ns/net');
    openRoute(namespace.name).close();
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before);
    expect(() => openRoute('rwtest-no-such-namespace')).toThrow(expect.objectContaining({ code: 'no-such-netns' }));
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before);
  });

  test('a new namespace has a loopback link only', async () => {
    expect((await port.read()).links).toEqual([
      expect.objectContaining({
        name: 'lo',
        device: { kind: 'other', type: null },
        up: true,
        mtu: 65536,
        mac: '00:00:00:00:00:00',
      }),
    ]);
  });

  test('builds a bridge with a port, and ip agrees', async () => {
    await port.apply({ kind: 'create link', link: 'vmbr0', device: { kind: 'bridge', options: {} } });
    await port.apply({ kind: 'set mac', link: 'vmbr0', mac: '02:00:00:00:00:01' });
    await port.apply({ kind: 'create link', link: 'tap100i0', device: { kind: 'veth', peer: 'eth0' } });
    await port.apply({ kind: 'set mtu', link: 'tap100i0', mtu: 1400 });
    await port.apply({ kind: 'set master', link: 'tap100i0', master: 'vmbr0' });
    for (const name of ['vmbr0', 'tap100i0', 'eth0']) await port.apply({ kind: 'set up', link: name, up: true });

    expect(await link('tap100i0')).toMatchObject({
      device: { kind: 'veth', peer: 'eth0' },
      up: true,
      mtu: 1400,
      master: 'vmbr0',
    });
    expect(await link('vmbr0')).toMatchObject({
      device: { kind: 'bridge' },
      up: true,
      mac: '02:00:00:00:00:01',
      master: null,
    });
    expect((await link('eth0'))?.parentIndex).toBe((await link('tap100i0'))?.index);
    expect(namespace.ip('-o', 'link', 'show', 'master', 'vmbr0')).toMatch(/tap100i0@eth0: .*UP.* mtu 1400 /);

    await port.apply({ kind: 'set master', link: 'tap100i0', master: null });
    expect((await link('tap100i0'))?.master).toBeNull();
    await port.apply({ kind: 'set up', link: 'eth0', up: false });
    expect((await link('eth0'))?.up).toBe(false);
    await port.rename('eth0', 'net0');
    await port.apply({ kind: 'delete link', link: 'net0' });
    expect(await link('tap100i0')).toBeUndefined();
  });

  test('moves a link into another namespace, by name and by process', async () => {
    const other = makeNamespace();
    try {
      await port.apply({ kind: 'create link', link: 'a', device: { kind: 'veth', peer: 'b' } });
      await port.move('b', { name: other.name });
      expect((await port.read()).links.map(({ name }) => name)).toEqual(['lo', 'a']);
      const there = openRoute(other.name);
      expect((await there.read()).links.map(({ name }) => name)).toContain('b');
      there.close();
      await expect(port.move('a', { pid: 2 ** 22 + 1 })).rejects.toMatchObject({
        errno: 'ESRCH',
      });
    } finally {
      other.remove();
    }
  });

  test('the index of a peer in another namespace is not taken for that of a link here', async () => {
    const other = makeNamespace();
    try {
      // Each has the first index that is free in its namespace.
      namespace.ip('link', 'add', 'eth0', 'type', 'bridge');
      namespace.ip('link', 'add', 'veth200i0', 'type', 'veth', 'peer', 'name', 'far', 'netns', other.name);
      expect(await link('veth200i0')).toMatchObject({ device: { kind: 'veth', peer: null }, parentIndex: null });
    } finally {
      other.remove();
    }
  });

  test('what a bridge was told of a station is read, put back, and takes the place of what it learned', async () => {
    const known = (state: string) => ['fdb', state, '02:00:00:00:00:09', 'dev', 'tap100i0', 'master'];
    const told = async () => (await port.read()).forwarding;
    const entry = { link: 'tap100i0', mac: '02:00:00:00:00:09', of: 'master' } as const;
    await port.apply({ kind: 'create link', link: 'vmbr0', device: { kind: 'bridge', options: {} } });
    await port.apply({ kind: 'create link', link: 'tap100i0', device: { kind: 'veth', peer: 'eth0' } });
    await port.apply({ kind: 'set master', link: 'tap100i0', master: 'vmbr0' });
    for (const name of ['vmbr0', 'tap100i0', 'eth0']) await port.apply({ kind: 'set up', link: name, up: true });
    namespace.run('/usr/sbin/bridge', [...known('add'), 'dynamic']);
    expect(await told()).toEqual([]);
    await port.apply({ kind: 'add forwarding', link: 'tap100i0', entry });
    expect(await told()).toEqual([entry]);
    await port.apply({ kind: 'delete forwarding', link: 'tap100i0', entry });
    expect(await told()).toEqual([]);
    namespace.run('/usr/sbin/bridge', [...known('append'), 'static']);
    expect(await told()).toEqual([entry]);
  });

  test('addresses and routes come and go, and ip agrees', async () => {
    await port.apply({ kind: 'create link', link: 'a', device: { kind: 'veth', peer: 'b' } });
    for (const name of ['a', 'b']) await port.apply({ kind: 'set up', link: name, up: true });
    const v4 = { address: '10.9.0.1', length: 24 };
    const v6 = { address: '2001:db8::1', length: 64 };
    await port.apply({ kind: 'add address', link: 'a', address: addressOf(v4) });
    await port.apply({ kind: 'add address', link: 'a', address: addressOf(v6) });
    const gateway = unicastRoute({ destination: null, gateway: '10.9.0.254', link: null });
    await port.apply({ kind: 'add route', route: gateway });
    await port.apply({
      kind: 'add route',
      route: unicastRoute({ destination: { address: '2001:db8:1::', length: 48 }, gateway: '2001:db8::2', link: 'a' }),
    });
    await port.apply({
      kind: 'add route',
      route: unicastRoute({ destination: { address: '10.10.0.0', length: 16 }, gateway: null, link: 'a' }),
    });

    const { addresses, routes: all } = await port.read();
    expect(addresses).toContainEqual(
      expect.objectContaining({ link: 'a', address: '10.9.0.1', prefixLength: 24, scope: 0 }),
    );
    expect(addresses).toContainEqual(expect.objectContaining({ link: 'a', address: '2001:db8::1', prefixLength: 64 }));
    expect(addresses).toContainEqual(expect.objectContaining({ link: 'lo', address: '127.0.0.1', scope: 254 }));
    const routes = all.filter(({ protocol }) => protocol === 4);
    expect(routes).toEqual([
      expect.objectContaining({ family: 4, destination: null, gateway: '10.9.0.254', link: 'a', table: 254 }),
      expect.objectContaining({
        family: 4,
        destination: { address: '10.10.0.0', length: 16 },
        gateway: null,
        link: 'a',
      }),
      expect.objectContaining({
        family: 6,
        destination: { address: '2001:db8:1::', length: 48 },
        gateway: '2001:db8::2',
      }),
    ]);
    expect(namespace.ip('route')).toContain('default via 10.9.0.254 dev a proto static');

    await port.apply({ kind: 'delete route', route: gateway });
    await port.apply({ kind: 'delete address', link: 'a', address: addressOf(v4) });
    expect(namespace.ip('route')).not.toContain('10.9.0');
    expect((await port.read()).addresses.map(({ address }) => address)).not.toContain('10.9.0.1');
  });

  test('a refusal names the request and the errno', async () => {
    await port.apply({ kind: 'create link', link: 'vmbr0', device: { kind: 'bridge', options: {} } });
    const again = port.apply({ kind: 'create link', link: 'vmbr0', device: { kind: 'bridge', options: {} } });
    await expect(again).rejects.toBeInstanceOf(RouteError);
    await expect(again).rejects.toMatchObject({ errno: 'EEXIST', message: 'creating bridge vmbr0: EEXIST' });
    await expect(port.apply({ kind: 'delete link', link: 'absent' })).rejects.toMatchObject({ errno: 'ENODEV' });
    await expect(port.apply({ kind: 'set up', link: 'absent', up: true })).rejects.toMatchObject({ errno: 'ENODEV' });
  });

  test.each([
    ['a name too long', { kind: 'delete link', link: 'sixteen-bytes-xx' }, 'bad-link-name'],
    ['a name with a blank', { kind: 'delete link', link: 'a b' }, 'bad-link-name'],
    [
      'no address',
      { kind: 'add address', link: 'lo', address: addressOf({ address: '10.0.0', length: 8 }) },
      'bad-address',
    ],
    [
      'a prefix too long',
      { kind: 'add address', link: 'lo', address: addressOf({ address: '10.0.0.1', length: 33 }) },
      'bad-address',
    ],
    ['no hardware address', { kind: 'set mac', link: 'lo', mac: '02:00' }, 'bad-address'],
  ] as const satisfies readonly (readonly [string, LinkOperation, string])[])(
    '%s is a failure before anything is sent',
    async (_what, step, code) => {
      const refused = port.apply(step);
      await expect(refused).rejects.toBeInstanceOf(Failure);
      await expect(refused).rejects.toMatchObject({ code });
    },
  );

  test('a namespace path is a failure before anything is sent', async () => {
    await expect(port.move('lo', { name: '../../proc/1/ns/net' })).rejects.toMatchObject({ code: 'bad-netns-name' });
  });

  test('the settings of a link are those its files show, and a written one is read back', async () => {
    await port.apply({ kind: 'create link', link: 'a', device: { kind: 'veth', peer: 'b' } });
    for (const [name, value] of [
      ['ipv4/forwarding', 1],
      ['ipv4/arp_accept', 1],
      ['ipv6/forwarding', 1],
      ['ipv6/accept_ra', 2],
      ['ipv6/autoconf', 0],
      ['ipv6/addr_gen_mode', 1],
      ['ipv6/disable_ipv6', 1],
    ] as const) {
      const [family, setting] = name.split('/');
      const file = `/proc/sys/net/${family}/conf/a/${setting}`;
      const before = Number(namespace.run('/bin/cat', [file]));
      expect((await link('a'))?.sysctls[name], name).toBe(before);
      expect(before, name).not.toBe(value);
      await port.apply({ kind: 'set sysctl', link: 'a', name, value });
      expect(Number(namespace.run('/bin/cat', [file])), name).toBe(value);
      expect((await link('a'))?.sysctls[name], name).toBe(value);
    }
    await expect(
      port.apply({ kind: 'set sysctl', link: 'absent', name: 'ipv4/forwarding', value: 1 }),
    ).rejects.toMatchObject({ errno: 'ENOENT' });
  });

  test("a refusal brings the kernel's own words, where it has some", async () => {
    await port.apply({ kind: 'create link', link: 'br', device: { kind: 'bridge', options: {} } });
    await port.apply({ kind: 'create link', link: 'br2', device: { kind: 'bridge', options: {} } });
    await expect(port.apply({ kind: 'set master', link: 'br2', master: 'br' })).rejects.toMatchObject({
      errno: 'ELOOP',
      detail: 'Can not enslave a bridge to a bridge',
      message: 'putting into br br2: ELOOP (Can not enslave a bridge to a bridge)',
    });
  });

  test('thousands of refusals are all heard', async () => {
    const absent = Array.from({ length: 5000 }, (_, n): LinkOperation => ({ kind: 'delete link', link: `absent${n}` }));
    const heard: string[] = [];
    const excuse = (_operation: LinkOperation, failure: Failure): boolean =>
      heard.push(failure instanceof RouteError ? failure.errno : failure.code) > 0;
    expect(await port.perform(absent, excuse)).toEqual({ tried: absent.length, refusal: null });
    expect(heard).toEqual(absent.map(() => 'ENODEV'));
  });

  test('many readers at once all get their answer', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => port.read()));
    expect(answers.map(({ links }) => links.length)).toEqual(Array.from({ length: 300 }, () => 1));
  });

  test('requests after closing are refused', async () => {
    const closed = openRoute(namespace.name);
    closed.close();
    await expect(closed.read()).rejects.toMatchObject({ code: 'socket-closed' });
  });
});
