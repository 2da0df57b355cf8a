import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../../src/ports/index.js';
import { spellInterval } from '../../../src/ruleset/index.js';
import type { AddressRange, NodeNetwork } from '../../../src/site/index.js';
import { readSite } from '../../../src/site/index.js';

const INTERFACES = `auto lo
iface lo inet loopback
iface eth0 inet manual
iface vmbr0 inet static
	address 192.0.2.10/24
	gateway 192.0.2.1
	bridge-ports eth0
iface vmbr0 inet6 static
	address 2001:db8::10/64
iface eth1 inet static
	address 10.5.0.10
	netmask 255.255.0.0
`;

const node = (name: string, ...rings: string[]): string =>
  `  node {\n    name: ${name}\n${rings.map((ring, link) => `    ring${link}_addr: ${ring}\n`).join('')}  }\n`;
const corosync = (transport: string, ...nodes: string[]): string =>
  `totem {\n  version: 2\n${transport}}\nnodelist {\n${nodes.join('')}}\n`;

function network(files: Readonly<Record<string, string>>): NodeNetwork {
  const all = { 'etc/network/interfaces': INTERFACES, 'etc/pve/nodes/pve1/host.fw': '', ...files };
  const rooted = Object.fromEntries(Object.entries(all).map(([path, text]) => [`/${path}`, text]));
  return readSite(memoryFiles(rooted), { root: '/', hostname: 'elsewhere', now: 0 }).site.network;
}

const spell = (range: AddressRange | null | undefined): string | null =>
  range == null
    ? null
    : spellInterval(range.family === 4 ? 'ipv4_addr' : 'ipv6_addr', range.family === 4 ? 32 : 128, range.interval);

/** Spec firewall.md 5.5: corosync ring 0, else `etc/hosts`, else the bridge with the default route. */
describe("the node's own address and its local network", () => {
  it.each<[string, Readonly<Record<string, string>>, string | null, string | null]>([
    ['the bridge with the default route', {}, '192.0.2.10', '192.0.2.0/24'],
    [
      'hosts before the bridge',
      { 'etc/hosts': '10.5.0.10 pve1.example pve1 # this one\n' },
      '10.5.0.10',
      '10.5.0.0/16',
    ],
    ['loopback names in hosts are none', { 'etc/hosts': '127.0.1.1 pve1\n::1 pve1\n' }, '192.0.2.10', '192.0.2.0/24'],
    [
      'the first line of hosts',
      { 'etc/hosts': '2001:db8::10 pve1\n10.5.0.10 pve1\n' },
      '2001:db8::10',
      '2001:db8::/64',
    ],
    [
      'other names in hosts are of no use',
      { 'etc/hosts': '10.5.0.10 pve12\n#10.5.0.10 pve1\n' },
      '192.0.2.10',
      '192.0.2.0/24',
    ],
    [
      'ring 0 before hosts',
      { 'etc/hosts': '10.5.0.10 pve1\n', 'etc/pve/corosync.conf': corosync('', node('pve1', '192.0.2.10')) },
      '192.0.2.10',
      '192.0.2.0/24',
    ],
    [
      'ring 0 by a name of hosts',
      { 'etc/hosts': '10.5.0.10 ring\n', 'etc/pve/corosync.conf': corosync('', node('pve1', 'ring')) },
      '10.5.0.10',
      '10.5.0.0/16',
    ],
    [
      'a ring that cannot be resolved is none',
      { 'etc/pve/corosync.conf': corosync('', node('pve1', 'nowhere')) },
      '192.0.2.10',
      '192.0.2.0/24',
    ],
    [
      "another node's ring is none",
      { 'etc/pve/corosync.conf': corosync('', node('pve2', '10.5.0.11')) },
      '192.0.2.10',
      '192.0.2.0/24',
    ],
    ['an address no interface has', { 'etc/hosts': '198.51.100.1 pve1\n' }, '198.51.100.1', null],
    [
      'the alias local_network',
      { 'etc/pve/firewall/cluster.fw': '[ALIASES]\nLOCAL_network 10.9.0.0/16\n' },
      '192.0.2.10',
      '10.9.0.0/16',
    ],
    [
      'an alias of a guest is none',
      {
        'etc/pve/nodes/pve1/qemu-server/100.conf': '',
        'etc/pve/firewall/100.fw': '[ALIASES]\nlocal_network 10.9.0.0/16\n',
      },
      '192.0.2.10',
      '192.0.2.0/24',
    ],
    ['no file at all', { 'etc/network/interfaces': '' }, null, null],
    [
      'a sourced file',
      {
        'etc/network/interfaces': 'source interfaces.d/*\n',
        'etc/network/interfaces.d/vm':
          'iface vmbr7 inet static\n address 10.7.0.1/8\n gateway 10.0.0.1\n bridge-ports none\n',
      },
      '10.7.0.1',
      '10.0.0.0/8',
    ],
    [
      'a sourced directory is passed over, and no `..` leads out of the root',
      {
        'etc/network/interfaces': 'source interfaces.d/*\nsource-directory ../../../../etc/network/more\n',
        'etc/network/interfaces.d/old/vm':
          'iface vmbr8 inet static\n address 10.8.0.1/8\n gateway 10.0.0.1\n bridge-ports none\n',
        'etc/network/more/vm': 'iface vmbr7 inet static\n address 10.7.0.1/8\n gateway 10.0.0.1\n bridge-ports none\n',
      },
      '10.7.0.1',
      '10.0.0.0/8',
    ],
    [
      'a link with the default route that is no bridge is none',
      { 'etc/network/interfaces': 'iface eth0 inet static\n address 10.7.0.1/8\n gateway 10.0.0.1\n' },
      null,
      null,
    ],
  ])('%s', (_, files, address, local) => {
    const read = network(files);
    expect(spell(read.address)).toBe(address);
    expect(spell(read.local?.network)).toBe(local);
  });
});

/** Spec firewall.md 5.8. */
describe('corosync', () => {
  const links = (text: string, hosts = '') =>
    network({ 'etc/pve/corosync.conf': text, 'etc/hosts': hosts }).corosync?.links.map(({ link, own, peers }) => [
      link,
      spell(own),
      ...peers.map(spell),
    ]);

  it('speaks link by link, and never to itself', () => {
    expect(
      links(
        corosync(
          '',
          node('pve2', '10.0.0.2', '10.1.0.2'),
          node('pve1', '10.0.0.1', '10.1.0.1'),
          node('pve3', '10.0.0.3'),
        ),
      ),
    ).toEqual([
      [0, '10.0.0.1', '10.0.0.2', '10.0.0.3'],
      [1, '10.1.0.1', '10.1.0.2'],
    ]);
  });

  it('leaves out what has no address, or one of another family', () => {
    expect(
      links(
        corosync(
          '',
          node('pve1', 'one', '2001:db8::1', 'nowhere'),
          node('pve2', 'two', '10.1.0.2', '10.2.0.2'),
          node('pve3', 'three'),
        ),
        '10.0.0.1 one\n10.0.0.2 two\n',
      ),
    ).toEqual([
      [0, '10.0.0.1', '10.0.0.2'],
      [1, '2001:db8::1'],
    ]);
  });

  it.each([
    ['', 'knet'],
    ['  transport: knet\n', 'knet'],
    ['  transport: udp\n', 'udp'],
    ['  transport: udpu\n', 'udpu'],
  ])('%j is %s', (transport, expected) => {
    expect(
      network({ 'etc/pve/corosync.conf': corosync(transport, node('pve1', '10.0.0.1')) }).corosync?.transport,
    ).toBe(expected);
  });

  it('is none where this node is not in it', () => {
    expect(network({ 'etc/pve/corosync.conf': corosync('', node('pve2', '10.0.0.2')) }).corosync).toBeNull();
    expect(network({}).corosync).toBeNull();
  });
});
