import { fileURLToPath } from 'node:url';
import type { WorldPlan } from './world.js';

/** Addresses are of the ranges for documentation (RFC 5737, RFC 3849); MACs and ports are those of `demo/site`. */
export const cast: WorldPlan = {
  prefix: 'ringwall-demo',
  station: fileURLToPath(new URL('./station.js', import.meta.url)),
  bridge: {
    name: 'vmbr0',
    addresses: [
      { address: '192.0.2.10', length: 24 },
      { address: '2001:db8::10', length: 64 },
    ],
    gateways: ['192.0.2.1', '2001:db8::1'],
  },
  members: [
    {
      name: 'outside',
      port: 'eth0',
      mac: 'bc:24:11:ff:ff:01',
      addresses: [
        { address: '192.0.2.1', length: 24 },
        { address: '2001:db8::1', length: 64 },
        { address: '203.0.113.7', length: 32 },
        { address: '2001:db8:2::7', length: 128 },
      ],
      gateways: [],
    },
    {
      name: 'vm100',
      port: 'tap100i0',
      mac: 'bc:24:11:00:01:00',
      addresses: [
        { address: '192.0.2.100', length: 24 },
        { address: '2001:db8::100', length: 64 },
      ],
      gateways: ['192.0.2.1', '2001:db8::1'],
    },
    {
      name: 'ct200',
      port: 'veth200i0',
      mac: 'bc:24:11:00:02:00',
      addresses: [
        { address: '192.0.2.200', length: 24 },
        { address: '2001:db8::200', length: 64 },
      ],
      gateways: ['192.0.2.1', '2001:db8::1'],
    },
  ],
};

/** Addresses of the outside host that are not of the node's own network. */
export const internet = { 4: '203.0.113.7', 6: '2001:db8:2::7' } as const;
