import { addressOf, type Prefix, unicastRoute } from '../bridges/index.js';
import { openRoute, type RoutePort } from '../netlink/index.js';
import { addNamespace, deleteNamespace, namespaceExists } from './namespaces.js';
import { type Station, startStation } from './station-process.js';

/** A machine on the bridge: a guest, or a host beyond the uplink. */
export interface Member {
  readonly name: string;
  /** The bridge's port it is plugged into, such as `tap100i0`. Its own end is always `eth0`. */
  readonly port: string;
  readonly mac: string;
  readonly addresses: readonly Prefix[];
  /** Next hops of its default routes, at most one for each address family. */
  readonly gateways: readonly string[];
}

/** A host with one bridge, and what is plugged into it. */
export interface WorldPlan {
  /** Namespaces are called `<prefix>-host` and `<prefix>-<member's name>`. */
  readonly prefix: string;
  readonly bridge: Omit<Member, 'name' | 'port' | 'mac'> & { readonly name: string };
  readonly members: readonly Member[];
  /** Path of `station.js`. */
  readonly station: string;
}

/** Network namespaces joined by a bridge, with a station in each. */
export interface World {
  /** Makes the namespaces, the links and the stations. */
  build(): Promise<void>;
  /** The host's network namespace. */
  readonly netns: string;
  /** rtnetlink of the host. */
  readonly host: RoutePort;
  /** `host` or a member's name. */
  station(name: string): Station;
  /** rtnetlink of a member. */
  route(name: string): RoutePort;
  /** Plugs in one more machine. */
  attach(member: Member): Promise<void>;
  /** Ends the stations and takes everything away; nothing of it waits, so that a signal handler can call it. */
  remove(): void;
}

const BRIDGE = 'host';

/** A world that is not built yet: so it can be removed at any moment, half built or whole. */
export const makeWorld = (plan: WorldPlan): World => new NamespaceWorld(plan);

class NamespaceWorld implements World {
  readonly #plan: WorldPlan;
  readonly #names: string[] = [];
  readonly #routes = new Map<string, RoutePort>();
  readonly #stations = new Map<string, Station>();

  constructor(plan: WorldPlan) {
    this.#plan = plan;
  }

  get netns(): string {
    return this.#namespace(BRIDGE);
  }

  get host(): RoutePort {
    return this.route(BRIDGE);
  }

  station(name: string): Station {
    return required(this.#stations, name);
  }

  route(name: string): RoutePort {
    return required(this.#routes, name);
  }

  async build(): Promise<void> {
    const { bridge, members } = this.#plan;
    const host = await this.#addHost(BRIDGE);
    await host.apply({ kind: 'create link', link: bridge.name, device: { kind: 'bridge', options: {} } });
    await configure(host, bridge.name, bridge);
    for (const member of members) await this.attach(member);
  }

  async attach(member: Member): Promise<void> {
    const { bridge } = this.#plan;
    const route = await this.#addHost(member.name);
    // Both ends are made here, where the name of the far one may be taken: it gets its own once it is moved.
    const far = 'far-end';
    await this.host.apply({ kind: 'create link', link: member.port, device: { kind: 'veth', peer: far } });
    await this.host.move(far, { name: this.#namespace(member.name) });
    await route.rename(far, 'eth0');
    await route.apply({ kind: 'set mac', link: 'eth0', mac: member.mac });
    await this.host.apply({ kind: 'set master', link: member.port, master: bridge.name });
    await this.host.apply({ kind: 'set up', link: member.port, up: true });
    await configure(route, 'eth0', member);
  }

  remove(): void {
    for (const station of this.#stations.values()) station.stop();
    for (const route of this.#routes.values()) route.close();
    for (const name of this.#names.splice(0)) {
      if (namespaceExists(this.#namespace(name))) deleteNamespace(this.#namespace(name));
    }
    this.#stations.clear();
    this.#routes.clear();
  }

  async #addHost(name: string): Promise<RoutePort> {
    const namespace = this.#namespace(name);
    addNamespace(namespace);
    this.#names.push(name);
    const route = openRoute(namespace);
    this.#routes.set(name, route);
    this.#stations.set(name, startStation(namespace, this.#plan.station));
    await route.apply({ kind: 'set up', link: 'lo', up: true });
    return route;
  }

  #namespace(name: string): string {
    return `${this.#plan.prefix}-${name}`;
  }
}

async function configure(
  route: RoutePort,
  link: string,
  { addresses, gateways }: Pick<Member, 'addresses' | 'gateways'>,
): Promise<void> {
  await route.apply({ kind: 'set up', link, up: true });
  for (const prefix of addresses) await route.apply({ kind: 'add address', link, address: addressOf(prefix) });
  for (const gateway of gateways) {
    await route.apply({ kind: 'add route', route: unicastRoute({ destination: null, gateway, link: null }) });
  }
}

function required<T>(things: ReadonlyMap<string, T>, name: string): T {
  const thing = things.get(name);
  if (thing === undefined) throw new Error(`there is no ${name} in this world`);
  return thing;
}
