import { describe, expect, it } from 'vitest';
import {
  type CurrentLink,
  type CurrentLinks,
  LinkModel,
  type Links,
  lostIsolation,
  mergeGoal,
  noLinks,
  planLinks,
  spellOperation,
  unicastRoute,
} from '../../../src/bridges/index.js';
import { bareLink } from '../../support/bare-link.js';
import { desiredOf } from './site.js';

const link = (name: string, index: number, more: Partial<CurrentLink> = {}): CurrentLink => ({
  ...bareLink(name, index),
  ...more,
});

const host: CurrentLinks = {
  links: [link('lo', 1, { up: true }), link('en0', 2), link('en1', 3)],
  addresses: [],
  routes: [],
  forwarding: [],
};

const linksOf = (text: string): Links => desiredOf(text).links;

/** The commands of a plan, each with what it does to traffic where that is something. */
function commands(before: Links, desired: Links, current: CurrentLinks, session: string | null = null): string[] {
  return planLinks(mergeGoal(before, desired, current), current, session).steps.map(
    ({ operation, disruption }) => spellOperation(operation) + (disruption === 'none' ? '' : ` [${disruption}]`),
  );
}

/** What the kernel holds after links were applied to it. */
function heldAfter(desired: Links, current: CurrentLinks, before: Links = noLinks): CurrentLinks {
  const model = new LinkModel(current);
  for (const { operation } of planLinks(mergeGoal(before, desired, current), current).steps) model.perform(operation);
  return model.state();
}

const BRIDGE = 'auto br\niface br\n\tbridge-ports en0\n\tbridge-stp off\n\tbridge-fd 0\n';
const AWARE = `${BRIDGE}\tbridge-vlan-aware yes\n\tbridge-vids 2-4094\n`;

describe('what is foreign stays', () => {
  it('a guest port, its VLAN ids, an address and a route are not touched, and come back after a flap', () => {
    const bond = linksOf('auto b\niface b\n\taddress 10.0.0.1/24\n\tbond-slaves en0\n\tbond-mode active-backup\n');
    const there = heldAfter(bond, host);
    const current: CurrentLinks = {
      ...there,
      addresses: [
        ...there.addresses,
        { link: 'b', address: '2001:db8::9', prefixLength: 64, scope: 0, permanent: true },
      ],
      routes: [unicastRoute({ destination: { address: '10.9.0.0', length: 16 }, gateway: '10.0.0.9', link: 'b' })],
    };
    const rr = linksOf('auto b\niface b\n\taddress 10.0.0.1/24\n\tbond-slaves en0\n\tbond-mode balance-rr\n');
    expect(commands(bond, rr, current)).toEqual([
      'ip link set dev en0 nomaster [flap]',
      'ip link set dev b down [flap]',
      'ip link set dev b type bond mode balance-rr',
      'ip link set dev en0 master b',
      'ip link set dev b up',
      'ip address add 2001:db8::9/64 dev b nodad',
      'ip route add 10.9.0.0/16 via 10.0.0.9 dev b',
    ]);
  });

  it('a bridge with somebody else’s port is not deleted, and it is said why', () => {
    const bridge = linksOf(BRIDGE);
    const there = heldAfter(bridge, host);
    const current = { ...there, links: [...there.links, link('tap100i0', 9, { master: 'br', up: true })] };
    const goal = mergeGoal(bridge, noLinks, current);
    expect(goal.gone).toEqual([]);
    expect(goal.notes).toEqual([{ name: 'br', text: 'stays, because tap100i0 needs it', origin: null }]);
  });

  it('a device of another kind under a name nobody applied is not taken for ours', () => {
    const there = heldAfter(linksOf('auto br\niface br\n\tbond-slaves none\n\tbond-mode 1\n'), host);
    const bridge = linksOf(BRIDGE);
    expect(mergeGoal(bridge, noLinks, there).gone).toEqual([]);
  });
});

describe('what nobody wants any more', () => {
  it('goes: the device, its port is released and put down, a setting goes back to what the kernel gives', () => {
    const before = linksOf(AWARE);
    const there = heldAfter(before, host);
    expect(commands(before, linksOf(''), there)).toEqual([
      'ip link delete dev br',
      'sysctl -w net/ipv6/conf/en0/disable_ipv6=0',
      'ip link set dev en0 down [flap]',
    ]);
    const plain = linksOf(BRIDGE);
    expect(commands(before, plain, there)).toEqual([
      'bridge vlan delete dev en0 vid 2-4094',
      'ip link set dev br type bridge vlan_filtering 0',
    ]);
  });

  it('stays when its stanza is still there and only `auto` is gone', () => {
    const before = linksOf(BRIDGE);
    expect(mergeGoal(before, linksOf(BRIDGE.replace('auto br\n', '')), heldAfter(before, host)).gone).toEqual([]);
  });
});

describe('a guest’s port', () => {
  const guest = (net: string) =>
    desiredOf(AWARE, { 'etc/pve/nodes/pve1/qemu-server/100.conf': `net0: virtio=BC:24:11:00:00:01,${net}\n` }).links;
  const running = (): CurrentLinks => {
    const there = heldAfter(linksOf(AWARE), host);
    return { ...there, links: [...there.links, link('tap100i0', 9)] };
  };

  it.each([
    ['bridge=br', ['vid 2-4094']],
    ['bridge=br,tag=7', ['vid 7 pvid untagged']],
    ['bridge=br,tag=7,trunks=8;10-12', ['vid 8', 'vid 10-12', 'vid 7 pvid untagged']],
  ])('%s is plugged as Proxmox does', (net, ids) => {
    const steps = commands(linksOf(AWARE), guest(net), running()).filter((step) => step.includes('tap100i0'));
    expect(steps).toContain('ip link set dev tap100i0 master br');
    expect(steps.filter((step) => step.startsWith('bridge vlan add'))).toEqual(
      ids.map((words) => `bridge vlan add dev tap100i0 ${words}`),
    );
  });

  it('comes back with its bridge: the one the firewall of Proxmox put there, with its VLAN ids', () => {
    const current = running();
    const links = current.links.map((one) => (one.name === 'tap100i0' ? { ...one, master: 'fwbr100i0' } : one));
    const behind = { ...current, links: [...links, link('fwbr100i0', 10), link('fwpr100p0', 11)] };
    const steps = commands(linksOf(AWARE), guest('bridge=br,tag=7'), behind);
    expect(steps).toContain('ip link set dev fwpr100p0 master br');
    expect(steps).toContain('bridge vlan add dev fwpr100p0 vid 7 pvid untagged');
    expect(steps.filter((step) => step.includes('tap100i0'))).toEqual([]);
  });

  it('is left where somebody else plugged it, and out where its link is down', () => {
    const current = running();
    const elsewhere = {
      ...current,
      links: current.links.map((one) => (one.name === 'tap100i0' ? { ...one, master: 'fwbr100i0' } : one)),
    };
    expect(commands(linksOf(AWARE), guest('bridge=br'), elsewhere)).toEqual([]);
    expect(commands(linksOf(AWARE), guest('bridge=br,link_down=1'), current)).toEqual([]);
  });
});

it('slaves that come back bring their bond the MAC address it had, whichever is the first', () => {
  const text = (mode: string) => `auto b\niface b\n\tbond-slaves en0 en1\n\tbond-mode ${mode}\n`;
  const [before, desired] = [linksOf(text('active-backup')), linksOf(text('802.3ad'))];
  const there = heldAfter(before, host);
  const { steps } = planLinks(mergeGoal(before, desired, there), there);
  const released = steps.filter(({ operation }) => operation.kind === 'set master' && operation.master === null);
  expect(released.map(({ inverse }) => inverse.map(spellOperation))).toEqual(
    ['en1', 'en0'].map((slave) => [
      `ip link set dev ${slave} down`,
      `ip link set dev ${slave} master b`,
      `ip link set dev ${slave} up`,
      'ip link set dev b address 02:00:00:00:00:02',
    ]),
  );
});

it('what only the new mode of a bond knows is undone while the bond is in it', () => {
  const text = (...lines: string[]) =>
    `auto b\niface b\n\tbond-slaves none\n${lines.map((one) => `\t${one}\n`).join('')}`;
  const before = linksOf(text('bond-mode active-backup'));
  const desired = linksOf(text('bond-mode 802.3ad', 'bond-lacp-rate fast', 'bond-miimon 100'));
  const there = heldAfter(before, host);
  const { steps } = planLinks(mergeGoal(before, desired, there), there);
  const change = steps.find(({ operation }) => operation.kind === 'set device');
  expect(change?.inverse.map(spellOperation)).toEqual([
    'ip link set dev b type bond lacp_rate slow',
    'ip link set dev b type bond mode active-backup miimon 0',
  ]);
});

it('the delays of a bond go before `miimon` ends, and stay the same times when it is another', () => {
  const text = (...lines: string[]) =>
    `auto b\niface b\n\tbond-slaves none\n${lines.map((one) => `\t${one}\n`).join('')}`;
  const before = linksOf(text('bond-miimon 200', 'bond-updelay 400'));
  const there = heldAfter(before, host);
  expect(commands(before, linksOf(text()), there)).toEqual([
    'ip link set dev b type bond updelay 0',
    'ip link set dev b type bond miimon 0',
  ]);
  expect(commands(before, linksOf(text('bond-miimon 100', 'bond-updelay 400')), there)).toEqual([
    'ip link set dev b type bond miimon 100 updelay 400',
  ]);
});

it('a bond whose mode brings a `miimon` along gets that back when a line goes', () => {
  const text = (...lines: string[]) =>
    `auto b\niface b\n\tbond-slaves none\n\tbond-mode 802.3ad\n${lines.map((one) => `\t${one}\n`).join('')}`;
  const before = linksOf(text('bond-miimon 50', 'bond-updelay 75'));
  const there = heldAfter(before, host);
  expect(commands(noLinks, before, host)[0]).toBe('ip link add name b type bond mode 802.3ad miimon 50 updelay 50');
  expect(commands(before, linksOf(text()), there)).toEqual(['ip link set dev b type bond miimon 100 updelay 0']);
  expect(commands(noLinks, linksOf(text('bond-miimon 0')), host)[0]).toContain('miimon 0');
});

describe('a bridge that has no MAC address, because a port left that it had it from', () => {
  const plain = linksOf('auto br\niface br\n\tbridge-ports none\n');
  const bare = (): CurrentLinks => {
    const there = heldAfter(plain, host);
    return {
      ...there,
      links: there.links.map((one) => (one.name === 'br' ? { ...one, mac: '00:00:00:00:00:00' } : one)),
    };
  };
  const upper = 'auto br.5\niface br.5\n';

  it('is given that of its port before a VLAN device takes it', () => {
    expect(commands(plain, linksOf(BRIDGE + upper), bare()).slice(0, 2)).toEqual([
      'ip link set dev br address 02:00:00:00:00:02',
      'ip link add link br name br.5 type vlan protocol 802.1q id 5',
    ]);
  });

  it('is given one that is made up where it has no port', () => {
    const [first] = commands(plain, linksOf(`auto br\niface br\n\tbridge-ports none\n${upper}`), bare());
    expect(first).toMatch(/^ip link set dev br address [0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
  });

  it('gets that of a guest, as the kernel does it', () => {
    const tap = link('tap100i0', 9, { up: true });
    const net = { 'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:00:01,bridge=br\n' };
    const desired = desiredOf('auto br\niface br\n\tbridge-ports none\n', net).links;
    const steps = commands(plain, desired, { ...bare(), links: [...bare().links, tap] });
    expect(steps).toContain('ip link set dev tap100i0 master br');
    expect(steps.filter((step) => step.includes('address'))).toEqual([]);
  });

  it('can be made again', () => {
    const [step] = planLinks(mergeGoal(plain, noLinks, bare()), bare()).steps;
    expect(step?.inverse[0]).toEqual({ kind: 'create link', link: 'br', device: expect.anything(), mtu: 1500 });
  });
});

it('says which steps cut the session: those that interrupt what its address stands on', () => {
  const text = 'auto br br.5\niface br\n\tbridge-ports en0\niface br.5\n\taddress 10.0.0.1/24\n';
  const before = linksOf(text);
  const moved = linksOf(text.replace('iface br.5', 'iface br.6').replace('br.5', 'br.6'));
  expect(commands(before, moved, heldAfter(before, host), '10.0.0.1')[0]).toBe('ip link delete dev br.5 [session]');
  expect(commands(before, moved, heldAfter(before, host), '10.0.0.9')[0]).toBe('ip link delete dev br.5');
});

it('makes a VLAN device anew when its id is another one, because the kernel takes the change and ignores it', () => {
  const text = 'auto v\niface v\n\tvlan-raw-device en0\n\tvlan-id 5\n\taddress 10.0.0.1/24\n';
  const before = linksOf(text);
  expect(commands(before, linksOf(text.replace('vlan-id 5', 'vlan-id 6')), heldAfter(before, host))).toEqual([
    'ip link delete dev v [recreate]',
    'ip link add link en0 name v type vlan protocol 802.1q id 6',
    'ip link set dev v up',
    'ip address add 10.0.0.1/24 dev v',
  ]);
});

it('adds the new address before the old one goes, and brings back what goes along', () => {
  const text = (...addresses: string[]) => `auto en0\niface en0\n${addresses.map((a) => `\taddress ${a}\n`).join('')}`;
  const before = linksOf(text('10.0.0.1/24', '10.0.0.2/24'));
  expect(commands(before, linksOf(text('10.0.0.3/24', '10.0.0.2/24')), heldAfter(before, host))).toEqual([
    'ip address add 10.0.0.3/24 dev en0',
    'ip address delete 10.0.0.2/24 dev en0',
    'ip address delete 10.0.0.3/24 dev en0',
    'ip address delete 10.0.0.1/24 dev en0',
    'ip address add 10.0.0.3/24 dev en0',
    'ip address add 10.0.0.2/24 dev en0',
  ]);
});

it('names hardware that is not there, and plans the rest', () => {
  const desired = linksOf('auto br\niface br\n\tbridge-ports en9\n');
  const plan = planLinks(mergeGoal(noLinks, desired, host), host);
  expect(plan.notes).toMatchObject([{ name: 'en9', text: 'is not there' }]);
  expect(plan.steps.map(({ operation }) => operation.kind)).toEqual(['create link', 'set up']);
});

it('finds the guests that would share one network once their bridge filters no VLANs', () => {
  const there = heldAfter(linksOf(AWARE), host);
  const vlans = (id: number) => [{ first: id, last: id, pvid: true, untagged: true }];
  const current = {
    ...there,
    links: [
      ...there.links,
      link('tap100i0', 8, { master: 'br', vlans: vlans(10) }),
      link('tap101i0', 9, { master: 'br', vlans: vlans(1) }),
    ],
  };
  const lost = (desired: Links) => lostIsolation(mergeGoal(linksOf(AWARE), desired, current), current);
  expect(lost(linksOf(BRIDGE))).toEqual([{ bridge: 'br', port: 'tap100i0', vlan: 10 }]);
  expect(lost(linksOf(AWARE))).toEqual([]);
});

it('names the line that makes a link a port', () => {
  const desired = linksOf(BRIDGE);
  const step = planLinks(mergeGoal(noLinks, desired, host), host).steps.find(
    ({ operation }) => operation.kind === 'set master',
  );
  expect(step?.origin).toMatchObject({ line: 3 });
});

describe('the MAC address of a bridge', () => {
  const bridge = { kind: 'bridge', options: {} } as const;
  const there = (more: Partial<CurrentLink>, ...ports: CurrentLink[]): CurrentLinks => ({
    ...host,
    links: [
      ...host.links.filter(({ name }) => !ports.some((port) => port.name === name)),
      ...ports,
      link('br', 9, { device: bridge, ...more }),
    ],
  });

  it('is that of its first port from the beginning, and an explicit one counts before', () => {
    expect(commands(noLinks, linksOf(BRIDGE), host)[0]).toContain('address 02:00:00:00:00:02');
    const own = linksOf(`${BRIDGE}\thwaddress 02:00:00:00:00:77\n`);
    expect(commands(noLinks, own, host)[0]).toContain('address 02:00:00:00:00:77');
  });

  it('stays what it is when ports come or go', () => {
    const current = there({ mac: '02:00:00:00:00:03', up: true }, link('en1', 3, { master: 'br', port: {}, up: true }));
    const both = linksOf('auto br\niface br\n\tbridge-ports en1 en0\n');
    expect(commands(noLinks, both, current)).toEqual([
      'sysctl -w net/ipv6/conf/en1/disable_ipv6=1',
      'ip link set dev br address 02:00:00:00:00:03',
      'sysctl -w net/ipv6/conf/en0/disable_ipv6=1',
      'ip link set dev en0 master br',
      'ip link set dev en0 up',
    ]);
    expect(commands(both, linksOf('auto br\niface br\n\tbridge-ports none\n'), current).slice(0, 2)).toEqual([
      'ip link set dev br address 02:00:00:00:00:03',
      'ip link set dev en1 nomaster [flap]',
    ]);
  });

  it('a bridge without ports gets that of the first one that comes, which its neighbours notice', () => {
    const current = there({ mac: '02:00:00:00:00:aa', up: true });
    expect(commands(noLinks, linksOf(BRIDGE), current)).toContain(
      'ip link set dev br address 02:00:00:00:00:02 [flap]',
    );
  });

  it('is left alone where no port changes', () => {
    const desired = linksOf(BRIDGE);
    const current = heldAfter(desired, host);
    expect(commands(desired, desired, current)).toEqual([]);
  });

  it('bridge-hw names the link whose address it has', () => {
    const desired = linksOf(`${BRIDGE}\tbridge-hw en1\n`);
    expect(commands(noLinks, desired, host)[0]).toContain('address 02:00:00:00:00:03');
    const current = heldAfter(desired, host);
    expect(commands(desired, linksOf(BRIDGE), current)).toEqual([
      'ip link set dev br address 02:00:00:00:00:02 [flap]',
    ]);
  });
});

describe('an MTU or a MAC address whose line goes', () => {
  const jumbo: CurrentLinks = { ...host, links: host.links.map((one) => ({ ...one, permanentMac: one.mac })) };
  const back = (before: string, after: string): string[] => {
    const [old, now] = [linksOf(before), linksOf(after)];
    return commands(old, now, heldAfter(old, jumbo));
  };
  const en0 = (more: string): string => `auto en0\niface en0\n${more}`;

  it.each([
    ['hardware', en0('\tmtu 9000\n'), en0(''), ['ip link set dev en0 mtu 1500']],
    [
      'a VLAN device has that of its parent',
      `${en0('\tmtu 9000\n')}auto en0.5\niface en0.5\n\tmtu 1400\n`,
      `${en0('\tmtu 9000\n')}auto en0.5\niface en0.5\n`,
      ['ip link set dev en0.5 mtu 9000'],
    ],
    [
      'a VLAN device and its parent together',
      `${en0('\tmtu 9000\n')}auto en0.5\niface en0.5\n\tmtu 9000\n`,
      `${en0('')}auto en0.5\niface en0.5\n`,
      ['ip link set dev en0.5 mtu 1500', 'ip link set dev en0 mtu 1500'],
    ],
    [
      'a bridge has 1500',
      `${en0('\tmtu 4000\n')}auto br\niface br\n\tbridge-ports en0 en1\n\tmtu 1400\n`,
      `${en0('\tmtu 4000\n')}auto br\niface br\n\tbridge-ports en0 en1\n`,
      ['ip link set dev br mtu 1500'],
    ],
    [
      'a VXLAN device has that of its lower less what it adds',
      'auto vx\niface vx\n\tvxlan-id 5\n\tvxlan-physdev en0\n\tvxlan-local-tunnelip 192.0.2.1\n\tmtu 1400\n',
      'auto vx\niface vx\n\tvxlan-id 5\n\tvxlan-physdev en0\n\tvxlan-local-tunnelip 192.0.2.1\n',
      ['ip link set dev vx mtu 1450'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(back(before, after)).toEqual(expected);
  });

  it.each([
    [
      'hardware gets its own',
      en0('\thwaddress 02:00:00:00:00:77\n'),
      en0(''),
      ['ip link set dev en0 down [flap]', 'ip link set dev en0 address 02:00:00:00:00:02', 'ip link set dev en0 up'],
    ],
    [
      'a bridge gets that of its first port',
      `${BRIDGE}\thwaddress 02:00:00:00:00:77\n`,
      BRIDGE,
      ['ip link set dev br address 02:00:00:00:00:02 [flap]'],
    ],
    [
      'a VLAN device gets that of its parent',
      'auto en0.5\niface en0.5\n\thwaddress 02:00:00:00:00:77\n',
      'auto en0.5\niface en0.5\n',
      ['ip link set dev en0.5 address 02:00:00:00:00:02 [flap]'],
    ],
    [
      'a dummy has none that is its own',
      'auto d\niface d\n\tlink-type dummy\n\thwaddress 02:00:00:00:00:77\n',
      'auto d\niface d\n\tlink-type dummy\n',
      [],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(back(before, after)).toEqual(expected);
  });
});

describe('a veth pair one end of which has a stanza', () => {
  const pair = 'auto a\niface a\n\tlink-type veth\n\tveth-peer-name b\n';
  const joined = `${pair}auto br\niface br\n\tbridge-ports b\n`;

  it('is made with both ends, and the other end can be a port', () => {
    expect(commands(noLinks, linksOf(joined), host).filter((command) => !command.startsWith('sysctl'))).toEqual([
      'ip link add name a type veth peer name b',
      'ip link add name br type bridge',
      'ip link set dev a up',
      'ip link set dev b master br',
      'ip link set dev b up',
      'ip link set dev br up',
    ]);
  });

  it('the other end leaves its bridge without the pair', () => {
    const before = linksOf(joined);
    const plain = linksOf(`${pair}auto br\niface br\n\tbridge-ports none\n`);
    expect(commands(before, plain, heldAfter(before, host)).filter((command) => command.includes('link del'))).toEqual(
      [],
    );
    expect(commands(before, plain, heldAfter(before, host))).toContain('ip link set dev b nomaster [flap]');
  });
});

describe('ports by pattern', () => {
  const text = 'auto br\niface br\n\tbridge-ports regex en[0-9]\n\tbridge-learning off\n';
  const masters = ({ links }: CurrentLinks): string[] =>
    links.filter(({ master }) => master === 'br').map(({ name }) => name);
  const machine: CurrentLinks = {
    ...host,
    links: [
      ...host.links,
      link('tap100i0', 4),
      link('docker0', 5, { device: { kind: 'bridge', options: {} } }),
      link('en7', 6, { master: 'docker0', port: {} }),
      link('xen8', 7),
      link('en9', 8, { device: { kind: 'bridge', options: {} } }),
    ],
  };

  it('are links of the machine that are free, with what the bridge says of all ports', () => {
    const after = heldAfter(linksOf(text), machine);
    expect(masters(after)).toEqual(['en0', 'en1', 'xen8']);
    expect(after.links.find(({ name }) => name === 'en1')?.port).toMatchObject({ learning: false });
    expect(commands(linksOf(text), linksOf(text), after)).toEqual([]);
  });

  it('leave when the pattern goes; a link that was never in is not touched', () => {
    const desired = linksOf(text);
    const after = heldAfter(desired, machine);
    const later = { ...after, links: [...after.links, link('en5', 20, { up: true })] };
    const found = commands(desired, linksOf('auto br\niface br\n\tbridge-ports en0\n'), later);
    expect(found).toContain('ip link set dev en1 nomaster [flap]');
    expect(found.filter((command) => command.includes('en5'))).toEqual([]);
  });

  it('slaves of a bond, too', () => {
    const bond = linksOf('auto b\niface b\n\tbond-slaves regex ^en[01]\n\tbond-mode 1\n');
    expect(
      heldAfter(bond, machine)
        .links.filter(({ master }) => master === 'b')
        .map(({ name }) => name),
    ).toEqual(['en0', 'en1']);
  });
});

describe('bridge-disable-mac-learning', () => {
  const GUEST = { 'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:00:01,bridge=br\n' };
  const bridge = (value: string): Links =>
    desiredOf(`auto br\niface br\n\tbridge-ports en0\n\tbridge-disable-mac-learning ${value}\n`, GUEST).links;
  const told = { link: 'tap100i0', mac: 'bc:24:11:00:00:01', of: 'master' } as const;
  const plugged = (more: Partial<CurrentLink> = {}): CurrentLinks => {
    const { links, ...rest } = heldAfter(bridge('no'), host);
    const port = { learning: true, unicastFlood: true };
    return { ...rest, links: [...links, link('tap100i0', 30, { up: true, master: 'br', port, ...more })] };
  };
  const portIn = ({ links }: CurrentLinks) => links.find(({ name }) => name === 'tap100i0')?.port;

  it('the port of a guest learns and floods nothing, and its address is told', () => {
    const after = heldAfter(bridge('yes'), plugged());
    expect(portIn(after)).toMatchObject({ learning: false, unicastFlood: false });
    expect(after.forwarding).toEqual([told]);
    expect(commands(bridge('yes'), bridge('yes'), after)).toEqual([]);
  });

  it('goes back when the line goes, and what the kernel added for each VLAN id is not wanted either', () => {
    const there = heldAfter(bridge('yes'), plugged());
    const current = { ...there, forwarding: [...there.forwarding, { ...told, vlan: 1 }] };
    const after = heldAfter(bridge('no'), current, bridge('yes'));
    expect(portIn(after)).toMatchObject({ learning: true, unicastFlood: true });
    expect(after.forwarding).not.toContainEqual(told);
    expect(mergeGoal(bridge('yes'), bridge('no'), current).forwarding).toEqual({ there: [], gone: [told] });
  });

  it('a guest that somebody put into another bridge is left alone', () => {
    const found = commands(noLinks, bridge('yes'), plugged({ master: 'fwbr100i0' }));
    expect(found.filter((command) => command.includes('tap100i0'))).toEqual([]);
  });
});

it('the own end of a tunnel changes in place within its family, and by a new device to the other one', () => {
  const tunnel = (local: string): Links =>
    linksOf(`auto vx\niface vx\n\tvxlan-id 5\n\tvxlan-local-tunnelip ${local}\n`);
  const before = tunnel('192.0.2.1');
  const held = heldAfter(before, host);
  expect(commands(before, tunnel('192.0.2.2'), held)).toEqual(['ip link set dev vx type vxlan local 192.0.2.2']);
  expect(commands(before, tunnel('2001:db8::2'), held)[0]).toBe('ip link delete dev vx [recreate]');
});

describe('the MTU', () => {
  const mtuIn = ({ links }: CurrentLinks, name: string) => links.find((one) => one.name === name)?.mtu;
  const physical = (line: string) => `auto en0\niface en0\n${line}`;
  const VLAN = 'auto en0.5\niface en0.5\n';

  it('of a VLAN device without a line is that of its parent, from the beginning and when that is raised', () => {
    const raised = linksOf(`${physical('\tmtu 9000\n')}${VLAN}`);
    expect(mtuIn(heldAfter(raised, host), 'en0.5')).toBe(9000);
    const before = linksOf(`${physical('')}${VLAN}`);
    expect(commands(before, raised, heldAfter(before, host))).toEqual([
      'ip link set dev en0 mtu 9000',
      'ip link set dev en0.5 mtu 9000',
    ]);
    expect(mtuIn(heldAfter(before, heldAfter(raised, host), raised), 'en0.5')).toBe(1500);
  });

  it('of a VLAN device ends where that of its parent does, and it is said', () => {
    const desired = linksOf(`${physical('')}${VLAN}\tmtu 9000\n`);
    const after = heldAfter(desired, host);
    expect(mtuIn(after, 'en0.5')).toBe(1500);
    expect(mergeGoal(noLinks, desired, host).notes).toMatchObject([
      { name: 'en0.5', text: 'cannot have an MTU of 9000: that of en0 is 1500' },
    ]);
    expect(commands(desired, desired, after)).toEqual([]);
    const jumbo = { ...host, links: host.links.map((one) => ({ ...one, mtu: 9000 })) };
    expect(mtuIn(heldAfter(desired, jumbo), 'en0.5')).toBe(9000);
    expect(mergeGoal(noLinks, desired, jumbo).notes).toEqual([]);
  });

  it('of a VLAN device on a bridge ends where that of the bridge does', () => {
    const text = `${physical('\tmtu 9000\n')}${BRIDGE}auto br.5\niface br.5\n\tmtu 9000\n`;
    const plain = linksOf(BRIDGE);
    for (const [before, there] of [
      [noLinks, host],
      [plain, heldAfter(plain, host)],
    ] as const) {
      const after = heldAfter(linksOf(text), there, before);
      expect([mtuIn(after, 'br'), mtuIn(after, 'br.5')]).toEqual([1500, 1500]);
    }
  });

  it.each([1400, 9000])('of a bridge is what its line says, %i, although its first port changes it', (mtu) => {
    const desired = linksOf(`${BRIDGE}\tmtu ${mtu}\n`);
    const found = commands(noLinks, desired, host);
    expect(found.indexOf(`ip link set dev br mtu ${mtu}`)).toBeGreaterThan(
      found.indexOf('ip link set dev en0 master br'),
    );
    expect(mtuIn(heldAfter(desired, host), 'br')).toBe(mtu);
    expect(mtuIn(heldAfter(linksOf(BRIDGE), heldAfter(desired, host), desired), 'br')).toBe(1500);
  });

  it.each([1400, 9000])('of a new bridge that nobody gave one is 1500, also over a port with %i', (mtu) => {
    const port = `iface en0\n\tmtu ${mtu}\n`;
    const plain = linksOf(BRIDGE);
    const desired = linksOf(`${BRIDGE}${port}auto br.5\niface br.5\n`);
    for (const [before, there] of [
      [noLinks, host],
      [plain, heldAfter(plain, host)],
    ] as const) {
      const after = heldAfter(desired, there, before);
      expect([mtuIn(after, 'en0'), mtuIn(after, 'br'), mtuIn(after, 'br.5')]).toEqual([mtu, 1500, 1500]);
      expect(commands(desired, desired, after)).toEqual([]);
    }
  });

  it('of a bridge that is there stays, and so does that of a VLAN device on it, when their ports change', () => {
    const bridge = link('br', 9, { device: { kind: 'bridge', options: {} }, mtu: 4000 });
    const upper = link('br.5', 10, {
      mtu: 1400,
      device: { kind: 'vlan', parent: 'br', id: 5, protocol: '802.1q', bridgeBinding: false },
    });
    const desired = linksOf(`${BRIDGE}auto br.5\niface br.5\n`);
    const after = heldAfter(desired, { ...host, links: [...host.links, bridge, upper] });
    expect([mtuIn(after, 'br'), mtuIn(after, 'br.5')]).toEqual([4000, 1400]);
  });
});

it('the id of a VLAN device on a bridge is tagged on the bridge itself, also the first one, and comes back without', () => {
  const plain = linksOf(AWARE);
  const desired = linksOf(`${AWARE}auto br.1\niface br.1\n`);
  const ownIds = ({ links }: CurrentLinks) => links.find(({ name }) => name === 'br')?.vlans;
  const there = heldAfter(plain, host);
  expect(ownIds(heldAfter(desired, there, plain))).toEqual([{ first: 1, last: 1, pvid: false, untagged: false }]);
  expect(commands(desired, desired, heldAfter(desired, there, plain))).toEqual([]);
  expect(ownIds(heldAfter(plain, heldAfter(desired, there, plain), desired))).toEqual(ownIds(there));
});

it('a bridge that is made again when its deletion is undone has its MTU, although its port comes after', () => {
  const before = linksOf(`${BRIDGE}\tmtu 1400\n`);
  const there = heldAfter(before, host);
  const { steps } = planLinks(mergeGoal(before, noLinks, there), there);
  const deletion = steps.find(({ operation }) => operation.kind === 'delete link');
  const undone = deletion?.inverse.map(spellOperation) ?? [];
  expect(undone.indexOf('ip link set dev br mtu 1400')).toBeGreaterThan(
    undone.indexOf('ip link set dev en0 master br'),
  );
});

it('a VLAN device whose deletion is undone has its MTU, also when it was not deleted and its parent was lowered', () => {
  const before = linksOf('auto en0 en0.5\niface en0\n\tmtu 9000\niface en0.5\n');
  const after = linksOf('auto en0\niface en0\n');
  const there = heldAfter(before, host);
  const model = new LinkModel(there);
  const { steps } = planLinks(mergeGoal(before, after, there), there);
  for (const { operation } of steps) if (operation.kind !== 'delete link') model.perform(operation);
  expect(model.link('en0.5')?.mtu).toBe(1500);
  for (const { inverse } of [...steps].reverse()) for (const operation of inverse) model.perform(operation);
  expect(model.link('en0.5')?.mtu).toBe(9000);
});

it('VLAN ids are refused on a link that is no port', () => {
  const model = new LinkModel(host);
  const vlans = { first: 1, last: 1, pvid: true, untagged: true };
  expect(model.perform({ kind: 'add vlans', link: 'en0', self: false, vlans })).toBe('EOPNOTSUPP');
  expect(model.link('en0')?.vlans).toEqual([]);
});

it.each([
  ['its port is raised', `${BRIDGE}auto br.5\niface br.5\n`, `${BRIDGE}auto br.5\niface br.5\niface en0\n\tmtu 9000\n`],
  [
    'its port is lowered',
    `${BRIDGE}auto br.5\niface br.5\n`,
    `${BRIDGE}auto br.5\niface br.5\niface en0\n\tmtu 1400\n`,
  ],
  ['a port comes', 'auto br\niface br\n\tbridge-ports none\n', `${BRIDGE}iface en0\n\tmtu 9000\n`],
  ['a port goes', `${BRIDGE}iface en0\n\tmtu 9000\n`, 'auto br\niface br\n\tbridge-ports none\n'],
])('the MTU of a bridge is as it was when it is undone that %s', (_, old, text) => {
  const before = linksOf(old);
  const there = heldAfter(before, host);
  const { steps } = planLinks(mergeGoal(before, linksOf(text), there), there);
  const mtus = (model: LinkModel) => model.state().links.map(({ name, mtu }) => `${name} ${mtu}`);
  for (let failing = 0; failing <= steps.length; failing += 1) {
    const model = new LinkModel(there);
    for (const { operation } of steps.filter((_step, at) => at !== failing)) model.perform(operation);
    for (const { inverse } of [...steps].reverse()) for (const operation of inverse) model.perform(operation);
    expect(mtus(model)).toEqual(mtus(new LinkModel(there)));
  }
});
