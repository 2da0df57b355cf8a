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
import { desiredOf } from './site.js';

const link = (name: string, index: number, more: Partial<CurrentLink> = {}): CurrentLink => ({
  index,
  name,
  device: { kind: 'other', type: null },
  up: false,
  running: false,
  mtu: 1500,
  mac: `02:00:00:00:00:0${index}`,
  permanentMac: null,
  master: null,
  parentIndex: null,
  alias: null,
  port: null,
  vlans: [],
  sysctls: { 'ipv6/disable_ipv6': 0 },
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
