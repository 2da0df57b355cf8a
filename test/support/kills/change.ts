/** One change of a host that is killed at every boundary. */
export interface Change {
  readonly name: string;
  /** What leads to the state before it. */
  readonly before: readonly Step[];
  /** Files that are written before the command. */
  readonly edit?: Files;
  readonly command: readonly string[];
  /** The exit code when nobody kills it: 0, or 1 where a part is refused and all is taken back. */
  readonly code?: number;
}

/** Files of the site by their path; null takes one away. */
export type Files = Readonly<Record<string, string | null>>;

/** Files of the site, a command line of ringwall, or what somebody else does to the host. */
export type Step =
  | { readonly files: Files }
  | { readonly ringwall: readonly string[] }
  | { readonly ip: readonly string[] }
  | { readonly nft: readonly string[] };

/** The network cards of each host. */
export const cards = ['en0', 'en1', 'en2'] as const;

export const CLUSTER = 'etc/pve/firewall/cluster.fw';
export const HOST = 'etc/pve/nodes/pve1/host.fw';
export const INTERFACES = 'etc/network/interfaces';

/** A change may close the way in of an administrator who is not there. */
export const apply: readonly string[] = ['apply', '--yes', '--force'];
