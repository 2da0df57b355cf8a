import { describe, expect, it } from 'vitest';
import { desiredOf, linkOf, problems, unmanaged } from './site.js';

const FILE = 'etc/network/interfaces';
const at = (line: number) => ({ file: FILE, line });

describe('kinds of links', () => {
  it('a bridge has bridge-ports, even none', () => {
    const text = 'auto br\niface br\n\tbridge-ports eth0 eth1 none\n\tbridge-stp on\n\tbridge-fd 4\n';
    expect(linkOf(text, 'br')).toEqual({
      name: 'br',
      kind: 'bridge',
      origin: at(2),
      start: 'auto',
      addresses: [],
      gateways: [],
      ports: [
        { name: 'eth0', origin: at(3), options: {} },
        { name: 'eth1', origin: at(3), options: {} },
      ],
      options: { stp: true, forwardDelay: 400 },
    });
    expect(linkOf('iface br\n\tbridge-ports none\n', 'br')).toMatchObject({ kind: 'bridge', ports: [] });
  });

  it('a VLAN-aware bridge needs none', () => {
    expect(linkOf('iface br\n\tbridge-vlan-aware yes\n', 'br')).toMatchObject({
      kind: 'bridge',
      options: { vlanAware: true },
    });
    expect(linkOf('iface eth0\n\tbridge-vlan-aware no\n', 'eth0')).toMatchObject({ kind: 'physical' });
  });

  it.each([
    ['eth0.5', '', 'eth0', 5],
    ['eth0.5.6', '', 'eth0.5', 6],
    ['eth0.5', '\tvlan-raw-device eth1\n', 'eth1', 5],
    ['vlan0007', '\tvlan-raw-device eth0\n', 'eth0', 7],
    ['vlan7', '\tvlan-raw-device eth0\n\tvlan-id 8\n', 'eth0', 8],
    ['storage', '\tvlan-raw-device eth0\n\tvlan-id 4094\n', 'eth0', 4094],
  ])('%s with %j is a VLAN device', (name, options, parent, id) => {
    expect(linkOf(`iface ${name}\n${options}`, name)).toMatchObject({
      kind: 'vlan',
      parent: { name: parent },
      id,
      protocol: '802.1q',
    });
  });

  it.each([['eth0.0'], ['eth0.4095'], ['eth0.x'], ['.5'], ['vlan7']])('%s alone is none', (name) => {
    const { links } = desiredOf(`iface ${name}\n`).links;
    expect(links.map(({ kind }) => kind).filter((kind) => kind === 'vlan')).toEqual([]);
  });

  it('a VLAN device without an id cannot be made', () => {
    const found = desiredOf('iface storage\n\tvlan-raw-device eth0\n');
    expect(problems(found)).toEqual(['2 links/bad-value']);
    expect(found.links.links[0]).toMatchObject({ kind: 'other', option: 'vlan-raw-device' });
  });

  it('a bond has slaves or a mode, by number or name', () => {
    expect(linkOf('iface b\n\tbond_slaves eth0 eth1\n\tbond-mode 802.3AD\n\tbond-miimon 100\n', 'b')).toMatchObject({
      kind: 'bond',
      slaves: [{ name: 'eth0' }, { name: 'eth1' }],
      options: { mode: '802.3ad', miimon: 100 },
    });
    expect(linkOf('iface b\n\tbond-mode 6\n', 'b')).toMatchObject({
      kind: 'bond',
      slaves: [],
      options: { mode: 'balance-alb' },
    });
  });

  it.each([['tunnel-mode gre'], ['ovs_type OVSBridge'], ['wpa-ssid home'], ['batman-ifaces eth0'], ['provider dsl']])(
    '%s makes a link of a kind that is not managed',
    (option) => {
      const found = desiredOf(`iface x0\n\t${option}\n\tmtu 1450\n`);
      expect(found.links.links).toMatchObject([{ kind: 'other', mtu: 1450 }]);
      expect(found.links.unmanaged).toHaveLength(1);
      expect(problems(found)).toContain('1 links/unmanaged-kind');
    },
  );

  it.each([
    ['eth0', 'link-speed 1000'],
    ['eth0', 'link-autoneg off'],
    ['eth0', 'link-fec rs'],
    ['eth0', 'gro-offload off'],
    ['eth0', 'ring-rx 512'],
    ['br', 'bridge-always-up yes'],
    ['vx', 'vxlan-udp-csum off'],
  ])('%s keeps its kind: %s is read, and not managed', (name, option) => {
    const kind = { eth0: '', br: '\tbridge-ports none\n', vx: '\tvxlan-id 5\n' }[name];
    const found = desiredOf(`iface ${name}\n${kind}\t${option}\n`);
    expect(found.links.links).not.toMatchObject([{ kind: 'other' }]);
    expect(unmanaged(found)).toEqual([`${kind === '' ? 2 : 3} not yet: ${name} ${option}`]);
    expect(problems(found)).toEqual([`${kind === '' ? 2 : 3} links/not-managed`]);
  });

  it.each([['inet ppp'], ['inet bootp'], ['inet6 6to4'], ['can static'], ['wireguard static']])(
    'the method %s too',
    (method) => {
      const found = desiredOf(`iface x0 ${method}\n`);
      expect(found.links.links).toMatchObject([{ kind: 'other' }]);
      expect(problems(found)).toEqual(['1 links/unmanaged-kind']);
    },
  );

  it('lo is loopback, as is what has that method', () => {
    expect(linkOf('iface lo\n', 'lo').kind).toBe('loopback');
    expect(linkOf('iface dummy0 inet loopback\n', 'dummy0').kind).toBe('loopback');
  });

  it('links that others name and no stanza is about are implied', () => {
    const { links } = desiredOf('auto br\niface br\n\tbridge-ports eth0.5.6 eth1\n').links;
    expect(links.map(({ name, kind, start, origin }) => [name, kind, start, origin.line])).toEqual([
      ['br', 'bridge', 'auto', 2],
      ['eth0.5.6', 'vlan', 'manual', 3],
      ['eth0.5', 'vlan', 'manual', 3],
      ['eth0', 'physical', 'manual', 3],
      ['eth1', 'physical', 'manual', 3],
    ]);
  });
});

describe('several stanzas of one interface', () => {
  it('count together, each address with its line, each gateway with the metric of its stanza', () => {
    const found = desiredOf(
      [
        'iface eth0 inet static',
        '\taddress 192.0.2.10',
        '\tnetmask 255.255.255.0',
        '\tgateway 192.0.2.1',
        '\tmetric 5',
        'iface eth0 inet6 static',
        '\taddress 2001:DB8:0::0a/64',
        '\tgateway fe80::1',
        'iface eth0:1',
        '\taddress 198.51.100.1',
        '\tmtu 1400',
        'auto eth0',
      ].join('\n'),
    );
    expect(found.diagnostics).toEqual([]);
    expect(found.links.links).toEqual([
      {
        kind: 'physical',
        name: 'eth0',
        origin: at(1),
        start: 'auto',
        mtu: 1400,
        addresses: [
          { address: '192.0.2.10', prefixLength: 24, origin: at(2) },
          { address: '2001:db8::a', prefixLength: 64, origin: at(7) },
          { address: '198.51.100.1', prefixLength: 32, origin: at(10) },
        ],
        gateways: [
          { address: '192.0.2.1', metric: 5, origin: at(4) },
          { address: 'fe80::1', origin: at(8) },
        ],
      },
    ]);
  });

  it('also of several files', () => {
    const found = desiredOf('iface br\n\tbridge-ports eth0\nsource interfaces.d/*\n', {
      'etc/network/interfaces.d/more': 'iface br\n\tbridge-ports eth1\n\taddress 10.0.0.1/8\n',
    });
    expect(found.links.links[0]).toMatchObject({
      ports: [{ name: 'eth0' }, { name: 'eth1' }],
      addresses: [{ address: '10.0.0.1', origin: { file: 'etc/network/interfaces.d/more', line: 3 } }],
    });
  });
});

describe('when a link comes up', () => {
  it.each([
    ['auto eth0', 'auto'],
    ['allow-auto eth0', 'auto'],
    ['auto all', 'auto'],
    ['allow-hotplug eth0', 'hotplug'],
    ['allow-hotplug eth0\nauto eth0', 'auto'],
    ['auto eth0\nallow-hotplug eth0', 'auto'],
    ['allow-ovs eth0', 'manual'],
    ['auto eth1', 'manual'],
  ])('%j: %s', (line, start) => {
    expect(linkOf(`${line}\niface eth0\n`, 'eth0').start).toBe(start);
  });
});

describe('what is not in force is listed', () => {
  it('options nobody knows, methods, patterns, second values', () => {
    const found = desiredOf(
      [
        'iface br inet dhcp',
        '\tbridge-ports eth0',
        '\tdns-search example.org',
        '\tbridge-fd 0',
        '\tbridge-fd 0',
        '\tbridge-fd 2',
        '\tnetmask 8',
        '\tpre-up echo 1',
        '\tpre-up echo 2',
      ].join('\n'),
    );
    expect(unmanaged(found)).toEqual([
      '3 not yet: br dns-search example.org',
      '6 repeated: br bridge-fd 2',
      '7 repeated: br netmask 8',
    ]);
    expect(found.diagnostics.filter(({ code }) => code.startsWith('links/'))).toMatchObject([
      {
        code: 'links/not-managed',
        severity: 'hint',
        message: '3 options of this file are read, but not managed: dns-search, bridge-fd, netmask',
        span: { file: FILE, line: 3, column: 2, endColumn: 12 },
      },
    ]);
  });

  it('addresses of ports', () => {
    const found = desiredOf('iface eth0\n\taddress 10.0.0.1/8\n\tgateway 10.0.0.2\niface br\n\tbridge-ports eth0\n');
    expect(found.links.links[0]).toMatchObject({ name: 'eth0', addresses: [], gateways: [] });
    expect(unmanaged(found)).toEqual(['2 on a port: eth0 address 10.0.0.1/8', '3 on a port: eth0 gateway 10.0.0.2']);
  });

  it('a link under a VLAN device keeps its addresses', () => {
    const { links } = desiredOf('iface eth0\n\taddress 10.0.0.1/8\niface eth0.5\n').links;
    expect(links[0]?.addresses).toHaveLength(1);
  });

  it.each([
    ['address 10.0.0.300/24'],
    ['address 10.0.0.1/33'],
    ['gateway 10.0.0.1/24'],
    ['gateway none'],
    ['metric -1'],
    ['mtu 67'],
    ['mtu big'],
    ['bridge-stp Off'],
    ['bridge-fd 1.5'],
    ['bridge-vlan-aware Yes'],
  ])('%s is an error', (option) => {
    const found = desiredOf(`iface br\n\tbridge-ports none\n\t${option}\n`);
    expect(problems(found)).toEqual(['3 links/bad-value']);
    expect(found.diagnostics[0]?.help).toMatch(/^write /);
    expect(found.links.unmanaged).toMatchObject([{ reason: 'wrong value', origin: at(3) }]);
  });

  it.each([['0-5'], ['9-5'], ['1-2-3'], ['4095'], ['x']])('bridge-vids %s is an error', (vids) => {
    const found = desiredOf(`iface br\n\tbridge-vlan-aware yes\n\tbridge-vids ${vids}\n`);
    expect(problems(found)).toEqual(['3 links/bad-value']);
  });

  it('a mask with holes is an error at its address', () => {
    expect(problems(desiredOf('iface eth0\n\taddress 10.0.0.1\n\tnetmask 255.0.255.0\n'))).toEqual([
      '2 links/bad-value',
    ]);
  });

  it.each([['a/b'], ['interface-too-long'], ['-x'], ['all'], ['swp[x]'], ['a;b']])('no link is called %s', (name) => {
    const found = desiredOf(`iface ${name}\n\taddress 10.0.0.1/8\n`);
    expect(problems(found)).toEqual(['1 links/bad-name']);
    expect(found.links.links).toEqual([]);
    expect(desiredOf(`iface br\n\tbridge-ports ${name}\n`).links).toMatchObject({
      links: [{ name: 'br', ports: [] }],
      unmanaged: [{ option: 'bridge-ports', value: name }],
    });
  });

  it('links that need each other are found, with what stands on them', () => {
    const found = desiredOf(
      'iface br\n\tbridge-ports br.5\niface eth0\niface v\n\tvlan-raw-device br\n\tvlan-id 7\niface eth0.5\n',
    );
    expect(problems(found)).toEqual(['1 links/cycle']);
    expect(found.diagnostics[0]?.message).toContain('none of br, v, br.5 can be made');
  });
});

describe('ports of guests', () => {
  const vm = (line: string) => ({ 'etc/pve/nodes/pve1/qemu-server/100.conf': `${line}\n` });

  it('have their bridge, tag and trunks', () => {
    const { guestPorts } = desiredOf('iface vmbr0\n', {
      ...vm('net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5,trunks=7;10-19,link_down=1\nnet1: virtio'),
      'etc/pve/nodes/pve1/lxc/200.conf': 'net3: name=eth0,bridge=vmbr0\n',
    }).links;
    expect(guestPorts).toEqual([
      {
        name: 'tap100i0',
        bridge: 'vmbr0',
        tag: 5,
        trunks: [
          { first: 7, last: 7 },
          { first: 10, last: 19 },
        ],
        linkDown: true,
        firewall: false,
        origin: { file: 'etc/pve/nodes/pve1/qemu-server/100.conf', line: 1 },
      },
      {
        name: 'veth200i3',
        bridge: 'vmbr0',
        tag: null,
        trunks: null,
        linkDown: false,
        firewall: false,
        origin: { file: 'etc/pve/nodes/pve1/lxc/200.conf', line: 1 },
      },
    ]);
  });

  it('on a bridge nobody makes give a hint', () => {
    const found = desiredOf('iface vmbr0\n', vm('net0: virtio,bridge=vmbr1'));
    expect(found.diagnostics).toMatchObject([{ code: 'links/unknown-bridge', severity: 'hint', span: { line: 1 } }]);
    expect(found.links.guestPorts).toHaveLength(1);
  });

  it('on a vnet give none, nor where no interfaces file says what there is', () => {
    const running = JSON.stringify({ vnets: { ids: { v1: { zone: 'z', type: 'vnet' } } } });
    const nic = vm('net0: virtio,bridge=v1');
    expect(problems(desiredOf('iface vmbr0\n', { ...nic, 'etc/pve/sdn/.running-config': running }))).toEqual([]);
    expect(problems(desiredOf('iface vmbr0\n', { ...nic, 'etc/pve/sdn/firewall/v1.fw': '' }))).toEqual([]);
    expect(problems(desiredOf(null, nic))).toEqual([]);
    expect(problems(desiredOf('iface vmbr0\n', nic))).toEqual(['1 links/unknown-bridge']);
  });

  it('are left out where the bridge is no name, and keep to what trunks can be', () => {
    const found = desiredOf(null, vm('net0: virtio,bridge=a b\nnet1: virtio,bridge=vmbr0,trunks=all'));
    expect(found.links.guestPorts).toMatchObject([{ name: 'tap100i1', trunks: null }]);
    expect(found.links.unmanaged.map(({ option, reason }) => [option, reason])).toEqual([
      ['bridge', 'wrong value'],
      ['trunks', 'wrong value'],
    ]);
    expect(problems(found)).toEqual(['2 links/bad-value']);
  });
});

it('a tunnel learns as its port does, unless it has a line of its own', () => {
  const learning = (lines: string, ofBridge = ''): unknown => {
    const link = linkOf(`iface br\n\tbridge-ports vx\n${ofBridge}iface vx\n\tvxlan-id 5\n${lines}`, 'vx');
    return link.kind === 'vxlan' && link.options.learning;
  };
  expect(learning('')).toBeUndefined();
  expect(learning('\tbridge-learning off\n')).toBe(false);
  expect(learning('', '\tbridge-learning vx=off\n')).toBe(false);
  expect(learning('\tbridge-learning off\n\tvxlan-learning on\n')).toBe(true);
});
