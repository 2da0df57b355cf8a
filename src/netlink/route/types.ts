import type { CurrentLinks, LinkOperation } from '../../bridges/index.js';
import { Failure } from '../../diagnostics/index.js';

/** Where a link can be moved: a namespace by name, or that of a process. */
export type LinkNamespace = { readonly name: string } | { readonly pid: number };

/** The links, addresses and routes of one network namespace, over rtnetlink and the files of /proc/sys/net. */
export interface RoutePort {
  /** Everything as it is now. A dump that was disturbed is taken again. */
  read(): Promise<CurrentLinks>;
  /**
   * Performs operations in their order, many at once. After one that is refused and has no excuse no more are sent, but
   * some that come after it may have been performed by then.
   */
  perform(operations: readonly LinkOperation[], excuse?: Excuse): Promise<Performed>;
  /** One alone. Rejects with RouteError when the kernel refuses, with Failure for a name or address that is none. */
  apply(operation: LinkOperation): Promise<void>;
  rename(link: string, name: string): Promise<void>;
  move(link: string, to: LinkNamespace): Promise<void>;
  close(): void;
}

/** Does a refusal of an operation not matter? */
export type Excuse = (operation: LinkOperation, failure: Failure) => boolean;

export interface Performed {
  /** So many operations, from the first, may have had an effect; the others had none. */
  readonly tried: number;
  /** The first that was refused and has no excuse. */
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly place: number;
  readonly failure: Failure;
}

/** The kernel refused a request. */
export class RouteError extends Failure {
  /** For example `EEXIST`. */
  readonly errno: string;
  /** The kernel's own words, where it has some. */
  readonly detail: string | null;

  constructor(request: string, errno: string, detail: string | null) {
    // A bond answers so to a slave that is up (bond_enslave in bond_main.c), rtnetlink to a process without the capability.
    const help = 'this process lacks CAP_NET_ADMIN, or the state of the link does not allow it';
    const advice = errno === 'EPERM' ? { help } : {};
    super('route-refused', `${request}: ${errno}${detail === null ? '' : ` (${detail})`}`, advice);
    this.name = 'RouteError';
    this.errno = errno;
    this.detail = detail;
  }
}
