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
  /** The state before it is one in which no host may stay: half done, or past its time. */
  readonly halfDone?: true;
  /** A command that leads from the state before to one more that it may be recovered to. */
  readonly orElse?: readonly string[];
  /**
   * Others had changed the rules before: it may also be recovered to the state before with the rules of the one after. Nobody
   * keeps what others did.
   */
  readonly tampered?: true;
  /** What recovers it, without a word `recover`. */
  readonly recovery?: readonly string[];
}

/** Files of the site by their path; null takes one away. */
export type Files = Readonly<Record<string, string | null>>;

/** What happens on a host: by its administrator, or by somebody else. */
export type Step =
  | { readonly files: Files }
  | { readonly ringwall: readonly string[] }
  /** A command line that is killed before the first boundary whose name begins like that. */
  | { readonly killed: readonly string[]; readonly at: string }
  | { readonly ip: readonly string[] }
  | { readonly nft: readonly string[] }
  /** A file of the state directory is lost. */
  | { readonly lost: string }
  /** The machine starts anew: nothing is left but files. */
  | { readonly boot: true };

/** The network cards of each host. */
export const cards = ['en0', 'en1', 'en2'] as const;

export const CLUSTER = 'etc/pve/firewall/cluster.fw';
export const HOST = 'etc/pve/nodes/pve1/host.fw';
export const INTERFACES = 'etc/network/interfaces';

/** A change may close the way in of an administrator who is not there. */
export const apply: readonly string[] = ['apply', '--yes', '--force'];

/** A cluster file with an alias, a set and a group for the rules of hosts. */
export const cluster = `[OPTIONS]
enable: 1

[ALIASES]
mail 192.0.2.25

[IPSET office]
192.0.2.0/24
198.51.100.7

[group web]
IN ACCEPT -p tcp -dport 80
IN ACCEPT -p tcp -dport 8080
`;
