import { Failure } from '../diagnostics/index.js';
import type { Guest, Nic, Site } from '../site/index.js';
import { isLinkName } from '../site/index.js';

/** Where a packet starts or ends: the node itself, or a port of one of its bridges. */
export type Zone = { readonly kind: 'host' } | PortZone;

export interface PortZone {
  readonly kind: 'port';
  readonly bridge: string;
  readonly port: string;
  /** The guest's interface behind the port, if a guest of the site is there. */
  readonly nic: Nic | null;
}

/** The bridge that `outside` and `nfvm` are on, where there is one of this name. */
const MAIN_BRIDGE = 'vmbr0';
/** A name no guest's port has: those are `tap` or `veth` with numbers. */
const UNFILTERED_PORT = 'nfvm';

/** Finds a zone by its name (spec firewall.md 8.1). Throws a `Failure` that lists what there is. */
export function findZone(name: string, site: Site): Zone {
  if (name === 'host') return { kind: 'host' };
  if (name === 'outside') return outside(site);
  if (name === 'nfvm') return { kind: 'port', bridge: mainBridge(site), port: UNFILTERED_PORT, nic: null };
  const [, kind, id, nic] = /^(vm|ct)([1-9][0-9]{0,8})(?:i([0-9]{1,2}))?$/.exec(name) ?? [];
  if (id !== undefined) return guestZone(name, kind === 'vm' ? 'vm' : 'container', Number(id), Number(nic ?? 0), site);
  const [bridge = '', port = '', ...rest] = name.split('/');
  if (rest.length === 0 && isLinkName(bridge) && isLinkName(port)) return portZone(bridge, port, site);
  throw unknown(`there is no zone \`${name}\``, oneOf(zoneNames(site)));
}

/** The names a zone of this site can have; `<bridge>/PORT` stands for any port of that bridge. */
export function zoneNames(site: Site): string[] {
  return [
    'host',
    'outside',
    'nfvm',
    ...site.guests.flatMap((guest) =>
      guest.nics.flatMap((nic) => (nic.bridge === null ? [] : [spellGuestZone(guest, nic)])),
    ),
    ...bridgeNames(site).map((bridge) => `${bridge}/PORT`),
  ];
}

function guestZone(name: string, kind: Guest['kind'], id: number, index: number, site: Site): PortZone {
  const guest = site.guests.find((candidate) => candidate.id === id && candidate.kind === kind);
  if (guest === undefined) {
    const other = site.guests.find((candidate) => candidate.id === id);
    throw unknown(
      `there is no ${kind === 'vm' ? 'virtual machine' : 'container'} ${id} on node ${site.node}`,
      other === undefined
        ? oneOf(zoneNames(site))
        : `guest ${id} is a ${other.kind === 'vm' ? 'virtual machine: write vm' : 'container: write ct'}${id}`,
    );
  }
  const nic = guest.nics.find((candidate) => candidate.index === index);
  if (nic === undefined) {
    const own = guest.nics.map((candidate) => spellGuestZone(guest, candidate));
    throw unknown(
      `guest ${id} has no net${index}, which zone \`${name}\` asks for`,
      own.length === 0 ? `give it one in ${guest.file}` : oneOf(own),
    );
  }
  if (nic.bridge === null)
    throw unknown(
      `net${index} of guest ${id} is on no bridge, so no packet gets there`,
      `give it a bridge in ${guest.file}`,
    );
  return { kind: 'port', bridge: nic.bridge, port: nic.port, nic };
}

function portZone(bridge: string, port: string, site: Site): PortZone {
  const bridges = bridgeNames(site);
  if (!bridges.includes(bridge))
    throw unknown(
      `there is no bridge \`${bridge}\``,
      bridges.length === 0 ? 'no interfaces file and no guest names a bridge' : oneOf(bridges),
    );
  const nic = site.guests.flatMap(({ nics }) => nics).find((candidate) => candidate.port === port) ?? null;
  if (nic !== null && nic.bridge !== bridge)
    throw unknown(`port ${port} is not on bridge ${bridge}`, `it is on ${nic.bridge ?? 'no bridge'}`);
  return { kind: 'port', bridge, port, nic };
}

function outside(site: Site): PortZone {
  const bridge = mainBridge(site);
  const [port] = site.network.bridges.find(({ name }) => name === bridge)?.ports ?? [];
  if (port !== undefined) return { kind: 'port', bridge, port, nic: null };
  throw unknown(`bridge ${bridge} has no uplink port, so there is no zone \`outside\``, `name a port: ${bridge}/eth0`);
}

function mainBridge(site: Site): string {
  const bridge = bridgeNames(site).includes(MAIN_BRIDGE)
    ? MAIN_BRIDGE
    : site.network.bridges.find(({ defaultRoute }) => defaultRoute)?.name;
  if (bridge !== undefined) return bridge;
  throw unknown(
    `there is no bridge ${MAIN_BRIDGE} and no bridge with the default route`,
    oneOf(zoneNames(site).filter((name) => name !== 'outside' && name !== 'nfvm')),
  );
}

/** The bridges of the interfaces files, the SDN's vnets, and the bridges guests are on, in this order. */
const bridgeNames = (site: Site): string[] => [
  ...new Set([
    ...site.network.bridges.map(({ name }) => name),
    ...site.sdnVnets,
    ...site.guests.flatMap(({ nics }) => nics.flatMap(({ bridge }) => (bridge === null ? [] : [bridge]))),
  ]),
];

const spellGuestZone = (guest: Guest, nic: Nic): string =>
  `${guest.kind === 'vm' ? 'vm' : 'ct'}${guest.id}${nic.index === 0 ? '' : `i${nic.index}`}`;

/** More names than this are no help. */
const SHOWN = 20;

function oneOf(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return `use one of: ${names.slice(0, SHOWN).join(', ')}${more > 0 ? `, or one of ${more} more` : ''}`;
}

const unknown = (message: string, help: string): Failure => new Failure('unknown-zone', message, { help });
