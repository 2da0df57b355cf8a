import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { openNftables } from '../../../src/netlink/index.js';
import { inNamespace } from '../../../src/netlink/namespace.js';
import type { Ruleset } from '../../../src/ruleset/index.js';
import { diffRuleset, spellIpv4, spellIpv6, spellMac } from '../../../src/ruleset/index.js';
import { ipProtocol } from './frame.js';
import { type Bridge, type Layout, type Port, sinkOf } from './layout.js';
import type { Connections, DatagramSocket, FrameSocket, Source } from './sockets.js';
import { openArrivals, openConnections, openDatagrams, openFrames } from './sockets.js';

/** A host with bridges as two network namespaces: the host itself, and the far ends of all its cables. */
export interface World {
  readonly layout: Layout;
  /** The far end of a port's cable. */
  cable(port: Port): FrameSocket;
  /** A bridge as the host's own interface: what it takes in beside IP, and what it sends so. */
  device(bridge: Bridge): FrameSocket;
  /** IP packets of the host itself. */
  readonly datagrams: DatagramSocket;
  /** IP packets that the host took in, for each family. */
  readonly arrivals: readonly { readonly family: 4 | 6; readonly source: Source }[];
  /** Replaces our tables, and forgets all connections. */
  install(ruleset: Ruleset): Promise<void>;
  remove(): void;
}

/** Where the host sends a packet that is to reach a port. */
export const gatewayOf = ({ index }: Port): Readonly<Record<4 | 6, bigint>> => ({
  4: 0xc613ff01n + BigInt(index),
  6: (0x20010db8_ffffffffn << 64n) + 1n + BigInt(index),
});

/** The type of service that takes a packet from one bridge to a port of another; null where that port is out of reach. */
export function tosTowards(layout: Layout, bridge: string, to: Port): number | null {
  const position = layout.ports.filter(({ zone }) => zone.bridge !== bridge).indexOf(to);
  return position < 0 || position >= LARGEST_TOS / TOS_STEP ? null : (position + 1) * TOS_STEP;
}

/** The kernel's IPv4 routing looks at these three bits (uapi linux/in_route.h, IPTOS_RT_MASK). */
const LARGEST_TOS = 0x1c;
const TOS_STEP = 4;
const TABLE = 1000;
const HOST_PROTOCOLS = {
  4: [
    ipProtocol.icmp,
    ipProtocol.igmp,
    ipProtocol.tcp,
    ipProtocol.udp,
    ipProtocol.gre,
    ipProtocol.esp,
    ipProtocol.vrrp,
    ipProtocol.sctp,
  ],
  6: [
    ipProtocol.icmpv6,
    ipProtocol.tcp,
    ipProtocol.udp,
    ipProtocol.gre,
    ipProtocol.esp,
    ipProtocol.vrrp,
    ipProtocol.sctp,
  ],
} as const;

let count = 0;

export function buildWorld(layout: Layout): World {
  count += 1;
  const host = `rwagree-${process.pid}-${count}-host`;
  const wire = `rwagree-${process.pid}-${count}-wire`;
  for (const name of [host, wire]) run('ip', ['netns', 'add', name]);
  inNamespace(wire, () => sysctl({ 'ipv6/conf/default/disable_ipv6': 1, 'ipv6/conf/all/disable_ipv6': 1 }));
  inNamespace(host, () => sysctl(hostSettings));
  run('ip', ['-n', host, '-batch', '-'], links(layout, wire));
  inNamespace(host, () =>
    sysctl(Object.fromEntries(layout.bridges.map(({ name }) => [`ipv6/conf/${name}/disable_ipv6`, 0]))),
  );
  run('ip', ['-n', host, '-batch', '-'], routes(layout, 4));
  run('ip', ['-6', '-n', host, '-batch', '-'], routes(layout, 6));
  run(
    'bridge',
    ['-n', host, '-batch', '-'],
    layout.ports.map(({ zone, mac }) => `fdb add ${spellMac(mac)} dev ${zone.port} master static\n`).join(''),
  );
  run('ip', ['-n', wire, '-batch', '-'], layout.ports.map(({ index }) => `link set c${index} up\n`).join(''));
  return new NamespaceWorld(layout, host, wire);
}

class NamespaceWorld implements World {
  readonly layout: Layout;
  readonly datagrams: DatagramSocket;
  readonly arrivals: World['arrivals'];
  readonly #cables: readonly FrameSocket[];
  readonly #devices: ReadonlyMap<string, FrameSocket>;
  readonly #connections: Connections;
  readonly #nftables: ReturnType<typeof openNftables>;
  readonly #namespaces: readonly string[];

  constructor(layout: Layout, host: string, wire: string) {
    this.layout = layout;
    this.#namespaces = [host, wire];
    const ends = numbersOf(wire);
    const own = numbersOf(host);
    this.#cables = layout.ports.map(({ index }) => openFrames(wire, required(ends, `c${index}`)));
    this.#devices = new Map(layout.bridges.map(({ name }) => [name, openFrames(host, required(own, name))]));
    this.datagrams = openDatagrams(host);
    this.arrivals = ([4, 6] as const).flatMap((family) =>
      HOST_PROTOCOLS[family].map((protocol) => ({ family, source: openArrivals(host, family, protocol) })),
    );
    this.#connections = openConnections(host);
    this.#nftables = openNftables(host);
  }

  cable({ index }: Port): FrameSocket {
    const socket = this.#cables[index];
    if (socket === undefined) throw new Error(`this world has no port ${index}`);
    return socket;
  }

  device({ name }: Bridge): FrameSocket {
    return required(this.#devices, name);
  }

  async install(ruleset: Ruleset): Promise<void> {
    const current = await this.#nftables.read();
    const result = await this.#nftables.commit(diffRuleset(ruleset, current).operations, current.generation);
    if (!result.ok) throw new Error(`the kernel does not take the ruleset: ${JSON.stringify(result)}`);
    await this.#connections.forget();
  }

  remove(): void {
    const arrivals = this.arrivals.map(({ source }) => source);
    for (const socket of [
      ...this.#cables,
      ...this.#devices.values(),
      ...arrivals,
      this.datagrams,
      this.#connections,
      this.#nftables,
    ])
      socket.close();
    for (const name of this.#namespaces) run('ip', ['netns', 'delete', name]);
  }
}

/** The kernel must not judge by itself: no source checks, no limits on answers, no redirects. */
const hostSettings = {
  ...Object.fromEntries(
    ['all', 'default'].flatMap((scope) => [
      [`ipv4/conf/${scope}/rp_filter`, 0],
      [`ipv4/conf/${scope}/accept_local`, 1],
      [`ipv4/conf/${scope}/send_redirects`, 0],
    ]),
  ),
  'ipv4/ip_forward': 1,
  'ipv4/icmp_ratelimit': 0,
  'ipv6/icmp/ratelimit': 0,
  'ipv6/conf/all/forwarding': 1,
  'ipv6/conf/default/accept_dad': 0,
  'ipv6/conf/default/disable_ipv6': 1,
} as const;

function links({ bridges, ports }: Layout, wire: string): string {
  return lines(
    'link set lo up',
    ...bridges.flatMap(({ name, mac }) => [
      `link add ${name} address ${spellMac(mac)} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${name} up`,
    ]),
    ...ports.flatMap(({ zone, index, mac }) => [
      `link add ${zone.port} type veth peer name c${index} address ${spellMac(mac)} netns ${wire}`,
      `link set ${zone.port} master ${zone.bridge}`,
      `link set ${zone.port} type bridge_slave learning off`,
      `link set ${zone.port} up`,
    ]),
  );
}

function routes(layout: Layout, family: 4 | 6): string {
  const spell = family === 4 ? spellIpv4 : spellIpv6;
  const whole = family === 4 ? 32 : 128;
  const sink = sinkOf(layout);
  const own = layout.bridges.map(({ name, own }) => `address add ${spell(own[family])}/${whole} dev ${name}`);
  const gateways = layout.ports.flatMap((port) => {
    const { bridge } = port.zone;
    const gateway = spell(gatewayOf(port)[family]);
    return [
      `route add ${gateway}/${whole} dev ${bridge}`,
      `neighbor add ${gateway} lladdr ${spellMac(port.mac)} dev ${bridge} nud permanent`,
      `route add default via ${gateway} dev ${bridge} table ${TABLE + port.index}`,
      ...layout.bridges.flatMap(({ name }) => {
        const tos = tosTowards(layout, name, port);
        return tos === null ? [] : [`rule add iif ${name} tos ${tos.toString(16)} lookup ${TABLE + port.index}`];
      }),
    ];
  });
  const rest =
    sink === undefined ? [] : [`route add default via ${spell(gatewayOf(sink)[family])} dev ${sink.zone.bridge}`];
  return lines(...own, ...gateways, ...rest);
}

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

function sysctl(settings: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(settings)) writeFileSync(`/proc/sys/net/${key}`, `${value}\n`);
}

/** The interfaces' numbers by their names. */
function numbersOf(netns: string): Map<string, number> {
  const found: unknown = JSON.parse(run('ip', ['-n', netns, '-json', 'link', 'show']));
  if (!Array.isArray(found)) throw new Error('ip gives no list of links');
  return new Map(found.map(({ ifname, ifindex }: { ifname: string; ifindex: number }) => [ifname, ifindex]));
}

const run = (program: 'ip' | 'bridge', args: readonly string[], input = ''): string =>
  execFileSync(`/usr/sbin/${program}`, args, { encoding: 'utf8', input });

function required<T>(things: ReadonlyMap<string, T>, name: string): T {
  const thing = things.get(name);
  if (thing === undefined) throw new Error(`this world has no ${name}`);
  return thing;
}
