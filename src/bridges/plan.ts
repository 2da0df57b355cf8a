import type { Origin } from '../ruleset/index.js';
import { bondAttributes, bridgeAttributes, vxlanAttributes } from './attributes.js';
import { withDelays } from './bond-delays.js';
import { needsDown, needsNoSlaves, onlyInMode } from './bond-mode.js';
import type { CurrentLink, CurrentLinks } from './current.js';
import { defined } from './defined.js';
import type { Goal, GoalLink, GoalNote, GoalRoute } from './goal.js';
import { grouped } from './grouped.js';
import { inverseOf } from './inverse.js';
import { madeUpMac, NO_MAC } from './mac.js';
import { LinkModel } from './model.js';
import { type LinkOperation, linkOf, type NewDevice } from './operation.js';
import { changedOptions, initialOptions } from './option-record.js';
import { forwardingKey, isSameAddress, isSameRoute, takesPlaceOf } from './same.js';
import { vlanDifference } from './vlan-entries.js';
import { rangesWithout } from './vlan-range.js';

/** What a step does to the traffic of its link; `session` cuts the connection the plan was asked for over. */
export type Disruption = 'none' | 'flap' | 'recreate' | 'session';

export interface LinkStep {
  readonly operation: LinkOperation;
  /** What undoes it, in this order. */
  readonly inverse: readonly LinkOperation[];
  readonly disruption: Disruption;
  /** The line that asks for it; null for what goes because no line does. */
  readonly origin: Origin | null;
}

export interface LinkPlan {
  readonly steps: readonly LinkStep[];
  readonly notes: readonly GoalNote[];
}

/** A step can take something along that a later round brings back: a flap IPv6 addresses, these their routes. */
const ROUNDS = 5;

/**
 * The steps from the current links to a goal, in an order the kernel takes. Each is tried on a model of the kernel, and
 * what it takes along is brought back. `session` is the own address of the administrator's connection.
 */
export function planLinks(goal: Goal, current: CurrentLinks, session: string | null = null): LinkPlan {
  const draft = new Draft(goal, current, session);
  for (let round = 0; round < ROUNDS && draft.round(); round += 1);
  return { steps: draft.steps, notes: goal.notes };
}

class Draft {
  readonly steps: LinkStep[] = [];
  readonly #goal: Goal;
  readonly #current: CurrentLinks;
  readonly #goalOf: ReadonlyMap<string, GoalLink>;
  readonly #portsOf: ReadonlyMap<string, readonly GoalLink[]>;
  readonly #model: LinkModel;
  readonly #session: ReadonlySet<string>;
  readonly #sessionAddress: string | null;
  /** Bridges whose MAC address no port changes any more. */
  readonly #kept = new Set<string>();
  /** The kernel would refuse a step: what depends on it is not planned again and again. */
  #refused = false;

  constructor(goal: Goal, current: CurrentLinks, session: string | null) {
    this.#goal = goal;
    this.#current = current;
    this.#goalOf = new Map(goal.links.map((link) => [link.name, link]));
    this.#portsOf = grouped(goal.links, ({ master }) => master);
    this.#model = new LinkModel(current);
    this.#session = new Set(session === null ? [] : linksUnder(session, this.#model));
    this.#sessionAddress = session;
  }

  /** One pass over everything; false when nothing was left to do. */
  round(): boolean {
    const before = this.steps.length;
    this.#deleteLinks();
    this.#releaseLinks();
    this.#lowerMtus();
    this.#createLinks();
    for (const link of this.#goal.links) this.#settle(link);
    this.#settleForwarding();
    this.#settleRoutes();
    this.#deleteAddresses();
    return this.steps.length > before && !this.#refused;
  }

  #step(operation: LinkOperation, origin: Origin | null, disruption: Disruption = 'none'): void {
    const inverse = inverseOf(operation, this.#model);
    this.steps.push({
      operation,
      inverse,
      disruption: this.#cuts(operation, disruption) ? 'session' : disruption,
      origin,
    });
    if (this.#model.perform(operation) !== null) this.#refused = true;
  }

  #cuts(operation: LinkOperation, disruption: Disruption): boolean {
    if (operation.kind === 'delete address') return operation.address.address === this.#sessionAddress;
    const link = linkOf(operation);
    if (link === null || !this.#session.has(link)) return false;
    return disruption !== 'none' || operation.kind === 'delete link' || operation.kind === 'delete route';
  }

  #deleteLinks(): void {
    for (const name of this.#goal.gone) {
      if (this.#model.link(name) !== undefined) this.#step({ kind: 'delete link', link: name }, null);
    }
    // Uppers first: a parent would take its VLAN devices along, each of which is a step of its own then.
    for (const goal of [...this.#goal.links].reverse()) {
      const now = this.#model.link(goal.name);
      if (now === undefined || goal.device === null || becomes(goal.device, now.device)) continue;
      this.#step({ kind: 'delete link', link: goal.name }, goal.origin, 'recreate');
    }
  }

  #releaseLinks(): void {
    for (const { name, master, origin } of this.#goal.links) {
      const now = this.#model.link(name);
      if (now === undefined || master !== null || now.master === null) continue;
      this.#keepMac(now.master);
      this.#step({ kind: 'set master', link: name, master: null }, origin, 'flap');
    }
  }

  /** Uppers first, because none may be above its lower (spec interfaces.md 6.3). */
  #lowerMtus(): void {
    for (const { name, mtu, origin } of [...this.#goal.links].reverse()) {
      const now = this.#model.link(name);
      if (now !== undefined && mtu !== undefined && mtu < now.mtu)
        this.#step({ kind: 'set mtu', link: name, mtu }, origin);
    }
  }

  /**
   * All that can be made is made before anything else is done with it, so that few steps have to wait for an index. A VLAN
   * device waits for its parent to have the MTU that it needs.
   */
  #createLinks(): void {
    for (const goal of this.#goal.links) {
      if (this.#model.link(goal.name) !== undefined) continue;
      const parent = goal.device?.kind === 'vlan' ? this.#model.link(goal.device.parent) : null;
      if (parent === undefined || (parent !== null && (goal.mtu ?? 0) > parent.mtu)) continue;
      if (parent?.mac === NO_MAC) this.#giveMac(parent.name);
      this.#create(goal);
    }
  }

  /** A VLAN device takes the address of its parent, and cannot come up without one. */
  #giveMac(name: string): void {
    const goal = this.#goal.links.find((link) => link.name === name);
    const mac = goal?.mac ?? goal?.firstMac ?? madeUpMac(name, this.#current.links);
    this.#kept.add(name);
    this.#step({ kind: 'set mac', link: name, mac }, goal?.origin ?? null);
  }

  /** False for what cannot be made. */
  #create({ name, origin, device, mtu, mac, firstMac }: GoalLink): boolean {
    if (device === null) return false;
    const attributes = defined({ mtu, mac: mac ?? firstMac });
    this.#step({ kind: 'create link', link: name, device: withoutInitial(device), ...attributes }, origin);
    if (attributes.mac !== undefined) this.#kept.add(name);
    return true;
  }

  #settle(goal: GoalLink): void {
    const { name } = goal;
    if (this.#model.link(name) === undefined && !this.#create(goal)) return;
    this.#settleDevice(goal);
    for (const port of this.#portsOf.get(name) ?? []) this.#enslave(port, name);
    if (goal.master !== undefined && goal.master !== null) this.#enslave(goal, goal.master);
    this.#settleSysctls(goal);
    this.#settleAttributes(goal);
    this.#settlePort(goal);
    this.#settleOwnVlans(goal);
    this.#settleState(goal);
    this.#addAddresses(goal);
  }

  #settleDevice({ name, origin, device, bridge, bond }: GoalLink): void {
    const now = this.#model.link(name)?.device;
    if (now?.kind === 'bridge' && bridge !== undefined) {
      // A kernel without VLAN filtering says nothing of it: there it is what it is at first.
      const { stp, ...options } = changedOptions(bridge, { ...initialOptions(bridgeAttributes), ...now.options });
      // The kernel takes the delay first, which has to be within its bounds while STP is on.
      if (stp === false)
        this.#step({ kind: 'set device', link: name, device: { kind: 'bridge', options: { stp } } }, origin);
      const rest = stp === true ? { stp, ...options } : options;
      if (hasAny(rest))
        this.#step({ kind: 'set device', link: name, device: { kind: 'bridge', options: rest } }, origin);
    }
    if (now?.kind === 'bond' && bond !== undefined) this.#settleBond(name, bond, now.options, origin);
    if (now?.kind === 'vlan' && device?.kind === 'vlan') {
      const { bridgeBinding } = device;
      if (bridgeBinding !== undefined && bridgeBinding !== now.bridgeBinding) {
        this.#step({ kind: 'set device', link: name, device: { kind: 'vlan', bridgeBinding } }, origin);
      }
    }
    if (now?.kind === 'vxlan' && device?.kind === 'vxlan') {
      const { local, group } = device;
      const ends = {
        ...(local === undefined || local === now.local ? {} : { local }),
        ...(group === undefined || group === now.group ? {} : { group }),
      };
      const options = changedOptions(device.options, now.options);
      if (hasAny({ ...ends, ...options })) {
        this.#step({ kind: 'set device', link: name, device: { kind: 'vxlan', ...ends, options } }, origin);
      }
    }
  }

  #settleBond(
    name: string,
    wanted: NonNullable<GoalLink['bond']>,
    now: NonNullable<GoalLink['bond']>,
    origin: Origin | null,
  ): void {
    const mode = wanted.mode ?? now.mode ?? 'balance-rr';
    const changed = onlyInMode(changedOptions(wanted, now), mode);
    if (!hasAny(changed)) return;
    const set = (options: NonNullable<GoalLink['bond']>): void => {
      if (hasAny(options))
        this.#step({ kind: 'set device', link: name, device: { kind: 'bond', options } }, origin, 'none');
    };
    if (needsNoSlaves(changed)) {
      // The last first: when this is undone, they come back in their order.
      for (const { name: slave } of this.#model.portsOf(name).reverse()) {
        this.#step({ kind: 'set master', link: slave, master: null }, origin, 'flap');
      }
    }
    if ((needsDown(changed) || needsNoSlaves(changed)) && this.#model.link(name)?.up === true) {
      this.#step({ kind: 'set up', link: name, up: false }, origin, 'flap');
    }
    if (changed.mode !== undefined && now.mode !== undefined) {
      // What only the old mode knows cannot be put back once the mode is another one.
      const all = changedOptions(wanted, now);
      const later = onlyInMode(all, mode);
      set(onlyInMode(Object.fromEntries(Object.entries(all).filter(([key]) => !Object.hasOwn(later, key))), now.mode));
    }
    for (const options of withDelays(changed, now)) set(options);
  }

  #enslave(goal: GoalLink, master: string): void {
    const { name, origin, masterOrigin = origin, up } = goal;
    const now = this.#model.link(name);
    const to = this.#model.link(master);
    if (now === undefined || to === undefined || now.master === master) return;
    const moves = now.master === null ? 'none' : 'flap';
    if (to.device.kind === 'bond' && now.up) this.#step({ kind: 'set up', link: name, up: false }, origin, 'flap');
    if (now.master !== null) this.#keepMac(now.master);
    this.#keepMac(master);
    if (to.device.kind === 'bridge') this.#disableIpv6(name, origin);
    this.#step({ kind: 'set master', link: name, master }, masterOrigin, moves);
    this.#settlePort(goal);
    if (up === true && this.#model.link(name)?.up === false) this.#setUp(name, origin);
  }

  /**
   * A bridge nobody gave an address has the lowest of its ports' (net/bridge/br_stp_if.c br_stp_recalculate_bridge_id): before
   * ports come or go it is given the one it has, or without any port that of the first one to come. Its neighbours know it.
   */
  #keepMac(name: string): void {
    const goal = this.#goal.links.find((link) => link.name === name);
    const now = this.#model.link(name);
    if (now?.device.kind !== 'bridge' || goal?.bridge === undefined || goal.mac !== undefined || this.#kept.has(name))
      return;
    this.#kept.add(name);
    const mac = this.#model.portsOf(name).length === 0 ? (goal.firstMac ?? now.mac) : now.mac;
    if (mac === null || mac === NO_MAC) return;
    this.#step({ kind: 'set mac', link: name, mac }, goal.origin, moves(now, mac));
  }

  /** Before it is a port, so that it never has addresses of its own on the bridge's network. */
  #disableIpv6(name: string, origin: Origin | null): void {
    const goal = this.#goalOf.get(name);
    if (goal?.sysctls?.['ipv6/disable_ipv6'] !== 1) return;
    if (this.#model.link(name)?.sysctls['ipv6/disable_ipv6'] === 1) return;
    this.#step({ kind: 'set sysctl', link: name, name: 'ipv6/disable_ipv6', value: 1 }, origin);
  }

  #settleSysctls({ name, origin, sysctls = {} }: GoalLink): void {
    const now = this.#model.link(name);
    if (now === undefined) return;
    for (const [setting, value] of sysctlEntries(changedOptions(sysctls, now.sysctls))) {
      this.#step({ kind: 'set sysctl', link: name, name: setting, value }, origin);
    }
  }

  #settleAttributes({ name, origin, device, mtu, mac, alias }: GoalLink): void {
    const now = this.#model.link(name);
    if (now === undefined) return;
    if (mtu !== undefined && mtu > now.mtu) this.#step({ kind: 'set mtu', link: name, mtu }, origin);
    if (mac !== undefined && mac !== now.mac) {
      // Hardware may refuse another address while it is up; what the kernel makes does not.
      const falls = device === null && now.up;
      if (falls) this.#step({ kind: 'set up', link: name, up: false }, origin, 'flap');
      this.#step({ kind: 'set mac', link: name, mac }, origin, falls ? 'none' : moves(now, mac));
    }
    if (alias !== undefined && alias !== now.alias) this.#step({ kind: 'set alias', link: name, alias }, origin);
  }

  #settlePort({ name, origin, port, vlans }: GoalLink): void {
    const now = this.#model.link(name);
    if (now === undefined || now.port === null) return;
    const options = changedOptions(port ?? {}, now.port);
    if (hasAny(options)) this.#step({ kind: 'set port', link: name, options }, origin);
    if (vlans === undefined) return;
    const { gone, added } = vlanDifference(now.vlans, vlans);
    for (const entry of gone) this.#step({ kind: 'delete vlans', link: name, self: false, vlans: entry }, origin);
    for (const entry of added) this.#step({ kind: 'add vlans', link: name, self: false, vlans: entry }, origin);
  }

  #settleOwnVlans({ name, origin, ownVlans }: GoalLink): void {
    const now = this.#model.link(name);
    if (now === undefined || ownVlans === undefined) return;
    const plain = { pvid: false, untagged: false };
    for (const range of rangesWithout(ownVlans.there, now.vlans)) {
      this.#step({ kind: 'add vlans', link: name, self: true, vlans: { ...range, ...plain } }, origin);
    }
    for (const range of ownVlans.gone) {
      if (rangesWithout([range], now.vlans).length > 0) continue;
      this.#step({ kind: 'delete vlans', link: name, self: true, vlans: { ...range, ...plain } }, origin);
    }
  }

  #settleState({ name, origin, up, master }: GoalLink): void {
    const now = this.#model.link(name);
    if (now === undefined || up === undefined || up === now.up) return;
    // A bond takes links only that are down, and brings them up itself.
    const waits = master !== undefined && master !== null && now.master !== master && this.#isBond(master);
    if (up && !waits) this.#setUp(name, origin);
    if (!up) this.#step({ kind: 'set up', link: name, up }, origin, 'flap');
  }

  #isBond(name: string): boolean {
    return this.#goalOf.get(name)?.bond !== undefined;
  }

  /** A VLAN device comes up with its parent, not before it. */
  #setUp(name: string, origin: Origin | null): void {
    const device = this.#model.link(name)?.device;
    if (device?.kind === 'vlan' && this.#model.link(device.parent)?.up === false) return;
    this.#step({ kind: 'set up', link: name, up: true }, origin);
  }

  #addAddresses({ name, addresses }: GoalLink): void {
    if (this.#model.link(name) === undefined) return;
    for (const { origin, ...address } of addresses.there) {
      if (this.#model.addressesOf(name).some((known) => isSameAddress(known, address))) continue;
      this.#step({ kind: 'add address', link: name, address }, origin);
    }
  }

  /** After the new ones are there, and after the routes that use them are gone. */
  #deleteAddresses(): void {
    for (const { name, addresses } of this.#goal.links) {
      for (const gone of addresses.gone) {
        const there = this.#model.addressesOf(name);
        const at = there.findIndex((known) => isSameAddress(known, gone));
        const found = there[at];
        if (found === undefined) continue;
        // The kernel takes the secondaries of an IPv4 address along, unless it promotes one of them: they go first.
        const secondaries = there.slice(at + 1).filter((other) => isSameNetwork(found, other));
        for (const address of [...secondaries, found]) {
          const { link: _link, permanent: _permanent, ...plain } = address;
          this.#step({ kind: 'delete address', link: name, address: plain }, null);
        }
      }
    }
  }

  #settleForwarding(): void {
    const { there, gone } = this.#goal.forwarding;
    const known = new Set(this.#model.forwarding.map(forwardingKey));
    const has = (entry: (typeof there)[number]): boolean => known.has(forwardingKey(entry));
    const originOf = (name: string): Origin | null => this.#goalOf.get(name)?.origin ?? null;
    for (const entry of gone) {
      if (has(entry)) this.#step({ kind: 'delete forwarding', link: entry.link, entry }, null);
    }
    for (const entry of there) {
      const link = this.#model.link(entry.link);
      if (has(entry) || link === undefined || (entry.of === 'master' && link.port === null)) continue;
      this.#step({ kind: 'add forwarding', link: entry.link, entry }, originOf(entry.link));
    }
  }

  #settleRoutes(): void {
    const { there, gone } = this.#goal.routes;
    for (const { origin: _origin, ...route } of gone) {
      const replaced = there.some((wanted) => takesPlaceOf(wanted, route));
      if (!replaced && this.#hasRoute(route)) this.#step({ kind: 'delete route', route }, null);
    }
    for (const { origin, ...route } of there) {
      if (this.#hasRoute(route) || !this.#carries(route)) continue;
      const taken = this.#model.routes.some((known) => takesPlaceOf(route, known));
      this.#step({ kind: taken ? 'replace route' : 'add route', route }, origin);
    }
  }

  #hasRoute(route: Omit<GoalRoute, 'origin'>): boolean {
    return this.#model.routes.some((known) => isSameRoute(known, route));
  }

  #carries({ link }: Omit<GoalRoute, 'origin'>): boolean {
    return link === null || this.#model.link(link)?.up === true;
  }
}

/** Without what a new device has anyway: a kernel that lacks a feature refuses even to be told not to use it. */
function withoutInitial(device: NewDevice): NewDevice {
  switch (device.kind) {
    case 'bridge':
      return { ...device, options: changedOptions(device.options, initialOptions(bridgeAttributes)) };
    case 'bond':
      return { ...device, options: changedOptions(device.options, initialOptions(bondAttributes)) };
    case 'vxlan':
      return { ...device, options: changedOptions(device.options, initialOptions(vxlanAttributes)) };
    case 'vlan':
    case 'vrf':
    case 'veth':
    case 'dummy':
      return device;
  }
}

/** Can a device that is there become the wanted one without being made again? */
function becomes(wanted: NewDevice, now: NonNullable<ReturnType<LinkModel['link']>>['device']): boolean {
  switch (wanted.kind) {
    case 'vlan':
      return (
        now.kind === 'vlan' && now.parent === wanted.parent && now.id === wanted.id && now.protocol === wanted.protocol
      );
    case 'vxlan':
      return (
        now.kind === 'vxlan' &&
        now.id === wanted.id &&
        now.port === wanted.port &&
        now.device === wanted.device &&
        isSameFamily(now.local, wanted.local) &&
        isSameFamily(now.group, wanted.group)
      );
    case 'vrf':
      return now.kind === 'vrf' && now.table === wanted.table;
    case 'veth':
      // The peer may have been moved to another namespace since.
      return now.kind === 'veth' && (now.peer === null || now.peer === wanted.peer);
    case 'bridge':
    case 'bond':
    case 'dummy':
      return now.kind === wanted.kind;
  }
}

/** The link that has an address, and all it stands on. */
function linksUnder(address: string, model: LinkModel): string[] {
  const found: string[] = [];
  const visit = (name: string): void => {
    if (found.includes(name)) return;
    found.push(name);
    const device = model.link(name)?.device;
    if (device?.kind === 'vlan') visit(device.parent);
    for (const port of model.portsOf(name)) visit(port.name);
  };
  for (const { link } of model.addresses.filter((known) => known.address === address)) visit(link);
  return found;
}

/** Are two IPv4 addresses in one network, by the length they share? */
function isSameNetwork(
  one: { readonly address: string; readonly prefixLength: number },
  other: { readonly address: string; readonly prefixLength: number },
): boolean {
  if (one.prefixLength !== other.prefixLength || one.address.includes(':') || other.address.includes(':')) return false;
  const network = (address: string): bigint =>
    address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n) >> BigInt(32 - one.prefixLength);
  return network(one.address) === network(other.address);
}

/** The kernel does not take an end of the other family (vxlan_core.c vxlan_nl2conf); one that is not said stays. */
const isSameFamily = (now: string | undefined, wanted: string | undefined): boolean =>
  now === undefined || wanted === undefined || now.includes(':') === wanted.includes(':');

/** Neighbours send to the old address of a link that is up until they have learned the new one. */
const moves = ({ up, mac: old }: Pick<CurrentLink, 'up' | 'mac'>, mac: string): Disruption =>
  up && mac !== old ? 'flap' : 'none';

const hasAny = (options: object): boolean => Object.keys(options).length > 0;

type SysctlName = Extract<LinkOperation, { kind: 'set sysctl' }>['name'];

const sysctlEntries = (sysctls: { readonly [Name in SysctlName]?: number }): [SysctlName, number][] =>
  // The names of settings are the keys of the record.
  Object.entries(sysctls) as [SysctlName, number][];
