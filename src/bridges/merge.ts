import type { Origin } from '../ruleset/index.js';
import { bondAttributes, bridgeAttributes, portAttributes, vxlanAttributes } from './attributes.js';
import type { PortVlans } from './bridge.js';
import type {
  CurrentAddress,
  CurrentLink,
  CurrentLinks,
  Forwarding,
  LinkAddress,
  Route,
  VlanEntry,
} from './current.js';
import { defined } from './defined.js';
import type { Goal, GoalAddress, GoalLink, GoalNote, GoalRoute } from './goal.js';
import { grouped } from './grouped.js';
import { guestPortGoals, stationsOf } from './guest-goal.js';
import { type Address, type Gateway, type Link, type Links, portsOf } from './links.js';
import { withMatchingPorts } from './matching-ports.js';
import type { NewDevice } from './operation.js';
import { forgottenOptions } from './option-record.js';
import { linksThatStart, lowersFirst } from './order.js';
import { type Around, macOfPorts, macToBe, macWithoutLine, mtuWithoutLine } from './put-back.js';
import { unicastRoute } from './route.js';
import { isSameAddress, isSameForwarding, isSameRoute, takesPlaceOf } from './same.js';
import { DEFAULT_PVID } from './vlan-range.js';

/** UDP port of VXLAN (IANA); the kernel's own default is an older one. */
const VXLAN_PORT = 4789;
const UNKNOWN_STATIONS = '00:00:00:00:00:00';
/** RTPROT_KERNEL, RTPROT_RA; RT_TABLE_LOCAL; RTN_UNICAST */
const KERNEL = 2;
const ADVERTISED = 9;
const LOCAL_TABLE = 255;
const UNICAST = 1;

/**
 * Merges what was applied last, what is desired and what the kernel holds. Only what was applied and is not desired any
 * more is taken away or put back to what it is where nobody sets it; everything else that is there stays, and a plan
 * brings it back where a step takes it along.
 */
export function mergeGoal(before: Links, desired: Links, current: CurrentLinks): Goal {
  return new Merge(
    withMatchingPorts(before, current, 'held'),
    withMatchingPorts(desired, current, 'free'),
    current,
  ).goal();
}

const nothing: Links = { links: [], guestPorts: [], unmanaged: [] };
export const noLinks: Links = nothing;

class Merge {
  readonly #desired: Links;
  readonly #current: CurrentLinks;
  readonly #there: ReadonlyMap<string, CurrentLink>;
  readonly #addressesOf: ReadonlyMap<string, readonly CurrentAddress[]>;
  readonly #wanted: ReadonlyMap<string, Link>;
  readonly #before: ReadonlyMap<string, Link>;
  readonly #masters: ReadonlyMap<string, string>;
  readonly #mastersBefore: ReadonlyMap<string, string>;
  readonly #guestsBefore: Links['guestPorts'];
  readonly #around: Around;
  readonly #notes: GoalNote[] = [];
  /** Names of links that are desired and cannot be had. */
  readonly #missing = new Set<string>();

  constructor(before: Links, desired: Links, current: CurrentLinks) {
    this.#desired = desired;
    this.#guestsBefore = before.guestPorts;
    this.#current = current;
    this.#there = new Map(current.links.map((link) => [link.name, link]));
    this.#addressesOf = grouped(current.addresses, ({ link }) => link);
    this.#before = byName(managed(before));
    this.#wanted = byName(managed(desired).filter((link) => this.#canBe(link)));
    this.#around = { before: this.#before, wanted: this.#wanted, there: this.#there };
    this.#masters = mastersOf(this.#wanted.values());
    this.#mastersBefore = mastersOf(this.#before.values());
  }

  goal(): Goal {
    const gone = this.#gone();
    const left = [...this.#before.values()].filter((link) => this.#isReleased(link, gone));
    const links = [
      ...[...this.#wanted.values()].map((link) => this.#link(link)),
      ...left.map((link) => this.#left(link)),
    ];
    const known = new Set([...links.map(({ name }) => name), ...gone]);
    const guests = guestPortGoals(this.#desired.guestPorts, this.#there, this.#wanted, this.#guestsBefore).filter(
      ({ name }) => !known.has(name),
    );
    const named = new Set([...known, ...guests.map(({ name }) => name)]);
    const foreign = this.#current.links.filter(({ name }) => !named.has(name)).map((link) => this.#foreign(link, gone));
    return {
      gone,
      links: [...links, ...guests.map((guest) => this.#withAddresses(guest)), ...foreign],
      routes: this.#routes(new Set(gone)),
      forwarding: this.#forwarding(),
      notes: this.#notes,
    };
  }

  /** Hardware has to be there, and what a device is made on; links come lowers first. */
  #canBe(link: Link): boolean {
    const text = this.#lack(link);
    if (text === null) return true;
    this.#missing.add(link.name);
    this.#notes.push({ name: link.name, text, origin: link.origin });
    return false;
  }

  #lack(link: Link): string | null {
    if (this.#there.has(link.name)) return null;
    if (link.kind === 'physical') return 'is not there';
    const carrier = link.kind === 'vlan' ? link.parent : link.kind === 'vxlan' ? link.device : undefined;
    return carrier !== undefined && this.#missing.has(carrier.name)
      ? `cannot be made: ${carrier.name} is not there`
      : null;
  }

  /** Devices we made: uppers first, so that each goes by itself. */
  #gone(): string[] {
    const names = [...this.#before.values()].flatMap((link) => {
      const there = this.#there.get(link.name);
      if (there === undefined || this.#wanted.has(link.name) || newDevice(link) === null) return [];
      // It would take its other end along, which is wanted.
      if (link.kind === 'veth' && this.#wanted.has(link.peer)) return [];
      const kept = this.#desired.links.some(({ name, start }) => name === link.name && start === 'manual');
      return kept || there.device.kind !== link.kind || this.#carriesForeign(there) ? [] : [link.name];
    });
    return names.reverse();
  }

  /** Does somebody else's link stand on it or belong to it? */
  #carriesForeign({ name }: CurrentLink): boolean {
    const foreign = this.#current.links.find(
      (other) =>
        !this.#before.has(other.name) &&
        !this.#wanted.has(other.name) &&
        (other.master === name || (other.device.kind === 'vlan' && other.device.parent === name)),
    );
    if (foreign === undefined) return false;
    this.#notes.push({ name, text: `stays, because ${foreign.name} needs it`, origin: null });
    return true;
  }

  /** Hardware nobody names any more, and an end of a veth pair whose other end stays. */
  #isReleased({ name, kind }: Link, gone: readonly string[]): boolean {
    if (!this.#there.has(name) || this.#wanted.has(name) || gone.includes(name)) return false;
    return kind === 'physical' || kind === 'veth';
  }

  #link(link: Link): GoalLink {
    const { name, origin } = link;
    const before = this.#before.get(name);
    const there = this.#there.get(name);
    const master = this.#masterGoal(name, there);
    const device = newDevice(link);
    const mtu = link.mtu ?? (before?.mtu === undefined ? undefined : mtuWithoutLine(link, this.#around));
    const firstMac = link.kind === 'bridge' && link.mac === undefined ? macOfPorts(link, this.#around) : undefined;
    const alias = link.alias ?? (before?.alias === undefined ? undefined : null);
    return {
      name,
      origin,
      device,
      up: link.down !== true,
      ...defined({
        mtu,
        mac: this.#mac(link, before),
        firstMac,
        alias,
        master,
        masterOrigin: this.#masterOrigin(name),
      }),
      ...this.#options(link, before),
      ...this.#portGoal(name),
      ...this.#ownVlans(link),
      sysctls: { ...this.#portSysctls(name), ...link.sysctls },
      addresses: this.#addresses(name, link.addresses, before?.addresses ?? []),
    };
  }

  #mac(link: Link, before: Link | undefined): string | undefined {
    if (link.mac !== undefined) return link.mac;
    if (link.kind === 'bridge' && link.macFrom !== undefined) return macToBe(link.macFrom.name, this.#around);
    const had = before?.mac !== undefined || (before?.kind === 'bridge' && before.macFrom !== undefined);
    return had ? macWithoutLine(link, this.#around) : undefined;
  }

  #options(link: Link, before: Link | undefined): Pick<GoalLink, 'bridge' | 'bond' | 'device'> | object {
    if (link.kind === 'bridge') {
      const options = before?.kind === 'bridge' ? before.options : {};
      return { bridge: { ...forgottenOptions(bridgeAttributes, options, link.options), ...link.options } };
    }
    if (link.kind === 'bond') {
      const options = before?.kind === 'bond' ? before.options : {};
      return { bond: { ...forgottenOptions(bondAttributes, options, link.options), ...link.options } };
    }
    if (link.kind === 'vxlan') {
      const made = newDevice(link);
      const options = before?.kind === 'vxlan' ? before.options : {};
      if (made?.kind !== 'vxlan') return {};
      const forgotten = forgottenOptions(vxlanAttributes, options, link.options);
      return { device: { ...made, options: { ...forgotten, ...link.options } } };
    }
    return {};
  }

  /** Its master now; null when we put it somewhere and nobody wants it there any more. */
  #masterGoal(name: string, there: CurrentLink | undefined): string | null | undefined {
    const master = this.#masters.get(name);
    if (master !== undefined) return master;
    const before = this.#mastersBefore.get(name);
    return before !== undefined && there?.master === before ? null : undefined;
  }

  #masterOrigin(name: string): Origin | undefined {
    const master = this.#wanted.get(this.#masters.get(name) ?? '');
    return master && portsOf(master).find((port) => port.name === name)?.origin;
  }

  /** What a port of a bridge has from its bridge. */
  #portGoal(name: string): Pick<GoalLink, 'port' | 'vlans'> {
    const port = portOf(name, this.#masters.get(name), this.#wanted);
    if (port === undefined) return {};
    const before = portOf(name, this.#mastersBefore.get(name), this.#before);
    const options = { ...forgottenOptions(portAttributes, before?.options ?? {}, port.options), ...port.options };
    if (port.vlans !== undefined) return { port: options, vlans: entriesOf(port.vlans) };
    return before?.vlans === undefined ? { port: options } : { port: options, vlans: defaultEntries };
  }

  /** A port has no IPv6 of its own: it would answer beside its bridge (spec interfaces.md 2.1.3). */
  #portSysctls(name: string): GoalLink['sysctls'] {
    const isPort = portOf(name, this.#masters.get(name), this.#wanted) !== undefined;
    if (isPort) return { 'ipv6/disable_ipv6': 1 };
    const wasPort = portOf(name, this.#mastersBefore.get(name), this.#before) !== undefined;
    return wasPort ? { 'ipv6/disable_ipv6': 0 } : {};
  }

  /** An aware bridge must carry the ids of the VLAN devices on it itself (spec interfaces.md 2.4). */
  #ownVlans(link: Link): Pick<GoalLink, 'ownVlans'> {
    if (link.kind !== 'bridge') return {};
    const there = idsOn(link, this.#wanted);
    const before = this.#before.get(link.name);
    const gone = before === undefined ? [] : idsOn(before, this.#before).filter((id) => !there.includes(id));
    const range = (id: number) => ({ first: id, last: id });
    return { ownVlans: { there: there.map(range), gone: gone.filter((id) => id !== DEFAULT_PVID).map(range) } };
  }

  /** A port of ours that nobody names any more: released, without our addresses, and down if nobody else uses it. */
  #left(link: Link): GoalLink {
    const { name } = link;
    const there = this.#there.get(name);
    const master = this.#masterGoal(name, there);
    const used = there !== undefined && (this.#carriesForeign(there) || this.#hasForeignAddress(link));
    const mac = link.mac === undefined ? undefined : (there?.permanentMac ?? undefined);
    return {
      name,
      origin: null,
      device: null,
      ...(used || (there?.master !== null && master === undefined) ? {} : { up: false }),
      ...defined({ master, mtu: link.mtu === undefined ? undefined : mtuWithoutLine(link, this.#around), mac }),
      ...(link.alias === undefined ? {} : { alias: null }),
      sysctls: this.#portSysctls(name) ?? {},
      addresses: this.#addresses(name, [], link.addresses),
    };
  }

  #hasForeignAddress({ name, addresses }: Link): boolean {
    return (this.#addressesOf.get(name) ?? []).some(
      (there) => there.permanent && !addresses.some((own) => isSameAddress(linkAddress(own), there)),
    );
  }

  /** Not ours: what a step could take from it comes back. */
  #foreign(link: CurrentLink, gone: readonly string[]): GoalLink {
    const { name, master, up, port, vlans, mtu } = link;
    const released = master !== null && gone.includes(master);
    return {
      name,
      origin: null,
      device: null,
      ...(up ? { up } : {}),
      mtu,
      ...(released ? {} : { master }),
      ...(port === null || released ? {} : { port, vlans }),
      addresses: this.#addresses(name, [], []),
    };
  }

  #withAddresses(goal: GoalLink): GoalLink {
    return { ...goal, addresses: this.#addresses(goal.name, [], []) };
  }

  #addresses(name: string, wanted: readonly Address[], before: readonly Address[]): GoalLink['addresses'] {
    const own = wanted.map((address): GoalAddress => ({ ...linkAddress(address), origin: address.origin }));
    const isOwn = (address: LinkAddress): boolean => own.some((one) => isSameAddress(one, address));
    const gone = before.map((address) => ({ ...linkAddress(address), origin: null })).filter((one) => !isOwn(one));
    const foreign = (this.#addressesOf.get(name) ?? [])
      .filter(({ permanent }) => permanent)
      .filter((address) => !isOwn(address) && !gone.some((one) => isSameAddress(one, address)))
      .map(({ link: _link, permanent: _permanent, ...address }) => ({ ...address, origin: null }));
    return { there: [...foreign, ...own], gone };
  }

  #routes(gone: ReadonlySet<string>): Goal['routes'] {
    const own = [...this.#wanted.values()].flatMap((link) =>
      link.gateways.map(
        (gateway): GoalRoute => ({ ...gatewayRoute(link, gateway, this.#wanted), origin: gateway.origin }),
      ),
    );
    const before = [...this.#before.values()].flatMap((link) =>
      link.gateways.map((gateway): GoalRoute => ({ ...gatewayRoute(link, gateway, this.#before), origin: null })),
    );
    const forgotten = before.filter((route) => !own.some((one) => isSameRoute(one, route)));
    const foreign = this.#current.routes.filter(
      (route) =>
        isSaid(route) &&
        route.link !== null &&
        !gone.has(route.link) &&
        ![...own, ...forgotten].some((one) => isSameRoute(one, route)) &&
        !own.some((one) => takesPlaceOf(one, route)),
    );
    return { there: [...foreign.map((route) => ({ ...route, origin: null })), ...own], gone: forgotten };
  }

  /** Where VXLAN devices send frames for stations nobody knows, and what guests' ports were told. */
  #forwarding(): Goal['forwarding'] {
    const own = [
      ...[...this.#wanted.values()].flatMap(remotesOf),
      ...stationsOf(this.#desired.guestPorts, this.#there),
    ];
    const gone = [
      ...[...this.#before.values()].flatMap(remotesOf),
      ...stationsOf(this.#guestsBefore, this.#there),
    ].filter((entry) => !own.some((one) => isSameForwarding(one, entry)));
    const foreign = this.#current.forwarding.filter(
      // A bridge that filters VLANs has an entry for each id of a port, which come and go with the one that names none.
      (entry) =>
        !own.some((one) => isSameForwarding(one, entry)) &&
        !gone.some((one) => isSameForwarding(one, withoutVlan(entry))) &&
        !this.#moves(entry.link),
    );
    return { there: [...foreign, ...own], gone };
  }

  /** What a port was told ends when it leaves its bridge on purpose. */
  #moves(name: string): boolean {
    const there = this.#there.get(name);
    const master = this.#masterGoal(name, there);
    return (
      there === undefined ||
      (master !== undefined && master !== there.master) ||
      (this.#before.has(there.master ?? '') && !this.#wanted.has(there.master ?? ''))
    );
  }
}

/** The links that come up, lowers first, without those of kinds that cannot be made and those that stand on such. */
export function managed({ links }: Links): Link[] {
  const out = new Set<string>();
  return linksThatStart(lowersFirst(links).ordered).filter((link) => {
    const cannot = link.kind === 'other' || (link.kind === 'vlan' && out.has(link.parent.name));
    if (cannot) out.add(link.name);
    return !cannot;
  });
}

const byName = (links: Iterable<Link>): Map<string, Link> => new Map([...links].map((link) => [link.name, link]));

function mastersOf(links: Iterable<Link>): Map<string, string> {
  const masters = new Map<string, string>();
  for (const link of links) {
    for (const { name } of portsOf(link)) masters.set(name, link.name);
    if (link.vrf !== undefined) masters.set(link.name, link.vrf.name);
  }
  return masters;
}

function portOf(name: string, master: string | undefined, links: ReadonlyMap<string, Link>) {
  const bridge = links.get(master ?? '');
  return bridge?.kind === 'bridge' ? bridge.ports.find((port) => port.name === name) : undefined;
}

/** What a desired link is made as; null for what nobody can make. */
function newDevice(link: Link): NewDevice | null {
  switch (link.kind) {
    case 'bridge':
      return { kind: 'bridge', options: link.options };
    case 'bond':
      return { kind: 'bond', options: link.options };
    case 'vlan': {
      const { parent, id, protocol, bridgeBinding } = link;
      return { kind: 'vlan', parent: parent.name, id, protocol, ...defined({ bridgeBinding }) };
    }
    case 'vxlan': {
      const { id, port = VXLAN_PORT, local, group, device, options } = link;
      return { kind: 'vxlan', id, port, ...defined({ local, group, device: device?.name }), options };
    }
    case 'vrf':
      return { kind: 'vrf', table: link.table };
    case 'veth':
      return { kind: 'veth', peer: link.peer };
    case 'dummy':
      return { kind: 'dummy' };
    case 'physical':
    case 'loopback':
    case 'other':
      return null;
  }
}

const defaultEntries: readonly VlanEntry[] = [{ first: DEFAULT_PVID, last: DEFAULT_PVID, pvid: true, untagged: true }];

function entriesOf({ pvid, tagged }: PortVlans): VlanEntry[] {
  const untagged = pvid === null ? [] : [{ first: pvid, last: pvid, pvid: true, untagged: true }];
  return [...untagged, ...tagged.map((range) => ({ ...range, pvid: false, untagged: false }))].sort(
    (a, b) => a.first - b.first,
  );
}

/** The ids of the VLAN devices on an aware bridge. */
function idsOn(bridge: Link, links: ReadonlyMap<string, Link>): number[] {
  if (bridge.kind !== 'bridge' || bridge.options.vlanAware !== true) return [];
  return [...links.values()].flatMap((link) =>
    link.kind === 'vlan' && link.parent.name === bridge.name ? [link.id] : [],
  );
}

const linkAddress = ({ origin: _origin, scope = 0, ...address }: Address): LinkAddress => ({ ...address, scope });

function gatewayRoute(
  link: Link,
  { address, metric, onlink = true, table }: Gateway,
  links: ReadonlyMap<string, Link>,
): Route {
  const vrf = link.vrf === undefined ? undefined : links.get(link.vrf.name);
  const own = table ?? (vrf?.kind === 'vrf' ? vrf.table : undefined);
  return unicastRoute(
    { destination: null, gateway: address, link: link.name },
    { onlink, ...defined({ metric, table: own }) },
  );
}

/** Somebody said it: not a network of a link's own address, an advertisement or a local address. */
const isSaid = ({ protocol, gateway, table, type }: Route): boolean =>
  type === UNICAST && table !== LOCAL_TABLE && protocol !== ADVERTISED && (protocol !== KERNEL || gateway !== null);

const remotesOf = (link: Link): Forwarding[] =>
  link.kind === 'vxlan'
    ? link.remotes.map(({ address }) => ({ link: link.name, mac: UNKNOWN_STATIONS, of: 'self', destination: address }))
    : [];

const withoutVlan = ({ vlan: _vlan, ...entry }: Forwarding): Forwarding => entry;
