import { createRequire } from 'node:module';
import { constants } from 'node:os';

const LOCK_EX = 2;
const LOCK_NB = 4;

type Flock = (fd: number) => boolean;
let loaded: Flock | undefined;

/**
 * flock(2): true when this descriptor now holds the lock, false when another one does. Node has no binding for it.
 * The kernel drops the lock when the descriptor closes, however the process ends, so a dead holder blocks nobody, as
 * the pid in a lock file would.
 */
export function takeFlock(fd: number): boolean {
  loaded ??= load();
  return loaded(fd);
}

/** Loaded at the first lock, so that commands without one start without native code. */
function load(): Flock {
  const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
  // Null is the process itself, which has libc loaded.
  const flock = koffi.load(null).func('int flock(int fd, int operation)');
  return (fd) => {
    if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
    const errno = koffi.errno();
    if (errno === constants.errno.EWOULDBLOCK) return false;
    throw Object.assign(new Error('flock'), { code: nameOf(errno) });
  };
}

const nameOf = (errno: number): string =>
  Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
