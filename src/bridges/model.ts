import { isIPv4 } from 'node:net';
import { bondAttributes, bridgeAttributes, portAttributes, vxlanAttributes } from './attributes.js';
import { delaysAfter, hasDelays } from './bond-delays.js';
import type {
  CurrentAddress,
  CurrentDevice,
  CurrentLink,
  CurrentLinks,
  Forwarding,
  Route,
  VlanEntry,
} from './current.js';
import { NO_MAC } from './mac.js';
import { NamesUnder } from './names-under.js';
import type { LinkOperation, NewDevice } from './operation.js';
import { initialOptions } from './option-record.js';
import { isSameAddress, isSameForwarding, isSameRoute, takesPlaceOf } from './same.js';
import { withoutVlans, withVlans } from './vlan-entries.js';
import { DEFAULT_PVID } from './vlan-range.js';

/** RTPROT_KERNEL */
const KERNEL = 2;
/** A smaller MTU takes IPv6 away from a link (RFC 8200). */
const IPV6_MINIMUM_MTU = 1280;
const DEFAULT_MTU = 1500;

const defaultVlans: readonly VlanEntry[] = [{ first: DEFAULT_PVID, last: DEFAULT_PVID, pvid: true, untagged: true }];

/**
 * What the kernel does with operations on links, as far as a plan must foresee it (spec interfaces.md 6.2): what an
 * operation takes along, and what is refused. It holds one state and changes it.
 */
export class LinkModel {
  readonly #links = new Map<string, CurrentLink>();
  /** By master, by parent and by link: a plan asks for these of every link. */
  readonly #ports = new NamesUnder();
  readonly #vlans = new NamesUnder();
  readonly #addresses = new Map<string, readonly CurrentAddress[]>();
  #routes: Route[];
  #forwarding: Forwarding[];
  #nextIndex: number;

  constructor({ links, addresses, routes, forwarding }: CurrentLinks) {
    for (const link of links) this.#put(link);
    for (const address of addresses) this.#addAddress(address);
    this.#routes = [...routes];
    this.#forwarding = [...forwarding];
    this.#nextIndex = Math.max(0, ...links.map(({ index }) => index)) + 1;
  }

  state(): CurrentLinks {
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

  /** Performs one operation; answers the errno of a refusal, then nothing has changed, or null. */
  perform(operation: LinkOperation): string | null {
    switch (operation.kind) {
      case 'create link':
        return this.#create(operation);
      case 'add route':
      case 'replace route':
      case 'delete route':
        return this.#changeRoute(operation.kind, operation.route);
      default: {
        const link = this.#links.get(operation.link);
        return link === undefined ? 'ENODEV' : this.#change(link, operation);
      }
    }
  }

  #change(
    link: CurrentLink,
    operation: Exclude<LinkOperation, { kind: 'create link' | 'add route' | 'replace route' | 'delete route' }>,
  ): string | null {
    switch (operation.kind) {
      case 'delete link':
        return this.#delete(link);
      case 'set up':
        return operation.up ? this.#setUp(link) : this.#setDown(link);
      case 'set master':
        return this.#setMaster(link, operation.master);
      case 'set mac':
        return this.#put({ ...link, mac: operation.mac });
      case 'set mtu':
        return this.#setMtu(link, operation.mtu);
      case 'set alias':
        return this.#put({ ...link, alias: operation.alias });
      case 'set device':
        return this.#setDevice(link, operation.device);
      case 'set port':
        if (link.port === null) return 'EOPNOTSUPP';
        return this.#put({ ...link, port: { ...link.port, ...operation.options } });
      case 'add vlans':
        return this.#put({ ...link, vlans: withVlans(link.vlans, operation.vlans) });
      case 'delete vlans':
        return this.#put({ ...link, vlans: withoutVlans(link.vlans, operation.vlans) });
      case 'add forwarding': {
        if (this.#forwarding.some((entry) => isSameForwarding(entry, operation.entry))) {
          return operation.entry.of === 'self' ? 'EEXIST' : null;
        }
        this.#forwarding.push(operation.entry);
        return null;
      }
      case 'delete forwarding': {
        const left = this.#forwarding.filter((entry) => !isSameForwarding(entry, operation.entry));
        if (left.length === this.#forwarding.length) return 'ENOENT';
        this.#forwarding = left;
        return null;
      }
      case 'add address': {
        const { address } = operation;
        if (this.addressesOf(link.name).some((known) => isSameAddress(known, address))) return 'EEXIST';
        if (!isIPv4(address.address) && link.sysctls['ipv6/disable_ipv6'] === 1) return 'EACCES';
        this.#addAddress({ ...address, link: link.name, permanent: true });
        return null;
      }
      case 'delete address': {
        const gone = this.addressesOf(link.name).find((known) => isSameAddress(known, operation.address));
        if (gone === undefined) return 'EADDRNOTAVAIL';
        this.#keepAddresses(link.name, (known) => known !== gone);
        return null;
      }
      case 'set sysctl':
        return this.#setSysctl(link, operation.name, operation.value);
    }
  }

  #create({ link: name, device, mtu, mac }: Extract<LinkOperation, { kind: 'create link' }>): string | null {
    if (this.#links.has(name)) return 'EEXIST';
    const parent = device.kind === 'vlan' ? this.#links.get(device.parent) : undefined;
    if (device.kind === 'vlan') {
      if (parent === undefined) return 'ENODEV';
      const { id, protocol } = device;
      const taken = this.vlansOn(parent.name).some(
        (other) => other.device.kind === 'vlan' && other.device.id === id && other.device.protocol === protocol,
      );
      if (taken) return 'EEXIST';
      if (mtu !== undefined && mtu > parent.mtu) return 'ERANGE';
    }
    if (device.kind === 'veth') {
      if (this.#links.has(device.peer)) return 'EEXIST';
      this.#put(this.#fresh(device.peer, { kind: 'veth', peer: name }, { mac: null, mtu: DEFAULT_MTU }));
    }
    this.#put(
      this.#fresh(name, madeDevice(device), {
        mac: mac ?? parent?.mac ?? null,
        mtu: mtu ?? parent?.mtu ?? DEFAULT_MTU,
        parentIndex: parent?.index ?? null,
      }),
    );
    return null;
  }

  #fresh(
    name: string,
    device: CurrentDevice,
    more: Pick<CurrentLink, 'mac' | 'mtu'> & { readonly parentIndex?: number | null },
  ): CurrentLink {
    const index = this.#nextIndex;
    this.#nextIndex += 1;
    return {
      index,
      name,
      device,
      up: false,
      running: false,
      permanentMac: null,
      master: null,
      parentIndex: null,
      alias: null,
      port: null,
      vlans: device.kind === 'bridge' ? defaultVlans : [],
      sysctls: { 'ipv6/disable_ipv6': 0 },
      ...more,
    };
  }

  /** VLAN devices go with their parent, a veth with its peer; the ports of a bridge stay as they are, slaves go down. */
  #delete(link: CurrentLink): null {
    for (const upper of this.vlansOn(link.name)) this.#delete(upper);
    for (const port of this.portsOf(link.name)) this.#setMaster(port, null);
    this.#links.delete(link.name);
    this.#vlans.remove(parentOf(link), link.name);
    this.#ports.remove(link.master, link.name);
    this.#addresses.delete(link.name);
    this.#routes = this.#routes.filter((route) => route.link !== link.name);
    this.#forwarding = this.#forwarding.filter((entry) => entry.link !== link.name);
    if (link.device.kind === 'veth') {
      const peer = link.device.peer === null ? undefined : this.#links.get(link.device.peer);
      if (peer !== undefined) this.#delete(peer);
    }
    return null;
  }

  #setUp(link: CurrentLink): string | null {
    const { device, name } = link;
    if (link.up) return null;
    if (device.kind === 'vlan' && this.#links.get(device.parent)?.up === false) return 'ENETDOWN';
    this.#put({ ...link, up: true });
    for (const upper of this.vlansOn(name)) this.#setUp(upper);
    return null;
  }

  #setDown(link: CurrentLink): null {
    if (!link.up) return null;
    this.#put({ ...link, up: false });
    for (const upper of this.vlansOn(link.name)) this.#setDown(upper);
    this.#flush(link.name);
    return null;
  }

  /** A link that goes down loses its IPv6 addresses and all routes but those of its IPv4 networks, which come back. */
  #flush(name: string): void {
    this.#keepAddresses(name, ({ address }) => isIPv4(address));
    this.#routes = this.#routes.filter(
      ({ link, family, protocol, gateway }) =>
        link !== name || (family === 4 && protocol === KERNEL && gateway === null),
    );
  }

  #setMaster(link: CurrentLink, master: string | null): string | null {
    if (link.master === master) return null;
    const next = master === null ? undefined : this.#links.get(master);
    if (master !== null && next === undefined) return 'ENODEV';
    if (next?.device.kind === 'bridge' && link.device.kind === 'bridge') return 'ELOOP';
    const before = link.master === null ? undefined : this.#links.get(link.master);
    const free: CurrentLink = {
      ...link,
      master: null,
      port: null,
      vlans: link.device.kind === 'bridge' ? link.vlans : [],
    };
    if (next?.device.kind === 'bond' && link.up && before?.device.kind !== 'bond') return 'EPERM';
    this.#forwarding = this.#forwarding.filter((entry) => entry.link !== link.name || entry.of !== 'master');
    this.#put(free);
    if (before?.device.kind === 'bond') this.#setDown(free);
    if (next === undefined) return null;
    const now = this.#links.get(link.name) ?? free;
    switch (next.device.kind) {
      case 'bond':
        this.#put({ ...now, master, mtu: next.mtu });
        if (next.mac === null) this.#put({ ...next, mac: now.mac });
        return this.#setUp(this.#links.get(link.name) ?? now);
      case 'bridge':
        if (next.mac === NO_MAC) this.#put({ ...next, mac: now.mac });
        return this.#put({ ...now, master, port: initialOptions(portAttributes), vlans: defaultVlans });
      case 'vrf':
        // The link goes down and up, so that its routes come to the other table (drivers/net/vrf.c cycle_netdev).
        if (now.up) this.#flush(now.name);
        return this.#put({ ...now, master });
      default:
        return this.#put({ ...now, master });
    }
  }

  #setMtu(link: CurrentLink, mtu: number): string | null {
    const { device, name } = link;
    const parent = device.kind === 'vlan' ? this.#links.get(device.parent) : undefined;
    if (parent !== undefined && mtu > parent.mtu) return 'ERANGE';
    this.#put({ ...link, mtu });
    if (mtu < IPV6_MINIMUM_MTU) {
      this.#keepAddresses(name, ({ address }) => isIPv4(address));
      this.#routes = this.#routes.filter((route) => route.link !== name || route.family === 4);
    }
    for (const upper of this.vlansOn(name)) if (upper.mtu > mtu) this.#setMtu(upper, mtu);
    if (device.kind === 'bond') for (const slave of this.portsOf(name)) this.#setMtu(slave, mtu);
    return null;
  }

  #setDevice(link: CurrentLink, wanted: Extract<LinkOperation, { kind: 'set device' }>['device']): string | null {
    const { device } = link;
    if (device.kind === 'bridge' && wanted.kind === 'bridge') {
      const { stp = false, forwardDelay = 0 } = { ...device.options, ...wanted.options };
      // With STP on, net/bridge/br_stp.c br_set_forward_delay takes 2 to 30 seconds.
      if (device.options.stp === true && stp && (forwardDelay < 200 || forwardDelay > 3000)) return 'ERANGE';
      return this.#put({ ...link, device: { ...device, options: { ...device.options, ...wanted.options } } });
    }
    if (device.kind === 'bond' && wanted.kind === 'bond') {
      if (wanted.options.mode !== undefined && wanted.options.mode !== device.options.mode) {
        if (this.portsOf(link.name).length > 0) return 'ENOTEMPTY';
        if (link.up) return 'EBUSY';
      }
      const { miimon = device.options.miimon ?? 0 } = wanted.options;
      if (miimon === 0 && hasDelays(wanted.options)) return 'EPERM';
      const options = { ...device.options, ...delaysAfter(miimon, device.options), ...wanted.options };
      return this.#put({ ...link, device: { ...device, options } });
    }
    if (device.kind === 'vlan' && wanted.kind === 'vlan') {
      return this.#put({ ...link, device: { ...device, bridgeBinding: wanted.bridgeBinding } });
    }
    if (device.kind === 'vxlan' && wanted.kind === 'vxlan') {
      const { options, ...ends } = wanted;
      return this.#put({ ...link, device: { ...device, ...ends, options: { ...device.options, ...options } } });
    }
    return 'EOPNOTSUPP';
  }

  #setSysctl(link: CurrentLink, name: keyof CurrentLink['sysctls'], value: number): null {
    if (name === 'ipv6/disable_ipv6' && value === 1) {
      this.#keepAddresses(link.name, ({ address }) => isIPv4(address));
      this.#routes = this.#routes.filter((route) => route.link !== link.name || route.family === 4);
    }
    return this.#put({ ...link, sysctls: { ...link.sysctls, [name]: value } });
  }

  #changeRoute(kind: 'add route' | 'replace route' | 'delete route', route: Route): string | null {
    if (route.link !== null && !this.#links.has(route.link)) return 'ENODEV';
    if (kind === 'delete route') {
      const left = this.#routes.filter((known) => !isSameRoute(known, route));
      if (left.length === this.#routes.length) return 'ESRCH';
      this.#routes = left;
      return null;
    }
    const inTheWay = this.#routes.filter((known) => takesPlaceOf(route, known));
    if (kind === 'add route' && inTheWay.length > 0) return 'EEXIST';
    if (route.link !== null && this.#links.get(route.link)?.up === false) return 'ENETDOWN';
    this.#routes = [...this.#routes.filter((known) => !inTheWay.includes(known)), route];
    return null;
  }

  #put(link: CurrentLink): null {
    const { name, master } = link;
    const before = this.#links.get(name);
    if (before === undefined) this.#vlans.add(parentOf(link), name);
    if (before?.master !== master) {
      this.#ports.remove(before?.master ?? null, name);
      this.#ports.add(master, name);
    }
    this.#links.set(name, link);
    return null;
  }

  #addAddress(address: CurrentAddress): void {
    this.#addresses.set(address.link, [...this.addressesOf(address.link), address]);
  }

  #keepAddresses(link: string, stays: (address: CurrentAddress) => boolean): void {
    this.#addresses.set(link, this.addressesOf(link).filter(stays));
  }
}

/** The link a VLAN device stands on; null for what is none. */
const parentOf = ({ device }: CurrentLink): string | null => (device.kind === 'vlan' ? device.parent : null);

/** A new device with what the kernel gives it. */
function madeDevice(device: NewDevice): CurrentDevice {
  switch (device.kind) {
    case 'bridge':
      return { kind: 'bridge', options: { ...initialOptions(bridgeAttributes), ...device.options } };
    case 'bond':
      return { kind: 'bond', options: { ...initialOptions(bondAttributes), ...device.options } };
    case 'vlan':
      return { bridgeBinding: false, ...device };
    case 'vxlan':
      return { ...device, options: { ...initialOptions(vxlanAttributes), ...device.options } };
    case 'vrf':
    case 'veth':
    case 'dummy':
      return device;
  }
}
