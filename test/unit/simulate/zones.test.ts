import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/diagnostics/index.js';
import { findZone, zoneNames } from '../../../src/simulate/index.js';
import { siteWith } from './sites.js';

const { site } = siteWith();

/** The failure of looking the name up: its message, then its help. */
function failure(name: string, of = site): string[] {
  try {
    findZone(name, of);
  } catch (error) {
    if (error instanceof Failure) return [error.message, error.help ?? ''];
    throw error;
  }
  return ['found'];
}

describe('a zone', () => {
  it.each([
    ['outside', 'vmbr0', 'eth0'],
    ['nfvm', 'vmbr0', 'nfvm'],
    ['vm100', 'vmbr0', 'tap100i0'],
    ['vm100i0', 'vmbr0', 'tap100i0'],
    ['vm100i1', 'vmbr1', 'tap100i1'],
    ['ct200', 'vmbr0', 'veth200i0'],
    ['vmbr1/tap999i0', 'vmbr1', 'tap999i0'],
  ])('%s is %s/%s', (name, bridge, port) => {
    expect(findZone(name, site)).toMatchObject({ kind: 'port', bridge, port });
  });

  it('host is the node', () => {
    expect(findZone('host', site)).toEqual({ kind: 'host' });
  });

  it('knows the guest’s interface behind its port, however it is named', () => {
    expect(findZone('vmbr0/tap100i0', site)).toEqual(findZone('vm100', site));
    expect(findZone('vm100', site)).toMatchObject({ nic: { mac: 0xbc2411000100n } });
    expect(findZone('outside', site)).toMatchObject({ nic: null });
  });

  it('that is not there is a failure that says what is', () => {
    const all = 'use one of: host, outside, nfvm, vm100, vm100i1, ct200, vmbr0/PORT, vmbr1/PORT';
    expect(failure('inside')).toEqual(['there is no zone `inside`', all]);
    expect(failure('vm101')).toEqual(['there is no virtual machine 101 on node pve1', all]);
    expect(failure('ct100')).toEqual([
      'there is no container 100 on node pve1',
      'guest 100 is a virtual machine: write vm100',
    ]);
    expect(failure('vm200')).toEqual([
      'there is no virtual machine 200 on node pve1',
      'guest 200 is a container: write ct200',
    ]);
    expect(failure('ct200i3')).toEqual(['guest 200 has no net3, which zone `ct200i3` asks for', 'use one of: ct200']);
    expect(failure('vmbr7/eth0')).toEqual(['there is no bridge `vmbr7`', 'use one of: vmbr0, vmbr1']);
    expect(failure('vmbr1/eth0/x')[0]).toBe('there is no zone `vmbr1/eth0/x`');
    expect(failure('vmbr1/$(id)')[0]).toBe('there is no zone `vmbr1/$(id)`');
    expect(failure('vmbr1/tap100i0')).toEqual(['port tap100i0 is not on bridge vmbr1', 'it is on vmbr0']);
    expect(zoneNames(site)).toContain('vm100i1');
  });

  it('is looked for among twenty names at most', () => {
    const guests = Array.from({ length: 30 }, (_, id) => [
      `etc/pve/nodes/pve1/qemu-server/${300 + id}.conf`,
      'net0: virtio=BC:24:11:00:03:00,bridge=vmbr0\n',
    ]);
    expect(failure('inside', siteWith(Object.fromEntries(guests)).site)[1]).toMatch(
      /^use one of: host, outside, .*vm313, or one of 18 more$/,
    );
  });

  it('outside is on the bridge with the default route where there is no vmbr0', () => {
    const files = {
      'etc/network/interfaces':
        'iface br7 inet manual\n\tbridge-ports en7\niface br8 inet static\n\taddress 192.0.2.10/24\n\tgateway 192.0.2.1\n\tbridge-ports en8 en9\n',
      'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=br7\n',
      'etc/pve/nodes/pve1/lxc/200.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:02:00\n',
    };
    const other = siteWith(files).site;
    expect(findZone('outside', other)).toMatchObject({ bridge: 'br8', port: 'en8' });
    expect(findZone('nfvm', other)).toMatchObject({ bridge: 'br8' });
    expect(failure('ct200', other)[0]).toBe('net0 of guest 200 is on no bridge, so no packet gets there');
  });

  it('outside needs an uplink, and a bridge', () => {
    const noPort = siteWith({ 'etc/network/interfaces': 'iface vmbr0 inet manual\n\tbridge-ports none\n' }).site;
    expect(failure('outside', noPort)[0]).toBe('bridge vmbr0 has no uplink port, so there is no zone `outside`');
    const noBridge = siteWith({
      'etc/network/interfaces': '',
      'etc/pve/nodes/pve1/qemu-server/100.conf': '',
      'etc/pve/nodes/pve1/lxc/200.conf': '',
    }).site;
    expect(failure('outside', noBridge)).toEqual([
      'there is no bridge vmbr0 and no bridge with the default route',
      'use one of: host',
    ]);
    expect(failure('vmbr0/eth0', noBridge)[1]).toBe('no interfaces file and no guest names a bridge');
  });
});

describe('the configured bridges of a site', () => {
  const bridges = (text: string) => siteWith({ 'etc/network/interfaces': text }).site.network.bridges;

  it('join the stanzas of both families', () => {
    const text =
      'iface vmbr0 inet static\n\tbridge_ports eth0 eth1\n\taddress 192.0.2.10/24\niface vmbr0 inet6 static\n\tgateway 2001:db8::1\n';
    expect(bridges(text)).toEqual([
      { name: 'vmbr0', ports: ['eth0', 'eth1'], defaultRoute: true, openVSwitch: false, vlanAware: false },
    ]);
  });

  it('have no port where the file names a pattern, and are bridges when VLAN-aware', () => {
    const text =
      'iface a inet manual\n\tbridge-ports en0 regex eth.*\niface b inet manual\n\tbridge-vlan-aware yes\niface c inet manual\n';
    expect(bridges(text)).toEqual([
      { name: 'a', ports: ['en0'], defaultRoute: false, openVSwitch: false, vlanAware: false },
      { name: 'b', ports: [], defaultRoute: false, openVSwitch: false, vlanAware: true },
    ]);
  });
});
