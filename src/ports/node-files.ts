import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { type FileAction, fileFailure } from './file-failure.js';
import type { Attributes, FileLock, Stamp, StateFiles } from './files.js';
import { takeFlock } from './flock.js';
import { unfinishedName } from './unfinished.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** The real file system. */
export const nodeFiles: StateFiles = {
  read: (path) => orAbsent('read', path, () => readRegularFile(path)),

  list: (path) =>
    orAbsent('list', path, () => {
      const names = readdirSync(path, { encoding: 'buffer' });
      return names.sort(Buffer.compare).map((name) => name.toString('utf8'));
    }),

  stamp: (path) => orNull('examine', path, ['ENOENT', 'ENOTDIR'], () => stampOf(path)),

  makeDirectory: (path) => {
    orFail('make', path, () => {
      const first = mkdirSync(path, { recursive: true, mode: 0o700 });
      // Undefined: all of it was there already.
      if (first !== undefined) syncDirectory(dirname(first));
    });
  },

  writeAtomically: (path, bytes) => {
    orFail('write', path, () => replaceFile(path, bytes, () => {}));
  },

  rewriteAtomically: (path, bytes) => {
    orFail('write', path, () => {
      const before = lstatSync(path);
      replaceFile(path, bytes, (fd) => takeOver(fd, before));
    });
  },

  rename: (from, to) => {
    orFail('rename', from, () => {
      renameSync(from, to);
      syncDirectory(dirname(to));
    });
  },

  remove: (path) => {
    orFail('remove', path, () => rmSync(path, { recursive: true, force: true }));
  },

  lock: (path) => orFail('lock', path, () => lockFile(path)),

  attributes: (path) => attributesOrNull(path),
};

/** `prepare` gets the new file before it takes the old one's place. */
function replaceFile(path: string, bytes: Uint8Array | string, prepare: (fd: number) => void): void {
  const fresh = unfinishedName(path, process.pid);
  rmSync(fresh, { force: true });
  try {
    const fd = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      prepare(fd);
      writeFileSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/**
 * Gives a new file the owner, group and permission bits of another. Only what differs is asked for: file systems without
 * owners of their own, such as pmxcfs, refuse to change them.
 */
function takeOver(fd: number, { uid, gid, mode }: Stats): void {
  const fresh = fstatSync(fd);
  if (fresh.uid !== uid || fresh.gid !== gid) fchownSync(fd, uid, gid);
  // chown(2) may take set-user-ID bits away, so the mode comes last.
  if (fresh.mode !== mode) fchmodSync(fd, mode & 0o7777);
}

function stampOf(path: string): Stamp {
  const { dev, ino, size, mtimeMs, mtimeNs, ctimeMs, ctimeNs } = statSync(path, { bigint: true });
  const later = mtimeMs > ctimeMs ? mtimeMs : ctimeMs;
  return { identity: [dev, ino, size, mtimeNs, ctimeNs].join(' '), modified: Number(later) };
}

/** A pipe nobody writes to and a device without end would keep the reader for ever: only files have an end. */
function readRegularFile(path: string): Uint8Array {
  // Without O_NONBLOCK the open itself waits for somebody to write to a pipe (fifo(7)).
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    // ENXIO is what open(2) says of a socket.
    if (!stat.isFile() && !stat.isDirectory()) throw Object.assign(new Error('read'), { code: 'ENXIO' });
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function lockFile(path: string): FileLock {
  // The file stays when the lock is released: removing it would let two holders lock two files of the same name.
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  let held = false;
  try {
    held = takeFlock(fd);
    if (!held) return { held: false, pid: holderOf(fd) };
    leavePid(fd);
  } finally {
    if (!held) closeSync(fd);
  }
  let open = true;
  return {
    held: true,
    release: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** For whoever finds the lock taken. The lock is held without it, too: a full disk must not keep anybody from going back. */
function leavePid(fd: number): void {
  try {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT', 'EIO'].includes(errnoOf(error))) throw error;
  }
}

/** The pid the holder wrote; null between its taking the lock and its writing, or when it could not write. */
function holderOf(fd: number): number | null {
  const text = readFileSync(fd, 'latin1');
  return /^\d{1,10}\n$/.test(text) ? Number(text) : null;
}

function attributesOf(path: string): Attributes {
  const stat = lstatSync(path);
  const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'link' : 'other';
  const { dev, ino, mode } = stat;
  return { kind, own: stat.uid === process.geteuid?.(), mode: mode & 0o7777, identity: `${dev} ${ino}` };
}

/** Makes a rename or a new name in the directory survive a power cut (fsync(2), NOTES). */
function syncDirectory(path: string): void {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function orFail<T>(action: FileAction, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw fileFailure(action, path, errnoOf(error), error);
  }
}

/** A link that leads nowhere is no missing file: somebody meant a file to be there. */
function orAbsent<T>(action: 'read' | 'list', path: string, act: () => T): T | null {
  const found = orNull(action, path, ['ENOENT', 'ENOTDIR'], act);
  if (found === null && attributesOrNull(path)?.kind === 'link') throw fileFailure(action, path, 'ENOLINK');
  return found;
}

const attributesOrNull = (path: string): Attributes | null =>
  orNull('examine', path, ['ENOENT', 'ENOTDIR'], () => attributesOf(path));

function orNull<T>(action: FileAction, path: string, absent: readonly string[], act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    const errno = errnoOf(error);
    if (absent.includes(errno)) return null;
    throw fileFailure(action, path, errno, error);
  }
}

/** The errno's name of a Node system error; anything else is a mistake of ours and goes on as it is. */
function errnoOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
