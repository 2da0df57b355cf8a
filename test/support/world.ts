import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  type Attempt,
  deciding,
  type Member,
  makeWorld,
  type Outcome,
  readDesired,
  type World,
  witness,
} from '../../src/demo/index.js';
import { openNftables } from '../../src/netlink/index.js';
import { commentOf } from '../../src/ruleset/index.js';
import type { TestSite } from './cli.js';
import { runHere } from './in-process.js';

/** Long enough for an answer from the slowest machine; how long silence must last to count as such. Milliseconds. */
const PATIENCE = 20_000;
const SILENCE = 1500;

const station = fileURLToPath(new URL('../../dist/demo/station.js', import.meta.url));

export const machines = {
  host: { 4: '192.0.2.10', 6: '2001:db8::10' },
  outside: { 4: '192.0.2.1', 6: '2001:db8::1' },
  vm100: { 4: '192.0.2.100', 6: '2001:db8::100' },
  vm101: { 4: '192.0.2.101', 6: '2001:db8::101' },
  ct200: { 4: '192.0.2.200', 6: '2001:db8::200' },
} as const;
export type Machine = keyof typeof machines;

/** Further addresses of `outside`. */
export const office = { 4: '198.51.100.5', 6: '2001:db8:1::5' } as const;

const member = (name: Exclude<Machine, 'host'>, port: string, mac: string, gateway: Machine | null): Member => ({
  name,
  port,
  mac,
  addresses: [
    { address: machines[name][4], length: 24 },
    { address: machines[name][6], length: 64 },
  ],
  gateways: gateway === null ? [] : Object.values(machines[gateway]),
});

export const vm101 = member('vm101', 'tap101i0', 'bc:24:11:00:01:01', 'outside');
export const macs = { vm100: 'bc:24:11:00:01:00', ct200: 'bc:24:11:00:02:00' } as const;

/** A bridge with two guests and an uplink; `vm101` can be plugged in later. */
export function guestWorld(bridge = 'vmbr0'): World {
  if (!existsSync(station)) throw new Error('dist/ is not there: run `npm run build` first');
  const outside = member('outside', 'eth0', 'bc:24:11:ff:ff:01', null);
  return makeWorld({
    prefix: `rwlab-${process.pid}`,
    station,
    bridge: {
      name: bridge,
      addresses: [
        { address: machines.host[4], length: 24 },
        { address: machines.host[6], length: 64 },
      ],
      gateways: Object.values(machines.outside),
    },
    members: [
      {
        ...outside,
        addresses: [...outside.addresses, { address: office[4], length: 32 }, { address: office[6], length: 128 }],
      },
      member('vm100', 'tap100i0', macs.vm100, 'outside'),
      member('ct200', 'veth200i0', macs.ct200, 'outside'),
    ],
  });
}

export interface Way {
  readonly source?: Readonly<Record<4 | 6, string>>;
  readonly sourcePort?: number;
}

/** Packets between the machines of a world, for a site that is applied there. */
export class Traffic {
  readonly #world: World;
  readonly #site: TestSite;

  constructor(world: World, site: TestSite) {
    this.#world = world;
    this.#site = site;
  }

  listen(machine: Machine, tcp: readonly number[], udp: readonly number[]): Promise<Outcome[]> {
    const station = this.#world.station(machine);
    return Promise.all([
      ...tcp.map((port) => station.perform({ kind: 'listen', transport: 'tcp', port })),
      ...udp.map((port) => station.perform({ kind: 'listen', transport: 'udp', port })),
    ]);
  }

  /** A TCP connection over IPv4 and one over IPv6: `open`, `refused` or `timeout`. */
  tcp(from: Machine, to: Machine, port: number, way: Way = {}): Promise<Outcome[]> {
    return this.#both(from, (family) => ({ kind: 'connect', ...attempt(family, to, port, way, PATIENCE) }));
  }

  /** The same where `timeout` is expected. */
  tcpInVain(from: Machine, to: Machine, port: number, way: Way = {}): Promise<Outcome[]> {
    return this.#both(from, (family) => ({ kind: 'connect', ...attempt(family, to, port, way, SILENCE) }));
  }

  /** A datagram over IPv4 and one over IPv6: `answered`, `refused` or `silent`. */
  udp(from: Machine, to: Machine, port: number, way: Way = {}): Promise<Outcome[]> {
    return this.#both(from, (family) => ({ kind: 'ask', ...attempt(family, to, port, way, PATIENCE) }));
  }

  /** The same where `silent` is expected. */
  udpInVain(from: Machine, to: Machine, port: number, way: Way = {}): Promise<Outcome[]> {
    return this.#both(from, (family) => ({ kind: 'ask', ...attempt(family, to, port, way, SILENCE) }));
  }

  /** A TCP connection over IPv4 that stays open under a name. */
  hold(flow: string, from: Machine, to: Machine, port: number): Promise<Outcome> {
    return this.#world.station(from).perform({ kind: 'hold', flow, ...attempt(4, to, port, {}, PATIENCE) });
  }

  /** Is there an answer on it? */
  say(flow: string, from: Machine): Promise<Outcome> {
    return this.#world.station(from).perform({ kind: 'say', flow, patience: PATIENCE });
  }

  /** The comment of the rule that decided a probe of both families, and the probe's outcome. */
  async decided(probe: () => Promise<Outcome[]>): Promise<{ outcome: Outcome[]; by: string | null }> {
    const nftables = openNftables(this.#world.netns);
    try {
      const { ruleset } = readDesired(this.#site.root);
      const { result, seen } = await witness(nftables, ruleset, probe);
      const rule = deciding(seen, result.includes('open') || result.includes('answered'))?.rule;
      return { outcome: result, by: rule === undefined ? null : commentOf(rule) };
    } finally {
      nftables.close();
    }
  }

  /** Runs a ringwall command on the site and the world; gives its exit code and its JSON answer. */
  async ringwall(...args: string[]): Promise<{ code: number; answer: unknown }> {
    const { root, state } = this.#site;
    const options = ['--json', '--root', root, '--state', state, '--netns', this.#world.netns];
    const { code, out, err } = await runHere([...args, ...options]);
    if (err !== '') throw new Error(`ringwall ${args.join(' ')}: ${err}`);
    return { code, answer: JSON.parse(out) };
  }

  #both(
    from: Machine,
    order: (family: 4 | 6) => Extract<Parameters<ReturnType<World['station']>['perform']>[0], Attempt>,
  ): Promise<Outcome[]> {
    const station = this.#world.station(from);
    return Promise.all(([4, 6] as const).map((family) => station.perform(order(family))));
  }
}

function attempt(family: 4 | 6, to: Machine, port: number, { source, sourcePort }: Way, patience: number): Attempt {
  const target = { address: machines[to][family], port };
  if (source === undefined && sourcePort === undefined) return { target, patience };
  return {
    target,
    source: {
      address: source?.[family] ?? (family === 4 ? '0.0.0.0' : '::'),
      ...(sourcePort === undefined ? {} : { port: sourcePort }),
    },
    patience,
  };
}
