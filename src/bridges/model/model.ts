import { isIPv4 } from 'node:net';
import type { CurrentAddress, CurrentLink, CurrentLinks, Forwarding, Route } from '../current.js';
import type { LinkOperation } from '../operation.js';
import { isSameAddress, isSameForwarding, isSameRoute, takesPlaceOf } from '../same.js';
import { withoutVlans, withVlans } from '../vlan-entries.js';
import { deleteLink, setMaster, setMtu, setSysctl, setUp } from './change.js';
import { createLink } from './create.js';
import { setDevice } from './set-device.js';
import { LinkState } from './state.js';

/**
 * What the kernel does with operations on links, as far as a plan must foresee it (spec interfaces.md 6.2): what an
 * operation takes along, and what is refused. It holds one state and changes it.
 */
export class LinkModel {
  readonly #state: LinkState;

  constructor(current: CurrentLinks) {
    this.#state = new LinkState(current);
  }

  state(): CurrentLinks {
    return this.#state.current();
  }

  link(name: string): CurrentLink | undefined {
    return this.#state.link(name);
  }

  get addresses(): readonly CurrentAddress[] {
    return this.#state.addresses;
  }

  get routes(): readonly Route[] {
    return this.#state.routes;
  }

  get forwarding(): readonly Forwarding[] {
    return this.#state.forwarding;
  }

  addressesOf(link: string): readonly CurrentAddress[] {
    return this.#state.addressesOf(link);
  }

  portsOf(master: string): CurrentLink[] {
    return this.#state.portsOf(master);
  }

  /** The VLAN devices on a link. */
  vlansOn(parent: string): CurrentLink[] {
    return this.#state.vlansOn(parent);
  }

  /** Performs one operation; answers the errno of a refusal, then nothing has changed, or null. */
  perform(operation: LinkOperation): string | null {
    switch (operation.kind) {
      case 'create link':
        return createLink(this.#state, operation);
      case 'add route':
      case 'replace route':
      case 'delete route':
        return this.#changeRoute(operation.kind, operation.route);
      default: {
        const link = this.link(operation.link);
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
        return deleteLink(this.#state, link);
      case 'set up':
        return setUp(this.#state, link, operation.up);
      case 'set master':
        return setMaster(this.#state, link, operation.master);
      case 'set mac':
        return this.#put({ ...link, mac: operation.mac });
      case 'set mtu':
        return setMtu(this.#state, link, operation.mtu);
      case 'set alias':
        return this.#put({ ...link, alias: operation.alias });
      case 'set device':
        return setDevice(this.#state, link, operation.device);
      case 'set port':
        if (link.port === null) return 'EOPNOTSUPP';
        return this.#put({ ...link, port: { ...link.port, ...operation.options } });
      case 'add vlans':
      case 'delete vlans': {
        // net/core/rtnetlink.c rtnl_bridge_setlink, rtnl_bridge_dellink
        if (operation.self ? link.device.kind !== 'bridge' : link.port === null) return 'EOPNOTSUPP';
        const changed = operation.kind === 'add vlans' ? withVlans : withoutVlans;
        return this.#put({ ...link, vlans: changed(link.vlans, operation.vlans) });
      }
      case 'add forwarding':
      case 'delete forwarding':
        return this.#changeForwarding(operation.kind, operation.entry);
      case 'add address': {
        const { address } = operation;
        if (this.addressesOf(link.name).some((known) => isSameAddress(known, address))) return 'EEXIST';
        if (!isIPv4(address.address) && link.sysctls['ipv6/disable_ipv6'] === 1) return 'EACCES';
        this.#state.addAddress({ ...address, link: link.name, permanent: true });
        return null;
      }
      case 'delete address': {
        const gone = this.addressesOf(link.name).find((known) => isSameAddress(known, operation.address));
        if (gone === undefined) return 'EADDRNOTAVAIL';
        this.#state.keepAddresses(link.name, (known) => known !== gone);
        return null;
      }
      case 'set sysctl':
        return setSysctl(this.#state, link, operation.name, operation.value);
    }
  }

  #put(link: CurrentLink): null {
    this.#state.put(link);
    return null;
  }

  #changeForwarding(kind: 'add forwarding' | 'delete forwarding', entry: Forwarding): string | null {
    const known = this.forwarding.some((other) => isSameForwarding(other, entry));
    if (kind === 'delete forwarding') {
      if (!known) return 'ENOENT';
      this.#state.keepForwarding((other) => !isSameForwarding(other, entry));
      return null;
    }
    if (known) return entry.of === 'self' ? 'EEXIST' : null;
    this.#state.addForwarding(entry);
    return null;
  }

  #changeRoute(kind: 'add route' | 'replace route' | 'delete route', route: Route): string | null {
    if (route.link !== null && this.link(route.link) === undefined) return 'ENODEV';
    if (kind === 'delete route') {
      if (!this.routes.some((known) => isSameRoute(known, route))) return 'ESRCH';
      this.#state.keepRoutes((known) => !isSameRoute(known, route));
      return null;
    }
    if (kind === 'add route' && this.routes.some((known) => takesPlaceOf(route, known))) return 'EEXIST';
    if (route.link !== null && this.link(route.link)?.up === false) return 'ENETDOWN';
    this.#state.keepRoutes((known) => !takesPlaceOf(route, known));
    this.#state.addRoute(route);
    return null;
  }
}
