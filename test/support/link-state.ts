import { bondAttributes, bridgeAttributes, vxlanAttributes } from '../../src/bridges/attributes.js';
import type { Link, Links } from '../../src/bridges/index.js';
import { linksThatStart } from '../../src/bridges/order.js';

/** What `dump-state.mjs` prints of a network namespace. */
export interface LinkState {
  readonly links: Readonly<Record<string, LinkStateEntry>>;
  readonly routes: readonly string[];
  readonly vxlanRemotes: readonly string[];
}

interface LinkStateEntry {
  readonly kind: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly master?: string;
  readonly parent?: string;
  readonly info?: Readonly<Record<string, unknown>>;
  readonly addresses?: readonly string[];
  readonly vlans?: readonly string[];
}

/**
 * The state a kernel is in when it has the desired links and beside them what it begins with: the network cards `hardware`,
 * down and with an MTU of 1500, and on what is made the initial values of the kernel.
 */
export function stateOf({ links }: Links, hardware: readonly string[]): LinkState {
  const starting = linksThatStart(links).filter(({ kind }) => kind !== 'loopback');
  const untouched = hardware.filter((name) => !starting.some((link) => link.name === name));
  const entries = starting.map((link): [string, LinkStateEntry] => [link.name, entryOf(link, starting)]);
  const gateways = starting.flatMap((link) => link.gateways.map((gateway) => ({ ...gateway, link: link.name })));
  return {
    links: Object.fromEntries([
      ...entries,
      ...untouched.map((name): [string, LinkStateEntry] => [name, { kind: 'physical', up: false, mtu: MTU }]),
    ]),
    routes: gateways.map(
      ({ address, link, metric }) =>
        `default via ${address} dev ${link}${metric === undefined ? '' : ` metric ${metric}`}`,
    ),
    vxlanRemotes: starting
      .flatMap((link) => (link.kind === 'vxlan' ? link.remotes.map(({ address }) => `${link.name} ${address}`) : []))
      .sort(),
  };
}

const MTU = 1500;

function entryOf(link: Link, all: readonly Link[]): LinkStateEntry {
  const master = all.find((other) => lowersIn(other).includes(link.name));
  const addresses = link.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).sort();
  const info = infoOf(link);
  const vlans = vlansOf(link, master, all);
  return {
    kind: link.kind,
    up: true,
    mtu: mtuOf(link, all),
    ...(master === undefined ? {} : { master: master.name }),
    ...(link.kind === 'vlan' ? { parent: link.parent.name } : {}),
    ...(info === null ? {} : { info }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(vlans.length === 0 ? {} : { vlans }),
  };
}

/** A VLAN device begins with that of its parent. */
function mtuOf(link: Link, all: readonly Link[]): number {
  if (link.mtu !== undefined) return link.mtu;
  const parent = link.kind === 'vlan' ? all.find(({ name }) => name === link.parent.name) : undefined;
  return parent === undefined ? MTU : mtuOf(parent, all);
}

function lowersIn(link: Link): string[] {
  if (link.kind === 'bridge') return link.ports.map(({ name }) => name);
  return link.kind === 'bond' ? link.slaves.map(({ name }) => name) : [];
}

/** The names and numbers of `ip -json -details link`. */
function infoOf(link: Link): Readonly<Record<string, unknown>> | null {
  switch (link.kind) {
    case 'bridge': {
      const { options } = link;
      return {
        stp_state: Number(options.stp ?? bridgeAttributes.stp.initial),
        forward_delay: options.forwardDelay ?? bridgeAttributes.forwardDelay.initial,
        hello_time: options.helloTime ?? bridgeAttributes.helloTime.initial,
        max_age: options.maxAge ?? bridgeAttributes.maxAge.initial,
        ageing_time: options.ageingTime ?? bridgeAttributes.ageingTime.initial,
        priority: options.priority ?? bridgeAttributes.priority.initial,
        vlan_filtering: Number(options.vlanAware ?? bridgeAttributes.vlanAware.initial),
        vlan_protocol: (options.vlanProtocol ?? '802.1q').replace('q', 'Q'),
      };
    }
    case 'bond': {
      const { options } = link;
      return {
        mode: options.mode ?? bondAttributes.mode.initial,
        miimon: options.miimon ?? bondAttributes.miimon.initial,
        updelay: options.upDelay ?? bondAttributes.upDelay.initial,
        downdelay: options.downDelay ?? bondAttributes.downDelay.initial,
        xmit_hash_policy: options.hashPolicy ?? bondAttributes.hashPolicy.initial,
        ad_lacp_rate: options.lacpRate ?? bondAttributes.lacpRate.initial,
        min_links: options.minLinks ?? bondAttributes.minLinks.initial,
        ...(options.primary === undefined ? {} : { primary: options.primary }),
      };
    }
    case 'vlan':
      return { protocol: link.protocol.replace('q', 'Q'), id: link.id };
    case 'vxlan':
      return {
        id: link.id,
        ...(link.local === undefined ? {} : { local: link.local }),
        port: link.port ?? 4789,
        learning: link.options.learning ?? vxlanAttributes.learning.initial,
      };
    default:
      return null;
  }
}

const DEFAULT_VLAN = '1 pvid untagged';

/** A bridge and each of its ports has VLAN 1 from the kernel; on a VLAN-aware bridge the files say the rest. */
function vlansOf(link: Link, master: Link | undefined, all: readonly Link[]): string[] {
  if (link.kind === 'bridge') {
    const own = all.flatMap((upper) =>
      upper.kind === 'vlan' && upper.parent.name === link.name ? [`${upper.id}`] : [],
    );
    return [DEFAULT_VLAN, ...(link.options.vlanAware === true ? own : [])];
  }
  if (master?.kind !== 'bridge') return [];
  const vlans = master.ports.find(({ name }) => name === link.name)?.vlans;
  if (vlans === undefined) return [DEFAULT_VLAN];
  const tagged = vlans.tagged.map(({ first, last }) => ({
    first,
    text: first === last ? `${first}` : `${first}-${last}`,
  }));
  const native = vlans.pvid === null ? [] : [{ first: vlans.pvid, text: `${vlans.pvid} pvid untagged` }];
  return [...tagged, ...native].sort((a, b) => a.first - b.first).map(({ text }) => text);
}
