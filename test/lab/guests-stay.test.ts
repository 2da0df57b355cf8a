import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CurrentLink,
  type CurrentLinks,
  type Forwarding,
  linkDifferences,
  mergeGoal,
  noLinks,
  planLinks,
} from '../../src/bridges/index.js';
import { openRoute, type RoutePort } from '../../src/netlink/index.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { countWhile, type Stream } from '../support/frame-streams.js';
import { runHere } from '../support/in-process.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { type FrameSocket, openFrames } from '../support/raw-frames.js';

const macs = { vm101: 'bc:24:11:00:01:01', vm102: 'bc:24:11:00:01:02', outside: 'bc:24:11:ff:ff:01' } as const;
type Machine = keyof typeof macs;
const machines: readonly Machine[] = ['vm101', 'vm102', 'outside'];

interface Wanted {
  readonly vids?: string;
  readonly bond?: string;
  readonly address?: string;
  readonly more?: string;
}

const interfaces = ({ vids = '2-4094', bond = 'bond-miimon 100', address = '', more = '' }: Wanted = {}): string => `
auto bond0
iface bond0 inet manual
	bond-slaves en0 en1
	bond-mode active-backup
	bond-primary en0
	${bond}

auto vmbr0
iface vmbr0 inet static
	address 192.0.2.10/24
	${address}
	bridge-ports bond0
	bridge-stp off
	bridge-fd 0
	bridge-vlan-aware yes
	bridge-vids ${vids}

auto vmbr1
iface vmbr1 inet static
	address 198.51.100.1/24
	bridge-ports none
${more}`;

const vlan30 = `
auto vmbr0.30
iface vmbr0.30 inet static
	address 203.0.113.1/24
`;

const changes: readonly (readonly [what: string, wanted: Wanted])[] = [
  ['an address', { address: 'address 192.0.2.11/24' }],
  ['an address of another bridge', { more: '\taddress 198.51.100.2/24\n' }],
  ['a VLAN device', { more: vlan30 }],
  ['options of the bond', { bond: 'bond-miimon 50\n\tbond-updelay 200\n\tbond-xmit-hash-policy layer3+4' }],
  ['bridge-vids', { vids: '10 20 30-50' }],
  [
    'all of them',
    { address: 'address 192.0.2.12/24', more: vlan30, bond: 'bond-miimon 200', vids: '5 10-20 100-4000' },
  ],
  ['everything as it was', {}],
];

/** What Proxmox VE does when it plugs a guest's port into a bridge that filters VLANs. */
function plug(host: TestNamespace, port: string, own: string, vlans: readonly string[]): void {
  host.ip('link', 'set', port, 'master', 'vmbr0');
  const commands = [
    `vlan del dev ${port} vid 1-4094`,
    ...vlans.map((words) => `vlan add dev ${port} vid ${words}`),
    `link set dev ${port} learning off flood off`,
    `fdb append ${own} dev ${port} master static`,
  ];
  host.run('/usr/sbin/bridge', ['-batch', '-'], commands.join('\n'));
}

const ports = ['tap101i0', 'tap102i0'] as const;

const byVlan = (one: Forwarding, other: Forwarding): number => (one.vlan ?? 0) - (other.vlan ?? 0);

/** All that a guest's port has. */
function plugged({ links, forwarding }: CurrentLinks) {
  return ports.map((name) => {
    const link: CurrentLink | undefined = links.find((known) => known.name === name);
    return { ...link, forwarding: forwarding.filter((entry) => entry.link === name).sort(byVlan) };
  });
}

describe('guests stay', () => {
  let site: TestSite;
  const namespaces = new Map<'host' | Machine, TestNamespace>();
  const sockets = new Map<Machine, FrameSocket>();
  let route: RoutePort;
  let streams: readonly Stream[];

  const namespace = (name: 'host' | Machine): TestNamespace => {
    const known = namespaces.get(name) ?? makeNamespace();
    namespaces.set(name, known);
    return known;
  };
  const ringwall = async (...args: string[]): Promise<string> => {
    const options = ['--root', site.root, '--state', site.state, '--netns', namespace('host').name];
    const { code, out, err } = await runHere([...args, ...options]);
    expect(code, err).toBe(0);
    return out;
  };
  const apply = (wanted: Wanted): Promise<string> => {
    site.write('etc/network/interfaces', interfaces(wanted));
    return ringwall('apply', '--yes');
  };
  /** Frames that flow while something is done: nothing is lost, and nothing comes where it should not. */
  const losesNothing = async (work: () => Promise<void>): Promise<void> => {
    const counted = await countWhile(streams, work);
    for (const [name, { sent, ...rest }] of counted) {
      expect(sent, name).toBeGreaterThan(50);
      expect(rest, name).toEqual({ lost: 0, stray: 0 });
    }
  };

  beforeAll(async () => {
    site = makeSite({
      'etc/pve/nodes/pve1/qemu-server/101.conf': `net0: virtio=${macs.vm101.toUpperCase()},bridge=vmbr0,tag=10\n`,
      'etc/pve/nodes/pve1/qemu-server/102.conf': `net0: virtio=${macs.vm102.toUpperCase()},bridge=vmbr0,trunks=10;20\n`,
      'etc/network/interfaces': interfaces(),
    });
    const host = namespace('host');
    const outside = namespace('outside');
    outside.ip('link', 'add', 'switch', 'type', 'bridge');
    outside.ip('link', 'add', 'nic', 'type', 'veth', 'peer', 'name', 'sw-nic');
    for (const card of ['en0', 'en1']) {
      host.ip('link', 'add', card, 'type', 'veth', 'peer', 'name', `sw-${card}`, 'netns', outside.name);
    }
    for (const port of ['sw-nic', 'sw-en0', 'sw-en1']) outside.ip('link', 'set', port, 'master', 'switch', 'up');
    outside.ip('link', 'set', 'switch', 'up');
    outside.ip('link', 'set', 'nic', 'up');
    for (const [name, port] of [
      ['vm101', 'tap101i0'],
      ['vm102', 'tap102i0'],
    ] as const) {
      const guest = namespace(name);
      host.ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'nic', 'netns', guest.name);
      guest.ip('link', 'set', 'nic', 'address', macs[name], 'up');
      host.run('/usr/sbin/sysctl', ['-qw', `net.ipv6.conf.${port}.disable_ipv6=1`]);
      host.ip('link', 'set', port, 'up');
    }
    for (const name of machines) sockets.set(name, openFrames(namespace(name).name, 'nic'));
    const stream = (from: Machine, to: Machine, tag: number | null): Stream => {
      const [sender, receiver] = [sockets.get(from), sockets.get(to)];
      if (sender === undefined || receiver === undefined) throw new Error('no socket');
      return { name: `${from} to ${to}`, from: sender, source: macs[from], to: receiver, dest: macs[to], tag };
    };
    streams = [
      stream('vm101', 'vm102', null),
      stream('vm102', 'vm101', 10),
      stream('vm101', 'outside', null),
      stream('outside', 'vm101', 10),
      stream('vm102', 'outside', 20),
      stream('outside', 'vm102', 20),
    ];
    route = openRoute(host.name);
  });
  afterAll(() => {
    for (const socket of sockets.values()) socket.close();
    route?.close();
    for (const one of namespaces.values()) one.remove();
    site?.remove();
  });

  it('where Proxmox VE plugs a guest, ringwall would have plugged it', async () => {
    const host = namespace('host');
    for (const port of ports) host.ip('link', 'set', port, 'down');
    expect(await apply({})).toContain('tap101i0');
    const own = plugged(await route.read());
    plug(host, 'tap101i0', macs.vm101, ['10 pvid untagged']);
    plug(host, 'tap102i0', macs.vm102, ['10', '20', '1 pvid untagged']);
    expect(plugged(await route.read())).toMatchObject(own.map(({ vlans, master }) => ({ vlans, master })));
    expect(await apply({})).toContain('no changes');
  });

  it.each(changes)('%s changes', async (_what, wanted) => {
    const before = plugged(await route.read());
    await losesNothing(async () => {
      expect(await apply(wanted)).toMatch(/created|updated|deleted/);
    });
    expect(plugged(await route.read())).toEqual(before);
  });

  it('the last change is taken back', async () => {
    const before = plugged(await route.read());
    await losesNothing(async () => {
      await ringwall('rollback');
    });
    expect(plugged(await route.read())).toEqual(before);
  });

  it('a bridge that is deleted and made again has all its ports again, with all they had', async () => {
    const before = await route.read();
    const { steps } = planLinks({ ...mergeGoal(noLinks, noLinks, before), gone: ['vmbr0'] }, before);
    const deletion = steps.find(({ operation }) => operation.kind === 'delete link');
    expect(deletion?.inverse).toContainEqual({ kind: 'set master', link: 'tap101i0', master: 'vmbr0' });
    const operations = deletion === undefined ? [] : [deletion.operation, ...deletion.inverse];
    expect(await route.perform(operations, () => true)).toMatchObject({ refusal: null });
    expect(linkDifferences(before, await route.read())).toEqual([]);
    expect(plugged(await route.read())).toEqual(plugged(before));
    await losesNothing(() => sleep(1000));
  });

  it('where somebody else deletes a bridge, its guests are on it again, with their tags and trunks', async () => {
    const before = plugged(await route.read());
    namespace('host').ip('link', 'delete', 'vmbr0');
    await apply({});
    const tags = before.map(({ vlans, master }) => ({ vlans, master }));
    expect(plugged(await route.read())).toMatchObject(tags);
    // Until the new bridge has learned where they are, it sends frames to every port of their VLAN.
    const counted = await countWhile(streams, () => sleep(1000));
    expect([...counted.values()].map(({ lost }) => lost)).toEqual(streams.map(() => 0));
  });
});
