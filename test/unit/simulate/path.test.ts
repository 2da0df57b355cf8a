import { expect, it } from 'vitest';
import { findZone, pathBetween } from '../../../src/simulate/index.js';
import { siteWith } from './sites.js';

const { site } = siteWith();

/** The path as `family hook in→out`. */
const path = (from: string, to: string): string[] =>
  pathBetween(findZone(from, site), findZone(to, site)).map(
    ({ family, hook, iif, oif }) => `${family} ${hook} ${iif ?? ''}→${oif ?? ''}`,
  );

it('two ports of one bridge', () => {
  expect(path('ct200', 'vm100')).toEqual([
    'bridge prerouting veth200i0→',
    'bridge forward veth200i0→tap100i0',
    'bridge postrouting →tap100i0',
  ]);
});

it('a port to the node', () => {
  expect(path('outside', 'host')).toEqual([
    'bridge prerouting eth0→',
    'bridge input eth0→',
    'inet prerouting vmbr0→',
    'inet input vmbr0→',
  ]);
});

it('the node to a port', () => {
  expect(path('host', 'vm100i1')).toEqual([
    'inet output →vmbr1',
    'inet postrouting →vmbr1',
    'bridge output →tap100i1',
    'bridge postrouting →tap100i1',
  ]);
});

it('from one bridge to another, routed by the node', () => {
  expect(path('vm100i1', 'ct200')).toEqual([
    'bridge prerouting tap100i1→',
    'bridge input tap100i1→',
    'inet prerouting vmbr1→',
    'inet forward vmbr1→vmbr0',
    'inet postrouting vmbr1→vmbr0',
    'bridge output →veth200i0',
    'bridge postrouting →veth200i0',
  ]);
});

it('the node to itself, by loopback', () => {
  expect(path('host', 'host')).toEqual([
    'inet output →lo',
    'inet postrouting →lo',
    'inet prerouting lo→',
    'inet input lo→',
  ]);
});

it('a port to itself is a failure', () => {
  expect(() => path('vm100', 'vmbr0/tap100i0')).toThrow('no frame back to the port it came from, tap100i0');
});
