import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { desiredLinks, printLinks } from '../../src/bridges/index.js';
import { openRoute, type RoutePort } from '../../src/netlink/index.js';
import { memoryFiles } from '../../src/ports/index.js';
import { readSite } from '../../src/site/index.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

/** Without VLANs and bonds, which not every kernel has. */
const INTERFACES = `
auto lo
iface lo inet loopback

iface eth0 inet manual
	mtu 1400

iface eth1 inet manual

auto vmbr0
iface vmbr0 inet static
	address 192.0.2.10
	netmask 255.255.255.0
	gateway 192.0.2.1
	bridge-ports eth0 eth1
	bridge-stp off
	bridge-fd 0
	pre-up echo not run \\

iface vmbr0 inet6 static
	address 2001:db8::10/64
	gateway fe80::1
	metric 77

auto vmbr1
iface vmbr1 inet static
	address 198.51.100.1/32
	bridge-ports none
	bridge-stp on
	bridge-fd 4
	mtu 1300
`;

describe('links.batch, loaded by ip', () => {
  let namespace: TestNamespace;
  let port: RoutePort;
  beforeEach(() => {
    namespace = makeNamespace();
    port = openRoute(namespace.name);
    for (const name of ['eth0', 'eth1']) {
      namespace.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-far`);
      namespace.ip('link', 'set', `${name}-far`, 'up');
    }
  });
  afterEach(() => {
    port.close();
    namespace.remove();
  });

  test('makes what is desired', async () => {
    const files = memoryFiles({ '/site/etc/network/interfaces': INTERFACES });
    const { links } = desiredLinks(readSite(files, { root: '/site', hostname: 'pve1', now: 0 }).site);
    namespace.run('/usr/sbin/ip', ['-batch', '-'], printLinks(links));

    const current = await port.read();
    expect(current.links.find(({ name }) => name === 'eth0')).toMatchObject({ up: true, mtu: 1400, master: 'vmbr0' });
    expect(current.links.find(({ name }) => name === 'vmbr1')).toMatchObject({
      up: true,
      mtu: 1300,
      device: { kind: 'bridge', options: { stp: true, forwardDelay: 400 } },
    });
    const bridge = (name: string) => namespace.ip('-d', 'link', 'show', name);
    expect(bridge('vmbr0')).toMatch(/forward_delay 0 .*stp_state 0 /);
    expect(bridge('vmbr1')).toMatch(/forward_delay 400 .*stp_state 1 /);
    expect(namespace.ip('route')).toContain('default via 192.0.2.1 dev vmbr0 onlink');
    expect(namespace.ip('-6', 'route')).toMatch(/default via fe80::1 dev vmbr0 metric 77 onlink/);
  });
});
