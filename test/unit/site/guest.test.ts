import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../../src/ports/index.js';
import type { Guest } from '../../../src/site/index.js';
import { readSite } from '../../../src/site/index.js';

function read(path: string, text: string): { guest: Guest | undefined; codes: string[] } {
  const files = memoryFiles({ [`/etc/pve/nodes/pve1/${path}`]: text });
  const { site, diagnostics } = readSite(files, { root: '/', hostname: 'pve1', now: 0 });
  return { guest: site.guests[0], codes: diagnostics.map(({ code }) => code) };
}

const vm = (line: string) => {
  const { guest, codes } = read('qemu-server/100.conf', `net0: ${line}\n`);
  return { nic: guest?.nics[0], codes };
};
const container = (line: string) => {
  const { guest, codes } = read('lxc/200.conf', `net0: ${line}\n`);
  return { nic: guest?.nics[0], codes };
};
const MAC = 0xbc2411000001n;

describe('a VM gives its MAC address as the value of a model, or of macaddr', () => {
  it.each([
    ...'e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er'.split(' '),
    ...'ne2k_isa ne2k_pci pcnet rtl8139 virtio vmxnet3'.split(' '),
  ])('%s', (model) => {
    for (const line of [
      `${model}=bc:24:11:00:00:01,bridge=vmbr0`,
      `bridge=vmbr0,${model}=BC:24:11:00:00:01`,
      `model=${model},macaddr=BC:24:11:00:00:01,bridge=vmbr0`,
      `${model},macaddr=BC:24:11:00:00:01,bridge=vmbr0`,
    ]) {
      expect(vm(line)).toEqual({
        nic: {
          index: 0,
          port: 'tap100i0',
          mac: MAC,
          macUnreadable: false,
          bridge: 'vmbr0',
          tag: null,
          trunks: null,
          firewall: false,
          linkDown: false,
          addresses: [],
          origin: { file: 'etc/pve/nodes/pve1/qemu-server/100.conf', line: 1 },
        },
        codes: [],
      });
    }
  });
});

describe('properties', () => {
  it.each([
    ['virtio=BC:24:11:00:00:01,bridge=vmbr1,tag=4094', { bridge: 'vmbr1', tag: 4094 }, []],
    ['virtio=BC:24:11:00:00:01,bridge=vmbr1,tag=0', { tag: null }, ['guest/bad-tag']],
    ['virtio=BC:24:11:00:00:01,bridge=vmbr1,tag=4095', { tag: null }, ['guest/bad-tag']],
    ['virtio=BC:24:11:00:00:01,bridge=vmbr1,trunks=2;5-9', { trunks: '2;5-9' }, []],
    ['virtio=BC:24:11:00:00:01', { bridge: null }, []],
    ['virtio=BC:24:11:00:00', { mac: null, macUnreadable: true }, ['guest/bad-mac']],
    ['virtio=BC-24-11-00-00-01', { mac: null }, ['guest/bad-mac']],
    ['virtio,bridge=vmbr0', { mac: null, macUnreadable: false }, []],
    ['virtio=BC:24:11:00:00:01,ip=10.0.0.5/24', { addresses: [] }, []],
    ['virtio=BC:24:11:00:00:01,link_down=1', { linkDown: true }, []],
    ...['1', 'yes', 'On', 'true'].map(
      (text) => [`virtio=BC:24:11:00:00:01,firewall=${text}`, { firewall: true }, []] as const,
    ),
    ...['0', 'no', 'off', 'FALSE'].map(
      (text) => [`virtio=BC:24:11:00:00:01,firewall=${text}`, { firewall: false }, []] as const,
    ),
    ['virtio=BC:24:11:00:00:01,firewall=2', { firewall: true }, ['value/bad-option']],
    ['virtio=BC:24:11:00:00:01,firewall=constructor', { firewall: true }, ['value/bad-option']],
    ['virtio=BC:24:11:00:00:01,firewall=0,firewall=1', { firewall: false }, ['guest/nic-property']],
  ] as const)('of a VM: %s', (line, expected, codes) => {
    const found = vm(line);
    expect(found.nic).toMatchObject(expected);
    expect(found.codes).toEqual(codes);
  });

  const head = 'name=eth0,hwaddr=BC:24:11:00:00:01,bridge=vmbr0';
  const one = (family: 4 | 6, value: bigint) => ({ family, interval: [value, value] });
  it.each([
    [head, { port: 'veth200i0', mac: MAC, bridge: 'vmbr0', addresses: [] }, []],
    [`${head},type=veth,firewall=1`, { firewall: true }, []],
    [`${head},ip=10.0.0.5/24`, { addresses: [one(4, 0x0a000005n)] }, []],
    [`${head},ip=10.0.0.5`, { addresses: [one(4, 0x0a000005n)] }, []],
    [
      `${head},ip=10.0.0.5/24,ip6=2001:db8::5/64`,
      { addresses: [one(4, 0x0a000005n), one(6, (0x20010db8n << 96n) | 5n)] },
      [],
    ],
    [`${head},ip=dhcp,ip6=auto`, { addresses: [] }, []],
    [`${head},ip=manual,ip6=dhcp`, { addresses: [] }, []],
    [`${head},ip=10.0.5/24`, { addresses: [] }, ['guest/bad-address']],
    [`name=eth0,bridge=vmbr0`, { mac: null }, []],
    [`name=eth0,virtio=BC:24:11:00:00:01,bridge=vmbr0`, { mac: null }, []],
  ] as const)('of a container: %s', (line, expected, codes) => {
    const found = container(line);
    expect(found.nic).toMatchObject(expected);
    expect(found.codes).toEqual(codes);
  });
});

describe('a control character is reported and takes the NIC nothing of its filter', () => {
  it.each([
    ['in the address', 'virtio=x\b,bridge=vmbr0,firewall=1', ['syntax/character', 'guest/bad-mac']],
    ['in a value that nobody reads', 'virtio=bc:24:11:00:00:01,bridge=vmbr0,firewall=1,x=\x1b', ['syntax/character']],
    [
      'in the switch itself',
      'virtio=bc:24:11:00:00:01,bridge=vmbr0,firewall=\x07',
      ['syntax/character', 'value/bad-option'],
    ],
    ['in the name of the switch', 'virtio=bc:24:11:00:00:01,bridge=vmbr0,fire\x07wall=1', ['syntax/character']],
    ['before that name', 'virtio=bc:24:11:00:00:01,bridge=vmbr0,\0firewall=1', ['syntax/character']],
  ])('%s', (_where, line, reported) => {
    const { nic, codes } = vm(line);
    expect(nic).toMatchObject({ port: 'tap100i0', bridge: 'vmbr0', firewall: true });
    expect(codes).toEqual(reported);
  });

  it('and opens it where that is said in full', () => {
    const { nic } = vm('virtio=bc:24:11:00:00:01,bridge=vmbr0,firewall=0,x=\x1b');
    expect(nic).toMatchObject({ firewall: false });
  });
});

describe('which NICs there are', () => {
  it('net0 to net31, in their order, up to the first snapshot', () => {
    const { guest, codes } = read(
      'qemu-server/100.conf',
      'net31: virtio=BC:24:11:00:00:31\nnet2: virtio=BC:24:11:00:00:02\nnet10: e1000=BC:24:11:00:00:10\n[old]\nnet0: virtio=BC:24:11:00:00:00\n',
    );
    expect(guest?.nics.map(({ port }) => port)).toEqual(['tap100i2', 'tap100i10', 'tap100i31']);
    expect(codes).toEqual([]);
  });

  it.each([
    ['qemu-server/123456789.conf', 'net10', 'tap123456789i10', []],
    ['lxc/123456789.conf', 'net9', 'veth123456789i9', []],
    ['lxc/12345678.conf', 'net10', 'veth12345678i10', []],
    ['lxc/123456789.conf', 'net10', undefined, ['guest/port-name']],
  ] as const)('%s %s: no port has more than 15 characters', (path, key, port, codes) => {
    const found = read(path, `${key}: name=eth0,virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n`);
    expect(found.guest?.nics[0]?.port).toBe(port);
    expect(found.codes).toEqual(codes);
  });

  it.each(['0.conf', '0100.conf', '1234567890.conf', '100.conf.bak', 'x.conf', '100'])('%s is no guest', (name) => {
    expect(read(`qemu-server/${name}`, 'net0: virtio=BC:24:11:00:00:01\n').guest).toBeUndefined();
  });
});

it('of two guests with one id the virtual machine counts', () => {
  const files = memoryFiles({
    '/etc/pve/nodes/pve1/lxc/100.conf': 'net0: name=eth0,hwaddr=BC:24:11:00:00:02,bridge=vmbr0,firewall=1\n',
    '/etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1\n',
  });
  const { site, diagnostics } = readSite(files, { root: '/', hostname: 'pve1', now: 0 });
  expect(site.guests.map(({ kind }) => kind)).toEqual(['vm']);
  expect(diagnostics.map(({ code, span }) => `${code} ${span.file}`)).toEqual([
    'name/declared-twice etc/pve/nodes/pve1/lxc/100.conf',
  ]);
});
