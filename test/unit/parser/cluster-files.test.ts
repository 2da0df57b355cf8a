import { describe, expect, test } from 'vitest';
import { parseCorosync, parseIpam, parseSdnConfig, parseVmList } from '../../../src/parser/index.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => bytes(JSON.stringify(value));
const codes = ({ diagnostics }: { diagnostics: readonly { code: string }[] }) => diagnostics.map(({ code }) => code);

describe('corosync.conf (specification 5.8)', () => {
  test('transport, ip version and the link addresses of every node', () => {
    const { config, diagnostics } = parseCorosync(
      bytes(`# a comment
totem {
  transport: udp
  ip_version: ipv4-6
  interface {
    transport: not this one
  }
}
nodelist {
  node {
    name: pve1
    nodeid: 1
    ring0_addr: 192.0.2.1
    ring1_addr: pve1-b
  }
  node{
    ring0_addr: 192.0.2.2
  }
}
`),
      'corosync.conf',
    );
    expect(diagnostics).toEqual([]);
    expect(config).toMatchObject({ transport: 'udp', ipVersion: 'ipv4-6' });
    expect(config.nodes.map(({ name, nodeid }) => [name, nodeid])).toEqual([
      ['pve1', '1'],
      [null, null],
    ]);
    expect(config.nodes.map(({ rings }) => [...rings].map(([link, { value }]) => [link, value]))).toEqual([
      [
        [0, '192.0.2.1'],
        [1, 'pve1-b'],
      ],
      [[0, '192.0.2.2']],
    ]);
    expect(config.nodes[0]?.rings.get(0)?.span).toEqual({
      file: 'corosync.conf',
      line: 13,
      column: 17,
      endLine: 13,
      endColumn: 26,
    });
  });

  test('what cannot be read is a warning', () => {
    const reading = parseCorosync(bytes('}\nnodelist {\n???\n'), 'corosync.conf');
    expect(codes(reading)).toEqual(['corosync/unbalanced', 'corosync/unreadable-line', 'corosync/unbalanced']);
    expect(reading.diagnostics.map(({ span }) => span.line)).toEqual([1, 3, 2]);
    expect(reading.diagnostics.every(({ severity }) => severity === 'warning')).toBe(true);
  });
});

describe('.vmlist (specification 6.1)', () => {
  test('guests with node and type', () => {
    const { vmList, diagnostics } = parseVmList(
      json({ version: 1, ids: { 100: { node: 'a', type: 'qemu' }, 101: { node: 'b', type: 'lxc' } } }),
      '.vmlist',
    );
    expect(diagnostics).toEqual([]);
    expect(vmList.guests.map(({ id, node, type }) => [id.value, node, type])).toEqual([
      [100, 'a', 'qemu'],
      [101, 'b', 'lxc'],
    ]);
  });

  test('a wrong entry is left out and reported with its path and place', () => {
    const text = '{"ids":{\n "100":{"node":"a","type":"vm"},\n "x":{},\n "102":7,\n "103":{"node":"b","type":"lxc"}}}';
    const { vmList, diagnostics } = parseVmList(bytes(text), '.vmlist');
    expect(vmList.guests.map(({ id }) => id.value)).toEqual([103]);
    expect(diagnostics.map(({ message, span }) => [span.line, span.column, message])).toEqual([
      [2, 27, '`ids.100.type` should be `qemu` or `lxc`'],
      [3, 2, '`ids.x` should be a guest id'],
      [4, 8, '`ids.102` should be an object'],
    ]);
  });

  test('guests are empty when there is no list', () => {
    expect(parseVmList(json({ version: 1 }), '.vmlist')).toEqual({ vmList: { guests: [] }, diagnostics: [] });
    expect(codes(parseVmList(json([]), '.vmlist'))).toEqual(['json/shape']);
  });

  test.each([
    ['', 1, 1],
    ['{"ids":{"100":}}', 1, 15],
    ['{}\n}', 2, 1],
    ['{"a":"\\x"}', 1, 8],
    ['{"a":01}', 1, 7],
  ])('%j is not JSON', (text, line, column) => {
    const { vmList, diagnostics } = parseVmList(bytes(text), '.vmlist');
    expect(vmList.guests).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: 'json/syntax', span: { line, column } }]);
  });
});

describe('the SDN running configuration (specification 5.7)', () => {
  const subnets = (ids: unknown) => parseSdnConfig(json({ subnets: { ids } }), 'running');

  test('zones, vnets and subnets', () => {
    const { config, diagnostics } = parseSdnConfig(
      json({
        version: 3,
        zones: { ids: { z1: { type: 'simple' } } },
        vnets: { ids: { v1: { zone: 'z1', tag: '100' }, v2: { zone: 'z1' } } },
        subnets: {
          ids: {
            'z1-10.0.0.0-24': {
              vnet: 'v1',
              gateway: '10.0.0.1',
              snat: '1',
              'dhcp-range': ['start-address=10.0.0.5,end-address=10.0.0.9'],
            },
            'z1-2001:db8::-64': { vnet: 'v1' },
          },
        },
      }),
      'running',
    );
    expect(diagnostics).toEqual([]);
    expect(config.zones.map(({ value }) => value)).toEqual(['z1']);
    expect(config.vnets.map(({ name, zone, tag }) => [name.value, zone?.value, tag])).toEqual([
      ['v1', 'z1', 100],
      ['v2', 'z1', null],
    ]);
    expect(config.subnets).toMatchObject([
      {
        zone: 'z1',
        cidr: { value: '10.0.0.0/24' },
        vnet: { value: 'v1' },
        gateway: { value: '10.0.0.1' },
        snat: true,
        dhcpRanges: [{ start: { value: '10.0.0.5' }, end: { value: '10.0.0.9' } }],
      },
      { cidr: { value: '2001:db8::/64' }, gateway: null, snat: false, dhcpRanges: [] },
    ]);
  });

  test.each([
    [{ '10.0.0.0/24': { vnet: 'v1' } }, '`subnets.ids.10.0.0.0/24` should be named <zone>-<network>-<prefix length>'],
    [{ 'z1-10.0.0.0-24': {} }, '`subnets.ids.z1-10.0.0.0-24.vnet` should be a text, and is missing'],
    [{ 'z1-10.0.0.0-24': { vnet: 7 } }, '`subnets.ids.z1-10.0.0.0-24.vnet` should be a text'],
    [{ 'z1-10.0.0.0-24': [] }, '`subnets.ids.z1-10.0.0.0-24` should be an object'],
  ])('%j is left out', (ids, message) => {
    const { config, diagnostics } = subnets(ids);
    expect(config.subnets).toEqual([]);
    expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([message]);
  });

  test('a wrong part of a subnet leaves the rest of it', () => {
    const { config, diagnostics } = subnets({
      'z1-10.0.0.0-24': { vnet: 'v1', gateway: 1, 'dhcp-range': ['10.0.0.5-9', 3] },
    });
    expect(config.subnets).toMatchObject([{ vnet: { value: 'v1' }, gateway: null, dhcpRanges: [] }]);
    expect(codes({ diagnostics })).toEqual(['json/shape', 'json/shape', 'json/shape']);
  });
});

describe('the IPAM state (specification 5.7)', () => {
  test('every address with its owner', () => {
    const ips = {
      '10.0.0.1': { gateway: 1 },
      '10.0.0.5': { vmid: '100', mac: 'BC:24:11:00:00:01', hostname: 'web' },
      '10.0.0.6': { mac: 'x' },
    };
    const { ipam, diagnostics } = parseIpam(json({ zones: { z1: { subnets: { '10.0.0.0/24': { ips } } } } }), 'ipam');
    expect(diagnostics).toEqual([]);
    const common = { zone: 'z1', subnet: '10.0.0.0/24', gateway: false, vmid: null, mac: null, hostname: null };
    expect(ipam.addresses.map(({ address, ...rest }) => ({ ...rest, address: address.value }))).toEqual([
      { ...common, address: '10.0.0.1', gateway: true },
      { ...common, address: '10.0.0.5', vmid: 100, mac: 'BC:24:11:00:00:01', hostname: 'web' },
      { ...common, address: '10.0.0.6', mac: 'x' },
    ]);
  });

  test('wrong shapes are reported and left out', () => {
    const ips = { '10.0.0.5': { vmid: -1, gateway: 'yes' }, '10.0.0.6': 1 };
    const { ipam, diagnostics } = parseIpam(json({ zones: { z1: { subnets: { a: { ips } } }, z2: [] } }), 'ipam');
    expect(ipam.addresses.map(({ vmid, gateway }) => [vmid, gateway])).toEqual([[null, false]]);
    expect(codes({ diagnostics })).toEqual(['json/shape', 'json/shape', 'json/shape', 'json/shape']);
  });
});
