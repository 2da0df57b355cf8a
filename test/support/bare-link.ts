import type { CurrentLink } from '../../src/bridges/index.js';

/** A network card as the machine starts with it. */
export const bareLink = (name: string, index: number): CurrentLink => ({
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
});
