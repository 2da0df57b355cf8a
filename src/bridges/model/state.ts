import type { CurrentAddress, CurrentDevice, CurrentLink, CurrentLinks, Forwarding, Route } from '../current.js';
import { NamesUnder } from './names-under.js';

/** What a namespace holds of links, by what a plan asks for: by master, by parent and by link. */
export class LinkState {
  readonly #links = new Map<string, CurrentLink>();
  readonly #ports = new NamesUnder();
  readonly #vlans = new NamesUnder();
  /** A parent has each id of a protocol once. */
  readonly #tags = new Set<string>();
  /** Bridges whose MTU follows that of their ports: nobody set it, as far as one can see. */
  readonly followers = new Set<string>();
  readonly #addresses = new Map<string, readonly CurrentAddress[]>();
  #routes: readonly Route[];
  #forwarding: readonly Forwarding[];
  #nextIndex: number;

  constructor({ links, addresses, routes, forwarding }: CurrentLinks) {
    for (const link of links) this.put(link);
    for (const { name, device, mtu } of links) {
      if (device.kind === 'bridge' && mtu === lowestMtu(this.portsOf(name))) this.followers.add(name);
    }
    for (const address of addresses) this.addAddress(address);
    this.#routes = [...routes];
    this.#forwarding = [...forwarding];
    this.#nextIndex = Math.max(0, ...links.map(({ index }) => index)) + 1;
  }

  current(): CurrentLinks {
    const { addresses, routes, forwarding } = this;
    return { links: [...this.#links.values()], addresses, routes, forwarding };
  }

  link(name: string): CurrentLink | undefined {
    return this.#links.get(name);
  }

  get addresses(): readonly CurrentAddress[] {
    return [...this.#addresses.values()].flat();
  }

  get routes(): readonly Route[] {
    return this.#routes;
  }

  get forwarding(): readonly Forwarding[] {
    return this.#forwarding;
  }

  addressesOf(link: string): readonly CurrentAddress[] {
    return this.#addresses.get(link) ?? [];
  }

  portsOf(master: string): CurrentLink[] {
    return this.#named(this.#ports.of(master));
  }

  /** The VLAN devices on a link. */
  vlansOn(parent: string): CurrentLink[] {
    return this.#named(this.#vlans.of(parent));
  }

  #named(names: readonly string[]): CurrentLink[] {
    return names.flatMap((name) => this.#links.get(name) ?? []);
  }

  hasVlan(device: VlanDevice): boolean {
    return this.#tags.has(tagOf(device));
  }

  /** The index that the next new link gets. */
  takeIndex(): number {
    const index = this.#nextIndex;
    this.#nextIndex += 1;
    return index;
  }

  /** A new link, or one as it is now; its parent, protocol and id never change. */
  put(link: CurrentLink): void {
    const { name, master, device } = link;
    const before = this.#links.get(name);
    if (before === undefined && device.kind === 'vlan') {
      this.#vlans.add(device.parent, name);
      this.#tags.add(tagOf(device));
    }
    if (before?.master !== master) {
      this.#ports.remove(before?.master ?? null, name);
      this.#ports.add(master, name);
    }
    this.#links.set(name, link);
  }

  /** With its addresses and all that goes through it. */
  remove({ name, master, device }: CurrentLink): void {
    this.#links.delete(name);
    this.followers.delete(name);
    if (device.kind === 'vlan') {
      this.#vlans.remove(device.parent, name);
      this.#tags.delete(tagOf(device));
    }
    this.#ports.remove(master, name);
    this.#addresses.delete(name);
    this.keepRoutes(({ link }) => link !== name);
    this.keepForwarding(({ link }) => link !== name);
  }

  addAddress(address: CurrentAddress): void {
    this.#addresses.set(address.link, [...this.addressesOf(address.link), address]);
  }

  keepAddresses(link: string, stays: (address: CurrentAddress) => boolean): void {
    this.#addresses.set(link, this.addressesOf(link).filter(stays));
  }

  addRoute(route: Route): void {
    this.#routes = [...this.#routes, route];
  }

  keepRoutes(stays: (route: Route) => boolean): void {
    this.#routes = this.#routes.filter(stays);
  }

  addForwarding(entry: Forwarding): void {
    this.#forwarding = [...this.#forwarding, entry];
  }

  keepForwarding(stays: (entry: Forwarding) => boolean): void {
    this.#forwarding = this.#forwarding.filter(stays);
  }
}

/** ETH_DATA_LEN */
const DEFAULT_MTU = 1500;

/** What a bridge has of its ports (net/bridge/br_if.c br_mtu_min). */
export const lowestMtu = (ports: readonly CurrentLink[]): number =>
  ports.length === 0 ? DEFAULT_MTU : Math.min(...ports.map(({ mtu }) => mtu));

type VlanDevice = Pick<Extract<CurrentDevice, { kind: 'vlan' }>, 'parent' | 'protocol' | 'id'>;

const tagOf = ({ parent, protocol, id }: VlanDevice): string => `${parent} ${protocol} ${id}`;
