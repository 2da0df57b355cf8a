import type { CurrentLink } from '../../../src/bridges/index.js';
import { FakeRoute } from '../../../src/netlink/index.js';
import { hardware, interfacesCases } from '../../support/interfaces-cases.js';
import { linksSuite } from '../../support/links-suite.js';
import { LinksWorld } from '../../support/links-world.js';

const nic = (name: string, index: number): CurrentLink => ({
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

const links = hardware.map((name, at) => nic(name, at + 2));

linksSuite({
  makeHost() {
    const lo = { ...nic('lo', 1), up: true, mtu: 65_536 };
    const port = new FakeRoute({ links: [lo, ...links], addresses: [], routes: [], forwarding: [] });
    return { world: new LinksWorld(port), remove: () => port.close() };
  },
  chosen: interfacesCases,
  targets: interfacesCases,
});
