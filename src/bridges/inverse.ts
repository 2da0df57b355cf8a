import { isIPv4 } from 'node:net';
import { portAttributes } from './attributes.js';
import type { BondOptions } from './bond.js';
import { onlyInMode } from './bond-mode.js';
import type { CurrentAddress, CurrentDevice, CurrentLink, LinkAddress, Route } from './current.js';
import { linkSysctlNames } from './links.js';
import { hasMac } from './mac.js';
import type { LinkModel } from './model/model.js';
import { withoutInitial } from './new-device.js';
import type { DeviceOptions, LinkOperation, NewDevice } from './operation.js';
import { changedOptions, initialOptions, sameOptionsOf } from './option-record.js';
import { isSameAddress, isSameForwarding, isSameRoute, takesPlaceOf } from './same.js';
import { vlansWithin } from './vlan-entries.js';
import { DEFAULT_PVID } from './vlan-range.js';

/** RTPROT_KERNEL */
const KERNEL = 2;

/**
 * What undoes an operation that is about to be performed on a state, in its order. Each of these operations says how
 * things are to be, so that it does no harm when the operation never happened, or only in part.
 */
export function inverseOf(operation: LinkOperation, state: LinkModel): LinkOperation[] {
  switch (operation.kind) {
    case 'create link':
      return [{ kind: 'delete link', link: operation.link }];
    case 'add route':
      return [{ kind: 'delete route', route: operation.route }];
    case 'replace route': {
      const old = state.routes.find((route) => takesPlaceOf(operation.route, route));
      if (old === undefined) return [{ kind: 'delete route', route: operation.route }];
      return isSameRoute(old, operation.route) ? [] : [{ kind: 'replace route', route: old }];
    }
    case 'delete route': {
      const old = state.routes.find((route) => isSameRoute(route, operation.route));
      return old === undefined ? [] : [{ kind: 'add route', route: old }];
    }
    default: {
      const link = state.link(operation.link);
      return link === undefined ? [] : inverseOn(link, operation, state);
    }
  }
}

function inverseOn(
  now: CurrentLink,
  operation: Exclude<LinkOperation, { kind: 'create link' | 'add route' | 'replace route' | 'delete route' }>,
  state: LinkModel,
): LinkOperation[] {
  const link = now.name;
  switch (operation.kind) {
    case 'delete link':
      return restoreLink(now, state);
    case 'set up':
      if (operation.up === now.up) return [];
      return operation.up
        ? [{ kind: 'set up', link, up: false }]
        : [...bringUp(now, state), ...restoreFlushed(now, state)];
    case 'set master':
      return restoreMaster(now, operation.master, state);
    case 'set mac':
      return hasMac(now) ? [{ kind: 'set mac', link, mac: now.mac }] : [];
    case 'set mtu':
      return [...restoreMtu(now, state), ...restoreBridgeMtu(now.master, state)];
    case 'set alias':
      return [{ kind: 'set alias', link, alias: now.alias }];
    case 'set device':
      return oldOptions(operation.device, now.device).map((device) => ({ kind: 'set device', link, device }));
    case 'set port':
      return now.port === null ? [] : [{ kind: 'set port', link, options: sameOptionsOf(operation.options, now.port) }];
    case 'add vlans':
    case 'delete vlans': {
      const { self, vlans } = operation;
      const lost = [...vlansWithin(now.vlans, vlans), ...(vlans.pvid ? now.vlans.filter(({ pvid }) => pvid) : [])];
      const added: LinkOperation[] =
        operation.kind === 'add vlans' ? [{ kind: 'delete vlans', link, self, vlans }] : [];
      return [...added, ...lost.map((entry) => ({ kind: 'add vlans', link, self, vlans: entry }) as const)];
    }
    case 'add forwarding':
      return [{ kind: 'delete forwarding', link, entry: operation.entry }];
    case 'delete forwarding': {
      const old = state.forwarding.find((entry) => isSameForwarding(entry, operation.entry));
      return old === undefined ? [] : [{ kind: 'add forwarding', link, entry: old }];
    }
    case 'add address':
      return [{ kind: 'delete address', link, address: operation.address }];
    case 'delete address': {
      const old = state.addressesOf(link).find((address) => isSameAddress(address, operation.address));
      return old === undefined ? [] : [addAddress(old)];
    }
    case 'set sysctl': {
      const value = now.sysctls[operation.name];
      if (value === undefined) return [];
      const lost = operation.name === 'ipv6/disable_ipv6' && value === 0 ? restoreFlushed(now, state, 6) : [];
      return [{ kind: 'set sysctl', link, name: operation.name, value }, ...lost];
    }
  }
}

/** A link with all that is lost when it is deleted: what stands on it, belongs to it and goes through it. */
function restoreLink(now: CurrentLink, state: LinkModel): LinkOperation[] {
  const { name: link, device, mtu, alias } = now;
  const made = remade(device);
  if (made === null) return [];
  const create: LinkOperation = {
    kind: 'create link',
    link,
    device: made,
    mtu,
    ...(hasMac(now) ? { mac: now.mac } : {}),
  };
  const ports = state.portsOf(link);
  const own: LinkOperation[] = device.kind === 'bridge' ? restoreVlans(now, true) : [];
  return [
    create,
    // Where it was never deleted, it may have been lowered with its parent.
    ...(device.kind === 'vlan' ? [{ kind: 'set mtu', link, mtu } as const] : []),
    ...(alias === null ? [] : [{ kind: 'set alias', link, alias } as const]),
    ...linkSysctlNames.flatMap((name): LinkOperation[] => {
      const value = now.sysctls[name];
      return value === undefined ? [] : [{ kind: 'set sysctl', link, name, value }];
    }),
    ...ports.flatMap((port) => restoreMembership(port, state)),
    // The first port changes it.
    ...(device.kind === 'bridge' && ports.length > 0 ? [{ kind: 'set mtu', link, mtu } as const] : []),
    ...own,
    ...restoreMembership(now, state),
    ...restoreBridgeMtu(now.master, state),
    ...(now.up ? [{ kind: 'set up', link, up: true } as const] : []),
    ...state.forwarding.filter((entry) => entry.link === link && entry.of === 'self').map(addForwarding),
    ...state
      .addressesOf(link)
      .filter(({ permanent }) => permanent)
      .map(addAddress),
    ...state.vlansOn(link).flatMap((upper) => restoreLink(upper, state)),
    ...routesThrough(link, state).map(addRoute),
  ];
}

/** The link in its master, with all it has as a port. */
function restoreMembership(now: CurrentLink, state: LinkModel): LinkOperation[] {
  const { name: link, master, port } = now;
  if (master === null) return [];
  const inBond = state.link(master)?.device.kind === 'bond';
  const options = port === null ? {} : changedOptions(port, initialOptions(portAttributes));
  return [
    // A bond takes links only that are down, and brings them up itself.
    ...(inBond ? [{ kind: 'set up', link, up: false } as const] : []),
    { kind: 'set master', link, master },
    // Where it never left the bond, nothing has brought it up again.
    ...(inBond ? [{ kind: 'set up', link, up: now.up } as const] : []),
    ...(Object.keys(options).length === 0 ? [] : [{ kind: 'set port', link, options } as const]),
    ...(port === null ? [] : restoreVlans(now, false)),
    ...state.forwarding.filter((entry) => entry.link === link && entry.of === 'master').map(addForwarding),
  ];
}

/** A bridge follows its ports, and no more once it was given an MTU (net/bridge/br_if.c br_mtu_auto_adjust). */
function restoreBridgeMtu(master: string | null, state: LinkModel): LinkOperation[] {
  const bridge = master === null ? undefined : state.link(master);
  return bridge?.device.kind === 'bridge' ? restoreMtu(bridge, state) : [];
}

/** The ids of a new port or bridge are the default PVID alone. */
function restoreVlans({ name: link, vlans }: CurrentLink, self: boolean): LinkOperation[] {
  const add = (entry: CurrentLink['vlans'][number]): LinkOperation => ({ kind: 'add vlans', link, self, vlans: entry });
  const carriesDefault = vlans.some(({ first, last }) => first <= DEFAULT_PVID && DEFAULT_PVID <= last);
  const fresh = { first: DEFAULT_PVID, last: DEFAULT_PVID, pvid: true, untagged: true };
  const isFresh = (entry: CurrentLink['vlans'][number]): boolean =>
    entry.first === DEFAULT_PVID && entry.pvid && entry.untagged;
  const more = vlans.filter((entry) => !isFresh(entry));
  return [
    ...(carriesDefault ? [] : [{ kind: 'delete vlans', link, self, vlans: fresh } as const]),
    ...more.filter(({ pvid }) => !pvid).map(add),
    ...more.filter(({ pvid }) => pvid).map(add),
  ];
}

function restoreMaster(now: CurrentLink, next: string | null, state: LinkModel): LinkOperation[] {
  const { name: link, master, up } = now;
  if (master === next) return [];
  const kindOf = (name: string | null) => (name === null ? null : state.link(name)?.device.kind);
  const changesState = kindOf(next) === 'bond' || kindOf(master) === 'bond' || kindOf(next) === 'vrf';
  const back: LinkOperation[] =
    master === null
      ? [{ kind: 'set master', link, master: null }]
      : [...restoreMembership(now, state), ...restoreBondMac(master, state)];
  const bridges = [...restoreBridgeMtu(master, state), ...restoreBridgeMtu(next, state)];
  if (!changesState) return [...back, ...bridges];
  const state_: LinkOperation[] = kindOf(master) === 'bond' ? [] : [{ kind: 'set up', link, up }];
  const mtu: LinkOperation[] = kindOf(next) === 'bond' ? [{ kind: 'set mtu', link, mtu: now.mtu }] : [];
  return [...back, ...bridges, ...mtu, ...state_, ...restoreFlushed(now, state)];
}

/** A bond that all slaves have left forgets its address, and takes that of the first to come back (bond_main.c). */
function restoreBondMac(master: string, state: LinkModel): LinkOperation[] {
  const bond = state.link(master);
  if (bond?.device.kind !== 'bond' || !hasMac(bond)) return [];
  return [{ kind: 'set mac', link: master, mac: bond.mac }];
}

function restoreMtu({ name: link, mtu, device }: CurrentLink, state: LinkModel): LinkOperation[] {
  const followers = [...state.vlansOn(link), ...(device.kind === 'bond' ? state.portsOf(link) : [])];
  return [{ kind: 'set mtu', link, mtu }, ...followers.flatMap((follower) => restoreMtu(follower, state))];
}

/** The link up, and the VLAN devices on it as they were: their parent brings all of them up. */
function bringUp({ name: link, up }: CurrentLink, state: LinkModel): LinkOperation[] {
  return [{ kind: 'set up', link, up }, ...state.vlansOn(link).flatMap((upper) => bringUp(upper, state))];
}

/** What a link, and the VLAN devices on it, lose when they go down. */
function restoreFlushed(now: CurrentLink, state: LinkModel, only?: 6): LinkOperation[] {
  const { name } = now;
  const addresses = state.addressesOf(name).filter(({ permanent, address }) => permanent && !isIPv4(address));
  return [
    ...addresses.map(addAddress),
    ...routesThrough(name, state)
      .filter(({ family }) => only === undefined || family === only)
      .map(addRoute),
    ...state.vlansOn(name).flatMap((upper) => restoreFlushed(upper, state, only)),
  ];
}

/** Those that somebody said; the network of an address comes with the address. */
const routesThrough = (name: string, state: LinkModel): Route[] =>
  state.routes.filter(
    ({ link, protocol, gateway, type }) => link === name && type === 1 && (protocol !== KERNEL || gateway !== null),
  );

const addRoute = (route: Route): LinkOperation => ({ kind: 'add route', route });
const addForwarding = (entry: LinkModel['forwarding'][number]): LinkOperation => ({
  kind: 'add forwarding',
  link: entry.link,
  entry,
});

function addAddress({ link, permanent: _permanent, ...address }: CurrentAddress): LinkOperation {
  const plain: LinkAddress = address;
  return { kind: 'add address', link, address: plain };
}

/** A device as it can be made again; null for what nobody can make. */
function remade(device: CurrentDevice): NewDevice | null {
  if (device.kind === 'other') return null;
  if (device.kind !== 'veth') return withoutInitial(device);
  return device.peer === null ? null : { kind: 'veth', peer: device.peer };
}

/** The values that options have before they are set, in the order in which the kernel takes them. */
function oldOptions(wanted: DeviceOptions, now: CurrentDevice): DeviceOptions[] {
  if (wanted.kind === 'bridge' && now.kind === 'bridge') {
    return [{ kind: 'bridge', options: sameOptionsOf(wanted.options, now.options) }];
  }
  if (wanted.kind === 'bond' && now.kind === 'bond') return oldBondOptions(wanted.options, now.options);
  if (wanted.kind === 'vlan' && now.kind === 'vlan') return [{ kind: 'vlan', bridgeBinding: now.bridgeBinding }];
  if (wanted.kind === 'vxlan' && now.kind === 'vxlan') {
    const { local, group } = now;
    const ends = {
      ...(wanted.local === undefined || local === undefined ? {} : { local }),
      ...(wanted.group === undefined || group === undefined ? {} : { group }),
    };
    return [{ kind: 'vxlan', ...ends, options: sameOptionsOf(wanted.options, now.options) }];
  }
  return [];
}

/** What only the new mode knows goes back while the bond still is in it. */
function oldBondOptions(wanted: BondOptions, now: BondOptions): DeviceOptions[] {
  const old = sameOptionsOf(wanted, now);
  const later = now.mode === undefined ? old : onlyInMode(old, now.mode);
  const first = Object.fromEntries(Object.entries(old).filter(([name]) => !Object.hasOwn(later, name)));
  return [first, later]
    .filter((options) => Object.keys(options).length > 0)
    .map((options) => ({ kind: 'bond', options }));
}
