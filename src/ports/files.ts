/**
 * The file system as ringwall sees it. Paths are absolute. Every failure other than "not there" where null is allowed
 * is a `Failure` that names the path and the reason. Calls are synchronous: a run reads its files once, then computes.
 */
export interface Files {
  /** The file's bytes, or null when there is none. */
  read(path: string): Uint8Array | null;
  /** What tells whether a file is still the one that was read, links followed; null when there is none. */
  stamp(path: string): Stamp | null;
  /** The names in a directory in byte order, or null when there is no such directory. */
  list(path: string): string[] | null;
  /** Makes the directory and its parents, private to the owner (0700). */
  makeDirectory(path: string): void;
  /** Old content or new content, never a mix: temporary file, fsync, rename, fsync of the directory. Mode 0600. */
  writeAtomically(path: string, bytes: Uint8Array | string): void;
  /** Renames within one file system, then syncs the target's directory. */
  rename(from: string, to: string): void;
  /** Removes a file or a whole directory; nothing happens when it is not there. */
  remove(path: string): void;
  /** Takes an exclusive lock that ends with `release` or with the process; the holder's pid when it is taken. */
  lock(path: string): FileLock;
}

export interface Stamp {
  /** Another one for another file, and for another content as far as the file system tells. */
  readonly identity: string;
  /** When it was changed last, in milliseconds since the Unix epoch. */
  readonly modified: number;
}

export type FileLock = { readonly held: true; release(): void } | { readonly held: false; readonly pid: number | null };

/** What can be said about a path without following a symbolic link at its end. */
export interface Attributes {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Belongs to the user this process runs as. */
  readonly own: boolean;
  /** Permission bits, such as 0o700. */
  readonly mode: number;
  /** Another one for another file or directory of the same name. */
  readonly identity: string;
}

/** Files where it matters who else can read or write them: our own, and those of others that are written for them. */
export interface StateFiles extends Files {
  /** Null when there is nothing. */
  attributes(path: string): Attributes | null;
  /** As `writeAtomically`, for a file that is there: owner, group and permission bits stay, or nothing is written. */
  rewriteAtomically(path: string, bytes: Uint8Array): void;
}
