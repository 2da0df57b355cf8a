import type { CurrentDevice, CurrentLink, CurrentLinks, Route } from '../../../src/bridges/index.js';
import { type ClosedWay, closedWays, spellEnding, spellWay, type Way } from '../../../src/guard/index.js';
import type { Ruleset } from '../../../src/ruleset/index.js';
import { siteWith } from '../simulate/sites.js';

const link = (name: string, index: number, more: Partial<CurrentLink> = {}): CurrentLink => ({
  index,
  name,
  device: { kind: 'other', type: null },
  up: true,
  running: true,
  mtu: 1500,
  mac: null,
  permanentMac: null,
  master: null,
  parentIndex: null,
  alias: null,
  port: null,
  vlans: [],
  sysctls: {},
  ...more,
});

const bridge: CurrentDevice = { kind: 'bridge', options: {} };

const route = (family: 4 | 6, to: Route['destination'], name: string, gateway: string | null): Route => ({
  family,
  destination: to,
  gateway,
  link: name,
  table: 254,
  metric: 0,
  protocol: gateway === null ? 2 : 4,
  type: 1,
  scope: 0,
  onlink: false,
});

const addressOn = (name: string, address: string, prefixLength: number) => ({
  link: name,
  address,
  prefixLength,
  scope: 0,
  permanent: true,
});

/** vmbr0 with a guest's port before the uplink, both address families and default routes; vmbr1 with 10.1.0.1/16. */
export const links: CurrentLinks = {
  links: [
    link('lo', 1),
    link('tap100i0', 2, { master: 'vmbr0' }),
    link('eth0', 3, { master: 'vmbr0' }),
    link('vmbr0', 4, { device: bridge }),
    link('vmbr1', 5, { device: bridge }),
  ],
  addresses: [
    addressOn('vmbr0', '192.0.2.10', 24),
    addressOn('vmbr0', '2001:db8::10', 64),
    addressOn('vmbr1', '10.1.0.1', 16),
  ],
  routes: [
    route(4, { address: '192.0.2.0', length: 24 }, 'vmbr0', null),
    route(6, { address: '2001:db8::', length: 64 }, 'vmbr0', null),
    route(4, { address: '10.1.0.0', length: 16 }, 'vmbr1', null),
    route(4, null, 'vmbr0', '192.0.2.1'),
    route(6, null, 'vmbr0', '2001:db8::1'),
  ],
  forwarding: [],
};

export const HOST = 'etc/pve/nodes/pve1/host.fw';
export const CLUSTER = 'etc/pve/firewall/cluster.fw';
export const VNET = 'etc/pve/sdn/firewall/vmbr0.fw';

export type SiteFiles = Readonly<Record<string, string>>;

/** What these files compile to; null stands for no ruleset at all. */
export const rulesOf = (files: SiteFiles | null): Ruleset =>
  files === null ? { tables: [] } : siteWith(files).ruleset;

/** The ways that a change from one site's rules to another's closes, in words. */
export function closing(ways: readonly Way[], before: SiteFiles | null, after: SiteFiles | null): string[] {
  const texts = new Map(Object.entries(after ?? {}));
  return closedWays(ways, {
    before: { ruleset: rulesOf(before), links },
    after: { ruleset: rulesOf(after), links },
  }).map((closed) => spellWithText(closed, texts));
}

export const spellWithText = ({ way, ending }: ClosedWay, texts: ReadonlyMap<string, string>): string =>
  `${spellWay(way)}: ${spellEnding(ending, ({ file, line }) => texts.get(file)?.split('\n')[line - 1] ?? null)}`;
