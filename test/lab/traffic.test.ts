import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../src/bridges/index.js';
import type { World } from '../../src/demo/index.js';
import { openNftables } from '../../src/netlink/index.js';
import { Reader } from '../../src/ruleset/index.js';
import { makeSite, type TestSite } from '../support/cli.js';
import { guestWorld, type Machine, machines, macs, office, Traffic, vm101 } from '../support/world.js';

const GUEST = 'etc/pve/firewall/100.fw';
const CONTAINER = 'etc/pve/firewall/200.fw';
const CONFIG = 'etc/pve/nodes/pve1/qemu-server/100.conf';
const INTERFACES = 'etc/network/interfaces';

const files = {
  'etc/pve/firewall/cluster.fw': `[OPTIONS]
enable: 1

[IPSET office]
198.51.100.0/24
2001:db8:1::/64

[group closed]
IN REJECT -p tcp -dport 83
IN REJECT -p udp -dport 83
`,
  'etc/pve/nodes/pve1/host.fw': `[RULES]
IN ACCEPT -p udp -dport 53
IN REJECT -p tcp -dport 23
`,
  [GUEST]: `[OPTIONS]
enable: 1

[RULES]
IN ACCEPT -p tcp -dport 80
IN ACCEPT -p udp -dport 80
IN ACCEPT -source +office -p tcp -dport 22
IN REJECT -p tcp -dport 81
OUT REJECT -p tcp -dport 25
OUT REJECT -p udp -dport 25
OUT DROP -p tcp -dport 26
IN REJECT -p udp -dport 82
GROUP closed
`,
  'etc/pve/firewall/101.fw': `[OPTIONS]
enable: 1
policy_in: REJECT

[RULES]
IN ACCEPT -p tcp -dport 80
`,
  [CONTAINER]: `[OPTIONS]
enable: 1
ipfilter: 1
policy_out: DROP

[RULES]
OUT ACCEPT -p tcp -dport 80
IN ACCEPT -p tcp -dport 5432
OUT ACCEPT -p tcp -dport 81:83
OUT ACCEPT -p udp -dport 82:83
`,
  [CONFIG]: 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
  'etc/pve/nodes/pve1/qemu-server/101.conf': 'net0: virtio=BC:24:11:00:01:01,bridge=vmbr0,firewall=1\n',
  'etc/pve/nodes/pve1/lxc/200.conf':
    'net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:02:00,ip=192.0.2.200/24,ip6=2001:db8::200/64,firewall=1\n',
  [INTERFACES]: `auto vmbr0
iface vmbr0 inet static
	address 192.0.2.10/24
	bridge-ports eth0
`,
};

const FOREIGN = `table bridge foreign {
	set s {
		type ifname
		elements = { "tap100i0" }
	}

	chain c {
		type filter hook forward priority 50; policy accept;
		iifname @s accept comment "somebody else's"
	}
}
`;

// One world for all: building it takes most of a second for each machine. Each test leaves it as it found it, except
// those that say what they change.
describe('packets between guests, host and outside', () => {
  let site: TestSite;
  let world: World;
  let traffic: Traffic;

  const nft = (args: readonly string[], input = ''): string =>
    execFileSync('/usr/sbin/ip', ['netns', 'exec', world.netns, '/usr/sbin/nft', ...args], { encoding: 'utf8', input });
  const foreign = (): string => nft(['list', 'table', 'bridge', 'foreign']);
  const ipIn = (machine: Machine, ...args: string[]): string =>
    execFileSync('/usr/sbin/ip', ['-n', `${world.netns.replace(/-host$/, '')}-${machine}`, ...args], {
      encoding: 'utf8',
    });
  /** Each rule of a chain with its handle and how many packets it counted. */
  const rulesOf = async (name: string) => {
    const nftables = openNftables(world.netns);
    try {
      const { tables } = await nftables.read();
      const chains = tables.find(({ family }) => family === 'bridge')?.chains ?? [];
      return (chains.find((chain) => chain.name === name)?.rules ?? []).map(({ handle, comment, counter }) => ({
        handle,
        comment,
        packets: counter?.packets,
      }));
    } finally {
      nftables.close();
    }
  };
  /** The packets of each source line, as `counters` tells them. */
  const countersOf = async (...guest: string[]): Promise<Map<string, number>> => {
    const { answer } = await traffic.ringwall('counters', ...guest);
    const lineOf = (row: Reader): [string, number] => [
      `${row.field('file').string()}:${row.field('line').integer()}`,
      row.field('packets').integer(),
    ];
    return new Map(new Reader(answer).list(lineOf));
  };
  const edit = (from: string, to: string): void => site.write(GUEST, files[GUEST].replace(from, to));

  beforeAll(async () => {
    site = makeSite(files);
    world = guestWorld();
    traffic = new Traffic(world, site);
    await world.build();
    await Promise.all([
      traffic.listen('host', [23, 24], [53]),
      traffic.listen('outside', [25, 26, 80], [25, 67, 68, 547]),
      traffic.listen('vm100', [22, 80, 81, 83], [68, 80, 81, 82, 83, 546]),
      traffic.listen('ct200', [80, 5432], []),
    ]);
    nft(['-f', '-'], FOREIGN);
  });
  afterAll(() => {
    world?.remove();
    site?.remove();
  });

  /** What rules will refuse: all of it is possible as long as there are none. */
  const everyDoor = () =>
    Promise.all([
      traffic.tcp('outside', 'vm100', 81),
      traffic.tcp('outside', 'vm100', 22),
      traffic.tcp('vm100', 'outside', 25),
      traffic.tcp('vm100', 'outside', 26),
      traffic.tcp('vm100', 'ct200', 80),
      traffic.tcp('vm100', 'host', 23),
      traffic.tcp('vm100', 'host', 24),
      traffic.udp('outside', 'vm100', 81),
      traffic.udp('vm100', 'outside', 25),
    ]);
  const allOpen = [...Array(7).fill(['open', 'open']), ['answered', 'answered'], ['answered', 'answered']];

  it('passes everything before anything is applied', async () => {
    expect(await everyDoor()).toEqual(allOpen);
  });

  it('applies, and a second time there is nothing to do', async () => {
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0, answer: { generation: 1 } });
    const { answer } = await traffic.ringwall('plan');
    expect(answer).toMatchObject({ changes: [] });
    expect(await traffic.ringwall('apply')).toMatchObject({ code: 0, answer: { generation: 1, changed: 0 } });
  });

  it('lets in from outside what a line accepts, and nothing else', async () => {
    expect(await traffic.decided(() => traffic.tcp('outside', 'vm100', 80))).toEqual({
      outcome: ['open', 'open'],
      by: '100.fw:5',
    });
    expect(await traffic.decided(() => traffic.udp('outside', 'vm100', 80))).toEqual({
      outcome: ['answered', 'answered'],
      by: '100.fw:6',
    });
    expect(await traffic.tcp('outside', 'vm100', 22, { source: office })).toEqual(['open', 'open']);
    const closed = await Promise.all([
      traffic.tcpInVain('outside', 'vm100', 22),
      traffic.udpInVain('outside', 'vm100', 81),
    ]);
    expect(closed).toEqual([
      ['timeout', 'timeout'],
      ['silent', 'silent'],
    ]);
  });

  it.each(['outside', 'ct200'] as const)('answers %s where a guest’s IN rule or group rejects', async (from) => {
    const refused = (by: string) => ({ outcome: ['refused', 'refused'], by });
    expect(await traffic.decided(() => traffic.tcp(from, 'vm100', 81))).toEqual(refused('100.fw:8'));
    expect(await traffic.decided(() => traffic.udp(from, 'vm100', 82))).toEqual(refused('100.fw:12'));
    expect(await traffic.decided(() => traffic.tcp(from, 'vm100', 83))).toEqual(refused('cluster.fw:9'));
    expect(await traffic.decided(() => traffic.udp(from, 'vm100', 83))).toEqual(refused('cluster.fw:10'));
  });

  it('drops what the node itself sends where a guest’s IN rule rejects, because it cannot be answered there', async () => {
    expect(await traffic.decided(() => traffic.tcpInVain('host', 'vm100', 81))).toEqual({
      outcome: ['timeout', 'timeout'],
      by: '100.fw:8',
    });
  });

  it('counts a packet once, with an answer or without', async () => {
    const counts = async (comment: string) => {
      const chains = await Promise.all(['guest-100-net0-early', 'guest-100-in'].map(rulesOf));
      return chains.map((rules) => rules.find((rule) => rule.comment === comment)?.packets);
    };
    const rejected = await counts('100.fw:8');
    const accepted = await counts('100.fw:5');
    const lines = await countersOf('100');
    await traffic.tcp('outside', 'vm100', 81);
    await traffic.tcp('outside', 'vm100', 80);
    expect(await counts('100.fw:8')).toEqual([(rejected[0] ?? 0n) + 2n, rejected[1]]);
    expect(await counts('100.fw:5')).toEqual([undefined, (accepted[1] ?? 0n) + 2n]);

    const later = await countersOf('100');
    const grown = [...later].flatMap(([line, packets]) => {
      const before = lines.get(line) ?? 0;
      return packets === before ? [] : [[line, packets - before]];
    });
    expect(grown).toEqual([
      [`${GUEST}:5`, 2],
      [`${GUEST}:8`, 2],
    ]);
    expect([...later.keys()].filter((line) => !line.startsWith(`${GUEST}:`))).toEqual([]);
    const all = await countersOf();
    expect(all.has('etc/pve/firewall/cluster.fw:9')).toBe(true);
    expect([...all.keys()]).toEqual(expect.arrayContaining([...later.keys()]));
  });

  it('asks both guests between two guests of one bridge', async () => {
    expect(await traffic.decided(() => traffic.tcp('vm100', 'ct200', 5432))).toEqual({
      outcome: ['open', 'open'],
      by: '200.fw:8',
    });
    expect(await traffic.decided(() => traffic.tcp('ct200', 'vm100', 80))).toEqual({
      outcome: ['open', 'open'],
      by: '100.fw:5',
    });
    expect(await traffic.decided(() => traffic.tcpInVain('vm100', 'ct200', 80))).toEqual({
      outcome: ['timeout', 'timeout'],
      by: 'policy_in',
    });
    expect(await traffic.decided(() => traffic.tcpInVain('ct200', 'vm100', 22))).toEqual({
      outcome: ['timeout', 'timeout'],
      by: '200.fw:4 policy_out',
    });
  });

  it('answers a guest whose OUT rule rejects, though its IN chain drops what is invalid', async () => {
    expect(await traffic.decided(() => traffic.tcp('vm100', 'outside', 25))).toEqual({
      outcome: ['refused', 'refused'],
      by: '100.fw:9',
    });
    expect(await traffic.decided(() => traffic.udp('vm100', 'outside', 25))).toEqual({
      outcome: ['refused', 'refused'],
      by: '100.fw:10',
    });
    expect(await traffic.decided(() => traffic.tcpInVain('vm100', 'outside', 26))).toEqual({
      outcome: ['timeout', 'timeout'],
      by: '100.fw:11',
    });
    expect(await traffic.tcp('vm100', 'outside', 80)).toEqual(['open', 'open']);
  });

  it('filters from the host to a guest', async () => {
    expect(await traffic.decided(() => traffic.tcp('host', 'vm100', 80))).toEqual({
      outcome: ['open', 'open'],
      by: '100.fw:5',
    });
    expect(await traffic.tcpInVain('host', 'vm100', 22)).toEqual(['timeout', 'timeout']);
  });

  it('filters from a guest to the host, and a rejected guest hears it', async () => {
    expect(await traffic.decided(() => traffic.udp('vm100', 'host', 53))).toEqual({
      outcome: ['answered', 'answered'],
      by: 'host.fw:2',
    });
    expect(await traffic.decided(() => traffic.tcp('vm100', 'host', 23))).toEqual({
      outcome: ['refused', 'refused'],
      by: 'host.fw:3',
    });
    expect(await traffic.tcpInVain('vm100', 'host', 24)).toEqual(['timeout', 'timeout']);
  });

  it('drops what carries another MAC than the guest’s', async () => {
    const route = world.route('vm100');
    await route.apply({ kind: 'set mac', link: 'eth0', mac: 'bc:24:11:66:66:66' });
    try {
      expect(await traffic.decided(() => traffic.tcpInVain('vm100', 'outside', 80))).toEqual({
        outcome: ['timeout', 'timeout'],
        by: 'macfilter',
      });
    } finally {
      await route.apply({ kind: 'set mac', link: 'eth0', mac: macs.vm100 });
    }
    expect(await traffic.tcp('vm100', 'outside', 80)).toEqual(['open', 'open']);
  });

  it('drops what carries another address than the container’s', async () => {
    const route = world.route('ct200');
    const source = { 4: '192.0.2.222', 6: '2001:db8::222' };
    const addresses = [
      { address: source[4], length: 24 },
      { address: source[6], length: 64 },
    ].map(addressOf);
    for (const address of addresses) await route.apply({ kind: 'add address', link: 'eth0', address });
    try {
      expect(await traffic.decided(() => traffic.tcpInVain('ct200', 'vm100', 80, { source }))).toEqual({
        outcome: ['timeout', 'timeout'],
        by: 'ipfilter',
      });
    } finally {
      for (const address of addresses) await route.apply({ kind: 'delete address', link: 'eth0', address });
    }
    expect(await traffic.tcp('ct200', 'vm100', 80, { source: machines.ct200 })).toEqual(['open', 'open']);
  });

  it('lets guests find each other by ARP and neighbour discovery', async () => {
    const forget = (): string => {
      for (const family of ['-4', '-6']) ipIn('vm100', family, 'neighbour', 'flush', 'dev', 'eth0');
      return ipIn('vm100', 'neighbour', 'show', machines.ct200[4]);
    };
    // A neighbour that asks at that moment is known again.
    await expect.poll(forget).not.toContain('lladdr');
    expect(await traffic.tcp('vm100', 'ct200', 5432)).toEqual(['open', 'open']);
    expect(ipIn('vm100', 'neighbour', 'show', machines.ct200[4])).toContain(`lladdr ${macs.ct200}`);
    expect(ipIn('vm100', 'neighbour', 'show', machines.ct200[6])).toContain(`lladdr ${macs.ct200}`);
  });

  it('lets DHCP of both versions pass where the policies say DROP', async () => {
    const ask = (from: Machine, sport: number, to: Machine, dport: number, family: 4 | 6) =>
      world.station(from).perform({
        kind: 'ask',
        target: { address: machines[to][family], port: dport },
        source: { address: machines[from][family], port: sport },
        patience: 20_000,
      });
    const dhcp = await Promise.all([
      ask('ct200', 68, 'outside', 67, 4),
      ask('ct200', 546, 'outside', 547, 6),
      ask('host', 67, 'vm100', 68, 4),
      ask('host', 547, 'vm100', 546, 6),
    ]);
    expect(dhcp).toEqual(['answered', 'answered', 'answered', 'answered']);
    expect(await traffic.udpInVain('ct200', 'outside', 67)).toEqual(['silent', 'silent']);
  });

  it('keeps an open connection and the counters of other rules when a line is edited, and goes back', async () => {
    expect(await traffic.hold('visit', 'outside', 'vm100', 80)).toBe('open');
    const before = await rulesOf('guest-100-in');
    edit('IN ACCEPT -p tcp -dport 80', 'IN ACCEPT -p tcp -dport 8080');
    const { answer } = await traffic.ringwall('plan');
    expect(answer).toMatchObject({
      changes: [
        { kind: 'rule', action: 'update', name: 'guest-100-net0-early', text: 'tcp dport 8080 accept' },
        { kind: 'rule', action: 'update', name: 'guest-100-in', text: 'tcp dport 8080 counter accept' },
      ],
    });
    await traffic.ringwall('apply');

    expect(await traffic.say('visit', 'outside')).toBe('answered');
    expect(await traffic.tcpInVain('outside', 'vm100', 80)).toEqual(['timeout', 'timeout']);
    expect(await traffic.udp('outside', 'vm100', 80)).toEqual(['answered', 'answered']);
    const after = await rulesOf('guest-100-in');
    const udp = before.find(({ comment }) => comment === '100.fw:6');
    expect(udp?.packets).toBeGreaterThan(0n);
    expect(after).toContainEqual({ ...udp, packets: (udp?.packets ?? 0n) + 2n });
    expect(after.filter(({ handle }) => !before.some((rule) => rule.handle === handle))).toEqual([
      expect.objectContaining({ comment: '100.fw:5', packets: 0n }),
    ]);

    expect(await traffic.ringwall('rollback')).toMatchObject({ code: 0, answer: { generation: 1, changed: 2 } });
    expect(await traffic.say('visit', 'outside')).toBe('answered');
    expect(await traffic.tcp('outside', 'vm100', 80)).toEqual(['open', 'open']);
    site.write(GUEST, files[GUEST]);
  });

  it('covers a guest whose port appears later at once, without another apply', async () => {
    await world.attach(vm101);
    await traffic.listen('vm101', [80, 81], []);
    expect(await traffic.decided(() => traffic.tcp('outside', 'vm101', 80))).toEqual({
      outcome: ['open', 'open'],
      by: '101.fw:6',
    });
    expect(await traffic.decided(() => traffic.tcp('outside', 'vm101', 81))).toEqual({
      outcome: ['refused', 'refused'],
      by: '101.fw:3 policy_in',
    });
    expect(await traffic.ringwall('plan', '--only', 'firewall')).toMatchObject({ code: 0, answer: { changes: [] } });
  });

  it('answers a guest that has no firewall of its own', async () => {
    site.write(CONTAINER, files[CONTAINER].replace('enable: 1', 'enable: 0'));
    await traffic.ringwall('apply');
    expect(await traffic.tcp('ct200', 'vm100', 81)).toEqual(['refused', 'refused']);
    expect(await traffic.udp('ct200', 'vm100', 82)).toEqual(['refused', 'refused']);
  });

  it('answers in the guest’s own VLAN of a VLAN-aware bridge only', async () => {
    const bridge = (...args: string[]): string =>
      execFileSync('/usr/sbin/bridge', ['-n', world.netns, ...args], { encoding: 'utf8' });
    const refused = async () => (await rulesOf('guest-100-net0-early')).find(({ comment }) => comment === '100.fw:8');
    execFileSync('/usr/sbin/ip', ['-n', world.netns, 'link', 'set', 'vmbr0', 'type', 'bridge', 'vlan_filtering', '1']);
    site.write(INTERFACES, `${files[INTERFACES]}\tbridge-vlan-aware yes\n`);
    await traffic.ringwall('apply');
    expect(await traffic.tcp('outside', 'vm100', 81)).toEqual(['refused', 'refused']);

    // What comes from outside without a tag is in VLAN 20 now: frames to the guest's address are not the guest's.
    bridge('vlan', 'add', 'dev', 'eth0', 'vid', '20', 'pvid', 'untagged');
    const before = await refused();
    expect(await traffic.tcpInVain('outside', 'vm100', 81)).toEqual(['timeout', 'timeout']);
    expect(await refused()).toEqual(before);

    site.write(CONFIG, files[CONFIG].replace('firewall=1', 'tag=10,firewall=1'));
    await traffic.ringwall('apply');
    bridge('vlan', 'del', 'dev', 'tap100i0', 'vid', '1');
    bridge('vlan', 'add', 'dev', 'tap100i0', 'vid', '10', 'pvid', 'untagged');
    bridge('vlan', 'add', 'dev', 'eth0', 'vid', '10');
    ipIn('outside', 'link', 'add', 'link', 'eth0', 'name', 'eth0.10', 'type', 'vlan', 'id', '10');
    ipIn('outside', 'link', 'set', 'eth0.10', 'up');
    for (const family of [4, 6] as const)
      ipIn(
        'outside',
        `-${family}`,
        'route',
        'add',
        machines.vm100[family],
        'dev',
        'eth0.10',
        'src',
        machines.outside[family],
      );
    expect(await traffic.tcp('outside', 'vm100', 81)).toEqual(['refused', 'refused']);
    expect(await traffic.tcp('outside', 'vm100', 80)).toEqual(['open', 'open']);
    ipIn('outside', 'link', 'delete', 'eth0.10');
    bridge('vlan', 'del', 'dev', 'tap100i0', 'vid', '10');
    bridge('vlan', 'add', 'dev', 'tap100i0', 'vid', '1', 'pvid', 'untagged');
    bridge('vlan', 'del', 'dev', 'eth0', 'vid', '20');
    bridge('vlan', 'add', 'dev', 'eth0', 'vid', '1', 'pvid', 'untagged');
  });

  it('leaves other people’s tables alone, and opens every door again when it is cleared', async () => {
    expect(foreign()).toBe(FOREIGN);
    expect(await traffic.ringwall('clear')).toMatchObject({ code: 0 });
    expect(nft(['list', 'ruleset'])).toBe(FOREIGN);
    // The guest was in another VLAN a moment ago, where it and the host did not find each other.
    await expect.poll(everyDoor, { timeout: 90_000 }).toEqual(allOpen);
  }, 120_000);
});
