import type { CorosyncConfig } from '../parser/index.js';
import { includes } from '../ruleset/index.js';
import type { AddressRange } from './address.js';
import { parseAddress, parseNetwork } from './address.js';
import type { Alias, ConfiguredBridge, Corosync, CorosyncLink, NodeNetwork } from './site.js';
import { addressesOf, namedPorts, type Stanza, spellStanzaAddress } from './stanza.js';

/** A configured interface as far as the firewall needs it, and whether the default route leaves by it. */
interface ConfiguredLink {
  readonly name: string;
  readonly stanza: Stanza;
  /** The ports of a bridge; null for any other link. */
  readonly ports: readonly string[] | null;
  readonly openVSwitch: boolean;
  readonly vlanAware: boolean;
  readonly gateway: boolean;
}

interface Sources {
  readonly node: string;
  readonly corosync: { readonly config: CorosyncConfig; readonly file: string } | null;
  /** The text of `etc/hosts`. */
  readonly hosts: string | null;
  readonly stanzas: readonly Stanza[];
  /** The alias `local_network` of cluster.fw. */
  readonly localNetwork: Alias | null;
}

/** Works out the node's own address, its local network and its corosync peers from files alone. */
export function readNetworkOf({ node, corosync, hosts, stanzas, localNetwork }: Sources): NodeNetwork {
  const names = readHosts(hosts ?? '');
  const links = stanzas.map(configuredLink);
  const cluster = corosync === null ? null : readCorosync(corosync.config, corosync.file, node, names);
  const address =
    cluster?.links.find(({ link }) => link === 0)?.own ?? names.get(node) ?? addressOfDefaultBridge(links);
  const detected =
    address && stanzas.flatMap(configuredAddresses).find(({ network }) => holds(network, address))?.network;
  const network = localNetwork === null ? detected : localNetwork.address;
  const local = network ? { network, span: localNetwork?.span ?? null } : null;
  return { address: address ?? null, local, corosync: cluster, bridges: bridgesOf(links) };
}

const holds = (network: AddressRange, { family, interval }: AddressRange): boolean =>
  network.family === family && includes([network.interval], interval[0]);

const addressOfDefaultBridge = (links: readonly ConfiguredLink[]): AddressRange | undefined =>
  links.flatMap(({ ports, gateway, stanza }) => (ports !== null && gateway ? configuredAddresses(stanza) : []))[0]?.own;

/** One bridge for each name: what its stanzas of both address families say, together. */
function bridgesOf(links: readonly ConfiguredLink[]): ConfiguredBridge[] {
  const names = new Set(links.filter(({ ports }) => ports !== null).map(({ name }) => name));
  return [...names].map((name) => {
    const stanzas = links.filter((link) => link.name === name);
    return {
      name,
      ports: [...new Set(stanzas.flatMap(({ ports }) => ports ?? []))],
      defaultRoute: stanzas.some(({ gateway }) => gateway),
      openVSwitch: stanzas.some(({ openVSwitch }) => openVSwitch),
      vlanAware: stanzas.some(({ vlanAware }) => vlanAware),
    };
  });
}

/** Host name to its first address that is not loopback; `etc/hosts` as hosts(5) describes it. */
function readHosts(text: string): Map<string, AddressRange> {
  const names = new Map<string, AddressRange>();
  for (const line of text.split('\n')) {
    const [literal = '', ...hosts] = line.replace(/#.*/, '').trim().split(/\s+/);
    const address = parseAddress(literal);
    if (address === undefined || /^(127\.|::1$)/.test(literal)) continue;
    for (const host of hosts) {
      if (!names.has(host)) names.set(host, { family: address.family, interval: [address.value, address.value] });
    }
  }
  return names;
}

function readCorosync(
  config: CorosyncConfig,
  file: string,
  node: string,
  names: ReadonlyMap<string, AddressRange>,
): Corosync | null {
  const self = config.nodes.find(({ name }) => name === node);
  if (self === undefined) return null;
  const resolve = (text: string): AddressRange | undefined => {
    const address = parseAddress(text);
    return address ? { family: address.family, interval: [address.value, address.value] } : names.get(text);
  };
  const links: CorosyncLink[] = [];
  for (const [link, word] of [...self.rings].sort(([a], [b]) => a - b)) {
    const own = resolve(word.value);
    if (own === undefined) continue;
    const peers = config.nodes.flatMap((peer) => {
      const ring = peer === self ? undefined : peer.rings.get(link);
      const address = ring && resolve(ring.value);
      return address?.family === own.family ? [address] : [];
    });
    links.push({ link, own, peers });
  }
  const transport = config.transport === 'udp' || config.transport === 'udpu' ? config.transport : 'knet';
  return { transport, file, links };
}

/** What switches an option off; programs take most other words for a yes (spec interfaces.md 4). */
const NO: ReadonlySet<string> = new Set(['no', 'off', 'false', '0']);

function configuredLink(stanza: Stanza): ConfiguredLink {
  const values = (key: string): string[] =>
    stanza.options.filter((option) => option.key.value === key).map(({ value }) => value.value);
  const ports = values('bridge-ports').at(-1) ?? values('ovs-ports').at(-1);
  const openVSwitch = values('ovs-type').includes('OVSBridge');
  const vlanAware = values('bridge-vlan-aware').some((value) => !NO.has(value.toLowerCase()));
  return {
    name: stanza.name.value,
    stanza,
    ports: ports !== undefined ? namedPorts(ports) : vlanAware || openVSwitch ? [] : null,
    openVSwitch,
    vlanAware,
    gateway: values('gateway').length > 0,
  };
}

interface ConfiguredAddress {
  readonly own: AddressRange;
  readonly network: AddressRange;
}

const configuredAddresses = (stanza: Stanza): ConfiguredAddress[] =>
  addressesOf(stanza).flatMap((address) => configuredAddress(spellStanzaAddress(address)));

function configuredAddress(text: string): ConfiguredAddress[] {
  const own = parseAddress(text.replace(/\/.*$/, ''));
  const network = parseNetwork(text);
  if (own === undefined || !network.ok) return [];
  return [{ own: { family: own.family, interval: [own.value, own.value] }, network: network.value }];
}
