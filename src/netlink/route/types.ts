import { Failure } from '../../diagnostics/index.js';

/** The kernel's links, addresses and routes as they are. Names, never indexes: an index means nothing to people. */
export interface CurrentLink {
  readonly index: number;
  readonly name: string;
  /** What made it: `bridge`, `veth`, `dummy`, …; null for hardware and loopback. */
  readonly kind: string | null;
  /** Administratively up. */
  readonly up: boolean;
  /** Up and with a carrier. */
  readonly running: boolean;
  readonly mtu: number;
  /** Hardware address in lower case with colons; null where the device has none. */
  readonly address: string | null;
  /** The bridge, bond or VRF it belongs to. */
  readonly master: string | null;
  /** Index of the lower device or of the peer, which may be in another namespace. */
  readonly parentIndex: number | null;
  readonly alias: string | null;
}

export interface CurrentAddress {
  readonly link: string;
  readonly address: string;
  readonly prefixLength: number;
  /** RT_SCOPE_*: 0 universe, 253 link, 254 host. */
  readonly scope: number;
  /** IFA_F_* bits, such as 0x80 permanent. */
  readonly flags: number;
}

/** A unicast route with at most one next hop; others keep `type` and have no gateway. */
export interface CurrentRoute {
  readonly family: 4 | 6;
  /** Null is the default route. */
  readonly destination: Prefix | null;
  readonly gateway: string | null;
  readonly link: string | null;
  readonly table: number;
  readonly metric: number | null;
  /** RTPROT_*: 2 kernel, 3 boot, 4 static. */
  readonly protocol: number;
  /** RTN_*: 1 unicast, 2 local, 3 broadcast, 6 blackhole. */
  readonly type: number;
}

export interface Prefix {
  readonly address: string;
  readonly length: number;
}

export type NewLink =
  | { readonly kind: 'bridge'; readonly name: string }
  | { readonly kind: 'dummy'; readonly name: string }
  | { readonly kind: 'veth'; readonly name: string; readonly peer: string };

/** Where a link can be moved: a namespace by name, or that of a process. */
export type LinkNamespace = { readonly name: string } | { readonly pid: number };

/** One change; rtnetlink knows no transactions, so each is done or refused alone. */
export type RouteStep =
  | { readonly kind: 'create link'; readonly link: NewLink }
  | { readonly kind: 'delete link'; readonly link: string }
  | { readonly kind: 'set up'; readonly link: string; readonly up: boolean }
  /** Null releases the link. */
  | { readonly kind: 'set master'; readonly link: string; readonly master: string | null }
  | { readonly kind: 'set hardware address'; readonly link: string; readonly address: string }
  | { readonly kind: 'set mtu'; readonly link: string; readonly mtu: number }
  | { readonly kind: 'rename link'; readonly link: string; readonly name: string }
  | { readonly kind: 'move link'; readonly link: string; readonly to: LinkNamespace }
  | { readonly kind: 'add address' | 'delete address'; readonly link: string; readonly prefix: Prefix }
  | {
      readonly kind: 'add route' | 'delete route';
      /** Null is the default route of the gateway's family. */
      readonly destination: Prefix | null;
      readonly gateway: string | null;
      readonly link: string | null;
    };

/** rtnetlink of one network namespace. */
export interface RoutePort {
  readLinks(): Promise<CurrentLink[]>;
  readAddresses(): Promise<CurrentAddress[]>;
  readRoutes(): Promise<CurrentRoute[]>;
  /** Rejects with RouteError when the kernel refuses, with Failure for a name or address that is none. */
  apply(step: RouteStep): Promise<void>;
  close(): void;
}

/** The kernel refused a request. */
export class RouteError extends Failure {
  /** For example `EEXIST`. */
  readonly errno: string;
  /** The kernel's own words; null where the socket cannot ask for them. */
  readonly detail: string | null;

  constructor(request: string, errno: string, detail: string | null) {
    super('route-refused', `${request}: ${errno}${detail === null ? '' : ` (${detail})`}`);
    this.name = 'RouteError';
    this.errno = errno;
    this.detail = detail;
  }
}
