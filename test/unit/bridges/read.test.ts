import { describe, expect, it } from 'vitest';
import type { Link } from '../../../src/bridges/index.js';
import { desiredOf, linkOf, problems } from './site.js';

const bridge = (own: string, port = ''): Extract<Link, { kind: 'bridge' }> => {
  const link = linkOf(`iface br\n\tbridge-ports eth0\n${own}iface eth0\n${port}`, 'br');
  if (link.kind !== 'bridge') throw new Error('no bridge');
  return link;
};
const lines = (...options: readonly string[]): string => options.map((option) => `\t${option}\n`).join('');

describe('what a port of a VLAN-aware bridge carries', () => {
  const spell = (own: readonly string[], port: readonly string[]) => {
    const { vlans } = bridge(lines('bridge-vlan-aware yes', ...own), lines(...port)).ports[0] ?? {};
    if (vlans === undefined) return null;
    return `${vlans.pvid}; ${vlans.tagged.map(({ first, last }) => `${first}-${last}`).join(' ')}`;
  };

  it.each([
    [[], [], null],
    [['bridge-vids 2-4094'], [], '1; 2-4094'],
    [['bridge-vids 1 5 3-4'], [], '1; 3-5'],
    [['bridge-vids 2-9', 'bridge-pvid 5'], [], '5; 2-4 6-9'],
    [['bridge-trunk 7'], [], '1; 7-7'],
    [['bridge-pvid 7'], [], '7; '],
    [['bridge-vids 2-9'], ['bridge-vids 20'], '1; 20-20'],
    [['bridge-vids 2-9'], ['bridge-pvid 20'], '20; 2-9'],
    [['bridge-vids 2-9'], ['bridge-access 20', 'bridge-vids 5'], '20; '],
    [['bridge-vids 1-9'], ['bridge-allow-untagged no'], 'null; 1-9'],
    [[], ['bridge-allow-untagged no'], 'null; '],
    [['bridge-vids 1-9', 'bridge-pvid 5'], [], '5; 1-4 6-9'],
  ])('%j and %j: %s', (own, port, expected) => {
    expect(spell(own, port)).toBe(expected);
  });
});

describe('options of a port', () => {
  const options = (own: readonly string[], port: readonly string[]) =>
    bridge(lines(...own), lines(...port)).ports[0]?.options;

  it.each([
    [['bridge-learning off'], [], { learning: false }],
    [['bridge-learning eth1=off'], [], {}],
    [['bridge-learning eth1=on eth0=off'], [], { learning: false }],
    [['bridge-learning off'], ['bridge-learning on'], { learning: true }],
    [['bridge-pathcosts 4'], ['bridge-portprios 63'], { pathCost: 4, priority: 63 }],
    [['bridge-l2protocol-tunnel lldp stp'], [], { groupForwardMask: 0x4001 }],
    [['bridge-l2protocol-tunnel all'], [], { groupForwardMask: 0x4005 }],
    [['bridge-l2protocol-tunnel cdp,pvst lacp'], [], { groupForwardMask: 0x0004 }],
  ])('%j and %j', (own, port, expected) => {
    expect(options(own, port)).toEqual(expected);
  });

  it('a wrong one that counts for many ports is said once', () => {
    const found = desiredOf('iface br\n\tbridge-ports eth0 eth1 eth2\n\tbridge-learning maybe\n');
    expect(problems(found)).toEqual(['3 links/bad-value']);
  });
});

describe('ports by pattern', () => {
  const ports = (text: string, name = 'br') => {
    const link = linkOf(text, name);
    return link.kind === 'bridge'
      ? link.ports.map((port) => port.name)
      : link.kind === 'bond'
        ? link.slaves.map((slave) => slave.name)
        : [];
  };

  it('are interfaces of the files, in their order, which no list names', () => {
    const text =
      'iface br\n\tbridge-ports lone regex e[nt].*[0-3] noregex last\niface en3\niface en1\niface et2\niface en9\n';
    expect(ports(text)).toEqual(['lone', 'en3', 'en1', 'et2', 'last']);
    expect(ports(`${text}iface other\n\tbridge-ports en1\n`)).not.toContain('en1');
    expect(ports('iface b\n\tbond-slaves regex en[12]\niface en1\niface en2\n', 'b')).toEqual(['en1', 'en2']);
  });

  it('are never the bridge itself, VLAN devices on it, or loopback', () => {
    expect(ports('iface lo inet loopback\niface br\n\tbridge-ports regex .*\niface br.5\niface en0\n')).toEqual([
      'en0',
    ]);
  });

  it('have what the bridge says of all its ports', () => {
    const link = bridge(
      '\tbridge-ports regex en.*\n\tbridge-learning off\n\tbridge-pathcosts eth0=5\n\tbridge-vlan-aware yes\n\tbridge-vids 2-9\n',
    );
    expect(link.matching).toMatchObject([
      { pattern: 'en.*', options: { learning: false }, vlans: { pvid: 1, tagged: [{ first: 2, last: 9 }] } },
    ]);
  });

  it('ranges are names; other words and patterns nobody can match are errors', () => {
    expect(ports('iface br\n\tbridge-ports glob swp1-3.100 swp[7-8]s0 noglob x\n')).toEqual([
      'swp1.100',
      'swp2.100',
      'swp3.100',
      'swp7s0',
      'swp8s0',
      'x',
    ]);
    expect(problems(desiredOf('iface br\n\tbridge-ports glob swp* regex (?=x)\n'))).toEqual([
      '2 interfaces/proxmox-save',
      '2 links/bad-value',
      '2 links/bad-value',
    ]);
  });
});

describe('bridge-hw', () => {
  it.each([
    ['bridge-hw 02:00:00:AB:00:01', { mac: '02:00:00:ab:00:01' }],
    ['bridge-hw eth1', { macFrom: { name: 'eth1', origin: { file: 'etc/network/interfaces', line: 3 } } }],
  ])('%s', (own, expected) => {
    expect(bridge(lines(own))).toMatchObject(expected);
  });

  it('counts after hwaddress', () => {
    const { mac } = bridge(lines('bridge-hw 02:00:00:00:00:01', 'hwaddress 02:00:00:00:00:02'));
    expect(mac).toBe('02:00:00:00:00:02');
  });

  it('is an address or a name', () => {
    expect(problems(desiredOf('iface br\n\tbridge-ports none\n\tbridge-hw 02:00\n'))).toEqual(['3 links/bad-value']);
  });
});

describe('the environment of a command is what its own stanza says', () => {
  const environments = (text: string) => linkOf(text, 'br').hooks?.map(({ environment }) => environment);

  it('with the first of repeated options, and no name that could be one of ours', () => {
    const four = 'iface br inet static\n\taddress 192.0.2.1/24\n\taddress 192.0.2.2/24\n\tbridge_ports eth0\n\tup a\n';
    const six = 'iface br inet6 manual\n\tx/y= 5\n\tdown b\n';
    expect(environments(four + six)).toEqual([
      { ADDRFAM: 'inet', METHOD: 'static', IF_ADDRESS: '192.0.2.1/24', IF_BRIDGE_PORTS: 'eth0' },
      { ADDRFAM: 'inet6', METHOD: 'manual', IF_XY: '5' },
    ]);
  });

  it('without family and method where it has none', () => {
    expect(environments('iface br\n\tmtu 1400\n\tup a\n')).toEqual([{ IF_MTU: '1400' }]);
  });
});

it('times of a bridge are hundredths of a second', () => {
  expect(bridge(lines('bridge-fd 15', 'bridge-ageing 300', 'bridge-mcmi 260')).options).toEqual({
    forwardDelay: 1500,
    ageingTime: 30_000,
    multicastMembershipInterval: 26_000,
  });
});

describe('methods', () => {
  it.each([
    ['inet dhcp', { dhcp: [4] }],
    ['inet6 dhcp', { dhcp: [6] }],
    ['inet6 auto', { sysctls: { 'ipv6/accept_ra': 2, 'ipv6/autoconf': 1 } }],
  ])('%s', (method, expected) => {
    expect(linkOf(`iface eth0 ${method}\n`, 'eth0')).toMatchObject(expected);
  });

  it('each family has its own', () => {
    const link = linkOf('iface eth0 inet dhcp\niface eth0 inet6 static\n\taddress 2001:db8::1/64\n', 'eth0');
    expect(link).toMatchObject({ dhcp: [4], addresses: [{ address: '2001:db8::1' }] });
  });

  it('an option counts before what a method brings along', () => {
    expect(linkOf('iface eth0 inet6 auto\n\taccept-ra 1\n', 'eth0').sysctls).toEqual({
      'ipv6/accept_ra': 1,
      'ipv6/autoconf': 1,
    });
  });
});

describe('tables of VRFs', () => {
  const table = (text: string, name: string) => {
    const link = linkOf(text, name);
    return link.kind === 'vrf' ? link.table : null;
  };
  const automatic = 'iface a\n\tvrf-table auto\n';

  it('are those of the file, or the same for the same name', () => {
    expect(table('iface a\n\tvrf-table 77\n', 'a')).toBe(77);
    const own = table(automatic, 'a') ?? 0;
    expect(own).toBeGreaterThanOrEqual(1001);
    expect(own).toBeLessThanOrEqual(5000);
    expect(table(`iface b\n\tvrf-table auto\n${automatic}`, 'a')).toBe(own);
  });

  it('no two VRFs share one', () => {
    const own = table(automatic, 'a');
    expect(table(`${automatic}iface b\n\tvrf-table ${own}\n`, 'a')).not.toBe(own);
    const many = Array.from({ length: 300 }, (_, at) => `iface v${at}\n\tvrf-table auto\n`).join('');
    const tables = desiredOf(many).links.links.map((link) => (link.kind === 'vrf' ? link.table : 0));
    expect(new Set(tables).size).toBe(300);
  });
});

describe('what must do nothing, does nothing', () => {
  it('the second master of a port has it not', () => {
    const { links } = desiredOf('iface a\n\tbridge-ports eth0\niface b\n\tbridge-ports eth0 eth1\n').links;
    expect(links.slice(0, 2)).toMatchObject([{ ports: [{ name: 'eth0' }] }, { ports: [{ name: 'eth1' }] }]);
  });

  it('options of the wrong mode are not in the bond', () => {
    expect(
      linkOf('iface b\n\tbond-slaves eth0\n\tbond-mode 1\n\tbond-lacp-rate 1\n\tbond-miimon 5\n', 'b'),
    ).toMatchObject({
      options: { mode: 'active-backup', miimon: 5 },
    });
    const link = linkOf('iface b\n\tbond-slaves eth0\n\tbond-lacp-rate 1\n', 'b');
    expect(link.kind === 'bond' && link.options).toEqual({});
    const missed = linkOf('iface b\n\tbond-mode 4\n\tbond-missed-max 3\n\tbond-arp-validate all\n', 'b');
    expect(missed.kind === 'bond' && missed.options).toEqual({ mode: '802.3ad', miimon: 100 });
  });

  it('options that the kernel takes in every mode are in the bond, also where they have no effect', () => {
    const text = '\tbond-ad-select count\n\tbond-primary-reselect better\n\tbond-arp-ip-target 10.0.0.9\n';
    const link = linkOf(`iface b\n\tbond-mode broadcast\n${text}`, 'b');
    expect(link.kind === 'bond' && link.options).toEqual({
      mode: 'broadcast',
      adSelect: 'count',
      primaryReselect: 'better',
      arpTargets: ['10.0.0.9'],
    });
  });

  it.each([
    ['iface b\n\tbridge-ports none\n\tbridge-stp on\n\tbridge-fd 1\n', { options: { stp: true } }],
    ['iface b\n\tbridge-ports none\n\tbridge-stp on\n\tbridge-fd 2\n', { options: { stp: true, forwardDelay: 200 } }],
    ['iface b\n\tbridge-ports none\n\tbridge-stp on\n\tbridge-fd 30\n', { options: { stp: true, forwardDelay: 3000 } }],
    ['iface b\n\tbridge-ports none\n\tbridge-stp on\n\tbridge-fd 31\n', { options: { stp: true } }],
    ['iface b\n\tbridge-ports none\n\tbridge-fd 1\n', { options: { forwardDelay: 100 } }],
  ])('%j', (text, expected) => {
    expect(linkOf(text, 'b')).toMatchObject(expected);
    const link = linkOf(text, 'b');
    expect(link.kind === 'bridge' && link.options).toEqual(expected.options);
  });

  it('of two default routes with one metric the first, of one family and table', () => {
    const { links } = desiredOf(
      [
        'iface a\n\taddress 10.0.0.2/24\n\tgateway 10.0.0.1',
        'iface b\n\taddress 10.1.0.2/24\n\tgateway 10.1.0.1',
        'iface c\n\taddress 10.2.0.2/24\n\tgateway 10.2.0.1\n\tmetric 5',
        'iface d\n\tvrf v\n\taddress 10.3.0.2/24\n\tgateway 10.3.0.1',
        'iface e inet6 static\n\taddress 2001:db8::2/64\n\tgateway fe80::1',
        'iface v\n\tvrf-table 7',
      ].join('\n'),
    ).links;
    expect(links.map(({ gateways }) => gateways.length)).toEqual([1, 0, 1, 1, 1, 0]);
  });

  it('an MTU above that of a link below', () => {
    const text = (mtu: number) => `iface eth0\n\tmtu 1500\niface eth0.5\n\tmtu ${mtu}\n`;
    expect(linkOf(text(1501), 'eth0.5').mtu).toBeUndefined();
    expect(linkOf(text(1500), 'eth0.5').mtu).toBe(1500);
  });
});

describe('lists of ports', () => {
  it.each([
    ['glob swp[1-2]s[0-1]', ['swp1s0', 'swp1s1', 'swp2s0', 'swp2s1']],
    ['glob swp1-3.100 noglob eth0', ['swp1.100', 'swp2.100', 'swp3.100', 'eth0']],
    ['eth0 regex tap.* noregex eth1', ['eth0', 'eth1']],
    ['none', []],
    ['eth0 eth0', ['eth0']],
  ])('%s', (list, names) => {
    const link = linkOf(`iface br\n\tbridge-ports ${list}\n`, 'br');
    expect(link.kind === 'bridge' && link.ports.map(({ name }) => name)).toEqual(names);
  });
});
