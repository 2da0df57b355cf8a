import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSite, type TestSite } from '../support/cli.js';
import { runHere } from '../support/in-process.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import {
  arp,
  type FrameSocket,
  mac,
  neighbor,
  openFrames,
  openLocalUdp,
  type Payload,
  tagged,
  udp4,
  udp6,
} from '../support/raw-frames.js';

const OWN = 'bc:24:11:00:01:00';
const OTHER = 'bc:24:11:66:66:66';
const LINK_LOCAL = 'fe80::be24:11ff:fe00:100';
const Q = 0x8100;
const AD = 0x88a8;
const [RS, NS, NA] = [133, 135, 136];

const files = {
  'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n',
  'etc/pve/nodes/pve1/host.fw': '[RULES]\nIN ACCEPT -p udp -dport 53\n',
  'etc/pve/firewall/100.fw':
    '[OPTIONS]\nenable: 1\n[IPSET ipfilter-net0]\n192.0.2.100\n2001:db8::100\n2001:db8:5::/64\n[RULES]\nIN ACCEPT -p udp -dport 7\n',
  'etc/pve/nodes/pve1/qemu-server/100.conf': `net0: virtio=${OWN},bridge=vmbr0,firewall=1\n`,
  'etc/network/interfaces': 'auto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports eth0\n',
};

/** What a frame is, its payload, and whether it may leave the guest; its source MAC when it is not the guest's. */
type Form = readonly [name: string, payload: Payload, honest: boolean, source?: string];

const outside4 = '192.0.2.1';
const outside6 = '2001:db8::1';
const own4 = udp4('192.0.2.100', outside4);
const bad4 = udp4('192.0.2.101', outside4);
const own6 = udp6('2001:db8::100', outside6);
const bad6 = udp6('2001:db8::101', outside6);

const leaving: readonly Form[] = [
  ['its IPv4', own4, true],
  ['its IPv4 with another MAC', own4, false, OTHER],
  ['another IPv4', bad4, false],
  ['its IPv6', own6, true],
  ['IPv6 of its network', udp6('2001:db8:5::77', outside6), true],
  ['its IPv6 with another MAC', own6, false, OTHER],
  ['another IPv6', bad6, false],
  ['ARP', arp(OWN, '192.0.2.100', outside4), true],
  ['ARP probe', arp(OWN, '0.0.0.0', '192.0.2.100'), true],
  ['ARP announcement', arp(OWN, '192.0.2.100', '192.0.2.100'), true],
  ['ARP of another', arp(OWN, '192.0.2.101', outside4), false],
  ['ARP with another MAC inside', arp(OTHER, '192.0.2.100', outside4), false],
  ['ARP with another MAC outside', arp(OWN, '192.0.2.100', outside4), false, OTHER],
  ['NA', neighbor(NA, LINK_LOCAL, '2001:db8::100', [2, OWN]), true],
  ['NA of its network', neighbor(NA, LINK_LOCAL, '2001:db8:5::9', [2, OWN]), true],
  ['NA without option', neighbor(NA, LINK_LOCAL, LINK_LOCAL), true],
  ['NA of another', neighbor(NA, LINK_LOCAL, '2001:db8::101', [2, OWN]), false],
  ['NA of the router', neighbor(NA, LINK_LOCAL, 'fe80::1', [2, OWN]), false],
  ['NA with another MAC', neighbor(NA, LINK_LOCAL, '2001:db8::100', [2, OTHER]), false],
  ['NS', neighbor(NS, LINK_LOCAL, outside6, [1, OWN]), true],
  ['NS with another MAC', neighbor(NS, LINK_LOCAL, outside6, [1, OTHER]), false],
  ['NS from another', neighbor(NS, 'fe80::1', outside6, [1, OWN]), false],
  ['DAD', neighbor(NS, '::', '2001:db8::100'), true],
  ['DAD of another', neighbor(NS, '::', '2001:db8::101'), false],
  ['RS', neighbor(RS, LINK_LOCAL, null, [1, OWN]), true],
  ['RS without address', neighbor(RS, '::', null), true],
  ['RS with another MAC', neighbor(RS, LINK_LOCAL, null, [1, OTHER]), false],
  ['tagged IPv4', tagged(Q, 5, own4), true],
  ['tagged, another IPv4', tagged(Q, 5, bad4), false],
  ['priority-tagged, another IPv4', tagged(Q, 0, bad4), false],
  ['802.1ad, another IPv4', tagged(AD, 5, bad4), false],
  ['tagged, another IPv6', tagged(Q, 5, bad6), false],
  ['tagged ARP', tagged(Q, 5, arp(OWN, '192.0.2.100', outside4)), true],
  ['tagged ARP of another', tagged(Q, 5, arp(OWN, '192.0.2.101', outside4)), false],
  ['tagged NA of another', tagged(Q, 5, neighbor(NA, LINK_LOCAL, '2001:db8::101', [2, OWN])), false],
  ['double-tagged', tagged(Q, 5, tagged(Q, 6, bad4)), false],
  ['double-tagged 802.1ad', tagged(AD, 5, tagged(Q, 6, bad4)), false],
  ['double-tagged ARP', tagged(Q, 5, tagged(Q, 6, arp(OWN, '192.0.2.101', outside4))), false],
  ['two priority tags', tagged(Q, 0, tagged(Q, 0, bad4)), false],
  ['LLDP', Buffer.from('88cc0200', 'hex'), true],
];

const to100 = (dport: number) => udp4(outside4, '192.0.2.100', 1000, dport);
const arriving: readonly Form[] = [
  ['what a rule accepts', to100(7), true],
  ['what no rule accepts', to100(8), false],
  ['tagged, what a rule accepts', tagged(Q, 5, to100(7)), true],
  ['tagged, what no rule accepts', tagged(Q, 5, to100(8)), false],
  ['double-tagged', tagged(Q, 5, tagged(Q, 6, to100(8))), false],
  ['two priority tags, which Linux takes off', tagged(Q, 0, tagged(Q, 0, to100(8))), false],
  ['ARP', arp(OTHER, outside4, '192.0.2.100'), true],
];

describe('frames made by hand', () => {
  let site: TestSite;
  let host: TestNamespace;
  let guest: TestNamespace;
  let outside: TestNamespace;
  const sockets: Record<'guest' | 'outside', FrameSocket | null> = { guest: null, outside: null };
  let local: ReturnType<typeof openLocalUdp>;

  const ringwall = async (...args: string[]): Promise<void> => {
    const options = ['--root', site.root, '--state', site.state, '--netns', host.name];
    const { code, out, err } = await runHere([...args, ...options]);
    expect(code, out + err).toBe(0);
  };

  const socketAt = (end: 'guest' | 'outside'): FrameSocket => {
    const socket = sockets[end];
    if (socket === null) throw new Error(`${end} has no socket`);
    return socket;
  };

  /** Sends every form from one end; the names of those that reach the other. Each has a destination MAC of its own. */
  const passing = async (forms: readonly Form[], from: 'guest' | 'outside', usual: string): Promise<string[]> => {
    const [sender, receiver] = [socketAt(from), socketAt(from === 'guest' ? 'outside' : 'guest')];
    receiver.received();
    const dest = (index: number) => Buffer.from([0x02, 0xfe, 0, 0, 0, index]);
    for (const [index, [, payload, , source]] of forms.entries())
      sender.send(Buffer.concat([dest(index), mac(source ?? usual), payload]));
    await sleep(1500);
    const seen = new Set(receiver.received().map((frame) => frame.subarray(0, 6).toString('hex')));
    return forms.flatMap(([name], index) => (seen.has(dest(index).toString('hex')) ? [name] : []));
  };
  const names = (forms: readonly Form[]): string[] => forms.map(([name]) => name);
  const honest = (forms: readonly Form[]): string[] => names(forms.filter(([, , passes]) => passes));

  /** Source ports of what comes to the host in frames to addresses a bridge keeps to itself. */
  const pastTheBridge = async (): Promise<number[]> => {
    local.received();
    for (const last of [0x00, 0x02, 0x03, 0x0e])
      socketAt('guest').send(
        Buffer.concat([
          mac('01:80:c2:00:00:00').fill(last, 5),
          mac(OWN),
          udp4('192.0.2.222', '192.0.2.10', 3000 + last, 53),
        ]),
      );
    socketAt('guest').send(Buffer.concat([mac(bridgeMac), mac(OWN), udp4('192.0.2.100', '192.0.2.10', 3999, 53)]));
    await sleep(1000);
    return local.received().map((packet) => packet.readUInt16BE(20));
  };
  let bridgeMac: string;

  beforeAll(() => {
    site = makeSite(files);
    host = makeNamespace();
    guest = makeNamespace();
    outside = makeNamespace();
    host.ip('link', 'add', 'vmbr0', 'type', 'bridge');
    // Listening to others' packets would be no help: nobody answers here.
    for (const [port, far] of [
      ['tap100i0', guest],
      ['eth0', outside],
    ] as const) {
      host.ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'far', 'netns', far.name);
      far.ip('link', 'set', 'far', 'name', 'nic', 'arp', 'off', 'up');
      host.ip('link', 'set', port, 'master', 'vmbr0', 'up');
    }
    host.ip('address', 'add', '192.0.2.10/24', 'dev', 'vmbr0');
    host.ip('link', 'set', 'vmbr0', 'up');
    bridgeMac = /link\/ether (\S+)/.exec(host.ip('link', 'show', 'vmbr0'))?.[1] ?? '';
    sockets.guest = openFrames(guest.name, 'nic');
    sockets.outside = openFrames(outside.name, 'nic');
    local = openLocalUdp(host.name);
  });
  afterAll(() => {
    for (const socket of Object.values(sockets)) socket?.close();
    local?.close();
    for (const namespace of [host, guest, outside]) namespace?.remove();
    site?.remove();
  });

  it('all pass while there are no rules', async () => {
    expect(await passing(leaving, 'guest', OWN)).toEqual(names(leaving));
    expect(await passing(arriving, 'outside', OTHER)).toEqual(names(arriving));
    expect(await pastTheBridge()).toEqual(expect.arrayContaining([3000 + 0x0e, 3999]));
  });

  it('leave a guest when they are honest, and never when they are spoofed', async () => {
    await ringwall('apply', '--yes');
    expect(await passing(leaving, 'guest', OWN)).toEqual(honest(leaving));
  });

  it('reach a guest when its rules can see and accept them', async () => {
    expect(await passing(arriving, 'outside', OTHER)).toEqual(honest(arriving));
  });

  it('do not reach the host past the bridge', async () => {
    expect(await pastTheBridge()).toEqual([3999]);
  });
});
