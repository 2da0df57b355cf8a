import { describe, expect, it } from 'vitest';
import { type CurrentLinks, differences } from '../../../src/bridges/index.js';
import { desiredOf } from './site.js';

const { links } = desiredOf(
  [
    'auto vmbr0 vmbr0.5 x',
    'iface vmbr0',
    '\tbridge-ports eth0 x',
    '\taddress 10.0.0.1/8',
    '\taddress 2001:DB8::1/64',
    '\tgateway 10.0.0.2',
    '\tmtu 1400',
    'iface vmbr0.5',
    'iface eth9',
    'iface x',
    '\tvxlan-id 9',
  ].join('\n'),
);

const link = (name: string, index: number, more: Partial<CurrentLinks['links'][number]> = {}) => ({
  ...{ name, index, kind: null, up: true, mtu: 1500, master: null, parentIndex: null },
  ...more,
});

const right: CurrentLinks = {
  links: [
    link('eth0', 2, { master: 'vmbr0' }),
    link('vmbr0', 3, { kind: 'bridge', mtu: 1400 }),
    link('vmbr0.5', 4, { kind: 'vlan', parentIndex: 3 }),
    link('tap100i0', 5, { kind: 'tun', master: 'vmbr0' }),
  ],
  addresses: [
    { link: 'vmbr0', address: '10.0.0.1', prefixLength: 8 },
    { link: 'vmbr0', address: '2001:db8::1', prefixLength: 64 },
    { link: 'vmbr0', address: '10.0.0.99', prefixLength: 8 },
  ],
  routes: [{ destination: null, gateway: '10.0.0.2', link: 'vmbr0' }],
};

const found = (current: CurrentLinks) =>
  differences(links, current).map(({ kind, name, problem }) => `${kind}: ${name} ${problem}`);

/** `right` with one link otherwise. */
const otherwise = (name: string, change: Partial<CurrentLinks['links'][number]>) =>
  found({ ...right, links: right.links.map((one) => (one.name === name ? { ...one, ...change } : one)) });

describe('the difference of the kernel', () => {
  it('is none where all is there, and more besides', () => {
    expect(found(right)).toEqual([]);
  });

  it('names each link that is missing, and nothing of it', () => {
    expect(found({ links: [], addresses: [], routes: [] })).toEqual([
      'link: eth0 is missing',
      'link: vmbr0 is missing',
      'link: vmbr0.5 is missing',
    ]);
  });

  it.each([
    ['vmbr0', { kind: 'dummy' }, 'link: vmbr0 is a dummy instead of a bridge'],
    ['vmbr0', { kind: null }, 'link: vmbr0 is a device instead of a bridge'],
    ['vmbr0', { mtu: 1500 }, 'link: vmbr0 has MTU 1500 instead of 1400'],
    ['eth0', { up: false }, 'link: eth0 is down'],
    ['eth0', { master: null }, 'port: vmbr0 lacks port eth0'],
    ['eth0', { master: 'vmbr1' }, 'port: vmbr0 lacks port eth0'],
    ['vmbr0.5', { parentIndex: 2 }, 'link: vmbr0.5 stands on eth0 instead of vmbr0'],
    ['vmbr0.5', { parentIndex: null }, 'link: vmbr0.5 stands on no link instead of vmbr0'],
  ])('%s %j', (name, change, expected) => {
    expect(otherwise(name, change)).toEqual([expected]);
  });

  it('names addresses and default routes that are missing or elsewhere', () => {
    const addresses = [
      { link: 'vmbr0', address: '10.0.0.1', prefixLength: 24 },
      { link: 'eth0', address: '2001:db8::1', prefixLength: 64 },
    ];
    expect(found({ ...right, addresses })).toEqual([
      'address: vmbr0 lacks address 10.0.0.1/8',
      'address: vmbr0 lacks address 2001:db8::1/64',
    ]);
    const routes = [
      { destination: { address: '10.0.0.0', length: 8 }, gateway: '10.0.0.2', link: 'vmbr0' },
      { destination: null, gateway: '10.0.0.2', link: 'eth0' },
    ];
    expect(found({ ...right, routes })).toEqual(['route: vmbr0 lacks the default route via 10.0.0.2']);
  });
});
