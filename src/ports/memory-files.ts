import process from 'node:process';
import { fileFailure } from './file-failure.js';
import type { FileLock, StateFiles } from './files.js';

/** What a test can make go wrong. */
export interface Trouble {
  /** How many bytes can still be written before the disk is full. */
  space?: number;
  /** Paths that, with everything below them, answer EACCES to every action. */
  forbidden?: readonly string[];
  /** The number of changing calls (make, write, rename, remove) that succeed; then one fails, or all later ones do. */
  changesLeft?: { count: number; errno: string; once: boolean };
}

export interface MemoryFiles extends StateFiles {
  trouble: Trouble;
  /** Everything there is: path to text, null for a directory. */
  dump(): Map<string, string | null>;
  /** Makes the path belong to somebody else, or gives it other permission bits. */
  setAttributes(path: string, attributes: { own?: boolean; mode?: number }): void;
}

interface Entry {
  /** Null for a directory. */
  readonly bytes: Uint8Array | null;
  own: boolean;
  mode: number;
  readonly identity: string;
}

/** A file system in memory with the same answers as the real one. */
export function memoryFiles(initial: Readonly<Record<string, string | Uint8Array>> = {}): MemoryFiles {
  let made = 0;
  const identity = (): string => {
    made += 1;
    return `memory ${made}`;
  };
  const directory = (): Entry => ({ bytes: null, own: true, mode: 0o700, identity: identity() });
  const entries = new Map<string, Entry>([['/', directory()]]);
  const locks = new Set<string>();
  const trouble: Trouble = {};

  const allow = (action: Parameters<typeof fileFailure>[0], path: string): void => {
    if (files.trouble.forbidden?.some((place) => path === place || path.startsWith(`${place}/`))) {
      throw fileFailure(action, path, 'EACCES');
    }
  };
  const change = (action: Parameters<typeof fileFailure>[0], path: string): void => {
    allow(action, path);
    const left = files.trouble.changesLeft;
    if (left === undefined) return;
    left.count -= 1;
    if (left.count === -1 || (left.count < -1 && !left.once)) throw fileFailure(action, path, left.errno);
  };
  const requireParent = (action: Parameters<typeof fileFailure>[0], path: string): void => {
    const parent = entries.get(parentOf(path));
    if (parent === undefined) throw fileFailure(action, path, 'ENOENT');
    if (parent.bytes !== null) throw fileFailure(action, path, 'ENOTDIR');
  };
  const below = (path: string): string[] => [...entries.keys()].filter((name) => name.startsWith(`${path}/`));

  const files: MemoryFiles = {
    trouble,

    read(path) {
      allow('read', path);
      const entry = entries.get(path);
      if (entry === undefined) return null;
      if (entry.bytes === null) throw fileFailure('read', path, 'EISDIR');
      return entry.bytes;
    },

    // Everything is as old as can be, and the content is all that tells two files apart.
    stamp(path) {
      allow('examine', path);
      const bytes = entries.get(path)?.bytes;
      return bytes == null ? null : { identity: Buffer.from(bytes).toString('base64'), modified: 0 };
    },

    list(path) {
      allow('list', path);
      if (entries.get(path)?.bytes !== null) return null;
      const names = [...entries.keys()].filter((name) => name !== '/' && parentOf(name) === path);
      return names
        .map((name) => Buffer.from(name.slice(name.lastIndexOf('/') + 1)))
        .sort(Buffer.compare)
        .map((name) => name.toString());
    },

    makeDirectory(path) {
      change('make', path);
      makeDirectories(path);
    },

    writeAtomically(path, content) {
      change('write', path);
      requireParent('write', path);
      write(path, typeof content === 'string' ? Buffer.from(content) : content, { own: true, mode: 0o600 });
    },

    rewriteAtomically(path, bytes) {
      change('write', path);
      const before = entries.get(path);
      if (before === undefined) throw fileFailure('write', path, 'ENOENT');
      if (!before.own) throw fileFailure('write', path, 'EPERM');
      write(path, bytes, { own: true, mode: before.mode });
    },

    rename(from, to) {
      change('rename', from);
      const entry = entries.get(from);
      if (entry === undefined) throw fileFailure('rename', from, 'ENOENT');
      requireParent('rename', to);
      if (below(to).length > 0) throw fileFailure('rename', from, 'ENOTEMPTY');
      for (const name of [from, ...below(from)]) {
        const moved = entries.get(name);
        entries.delete(name);
        if (moved !== undefined) entries.set(to + name.slice(from.length), moved);
      }
    },

    remove(path) {
      change('remove', path);
      for (const name of [path, ...below(path)]) entries.delete(name);
    },

    lock(path): FileLock {
      allow('lock', path);
      requireParent('lock', path);
      if (locks.has(path)) return { held: false, pid: process.pid };
      locks.add(path);
      if (!entries.has(path)) {
        entries.set(path, { bytes: new Uint8Array(), own: true, mode: 0o600, identity: identity() });
      }
      return { held: true, release: () => locks.delete(path) };
    },

    attributes(path) {
      allow('examine', path);
      const entry = entries.get(path);
      if (entry === undefined) return null;
      const { bytes, own, mode, identity } = entry;
      return { kind: bytes === null ? 'directory' : 'file', own, mode, identity };
    },

    dump: () =>
      new Map([...entries].map(([path, { bytes }]) => [path, bytes === null ? null : Buffer.from(bytes).toString()])),

    setAttributes(path, attributes) {
      const entry = entries.get(path);
      if (entry === undefined) throw fileFailure('examine', path, 'ENOENT');
      Object.assign(entry, attributes);
    },
  };

  const write = (path: string, content: Uint8Array, attributes: Pick<Entry, 'own' | 'mode'>): void => {
    if (entries.get(path)?.bytes === null) throw fileFailure('write', path, 'EISDIR');
    const { space } = files.trouble;
    if (space !== undefined) {
      if (content.length > space) throw fileFailure('write', path, 'ENOSPC');
      files.trouble.space = space - content.length;
    }
    entries.set(path, { bytes: Uint8Array.from(content), ...attributes, identity: identity() });
  };

  const makeDirectories = (path: string, wanted = path): void => {
    const found = entries.get(path);
    if (found === undefined) {
      makeDirectories(parentOf(path), wanted);
      entries.set(path, directory());
    } else if (found.bytes !== null) {
      throw fileFailure('make', wanted, 'ENOTDIR');
    }
  };

  for (const [path, content] of Object.entries(initial)) {
    makeDirectories(parentOf(path));
    files.writeAtomically(path, content);
  }
  return files;
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
