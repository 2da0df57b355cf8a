import { constants, endianness } from 'node:os';
import koffi from 'koffi';
import { Failure } from '../diagnostics/index.js';

// The process itself already has libc loaded; no file name to guess for glibc or musl.
const library = koffi.load(null);

/** What `-1` with `errno` becomes. */
export class SystemError extends Failure {
  /** For example `ENOENT`. */
  readonly errno: string;

  constructor(call: string, errno: number) {
    super('system-call', `the system call ${call} failed: ${errnoName(errno)}`);
    this.name = 'SystemError';
    this.errno = errnoName(errno);
  }
}

// Linux numbers that Node's table leaves out (uapi asm-generic/errno.h).
const extraErrnos: Readonly<Record<number, string>> = {
  71: 'EPROTO',
  85: 'ERESTART',
  93: 'EPROTONOSUPPORT',
  95: 'EOPNOTSUPP',
  117: 'EUCLEAN',
};
const errnoNames = new Map<number, string>();
// ENOTSUP and EWOULDBLOCK share their numbers with the names the kernel's headers prefer.
for (const [name, number] of Object.entries(constants.errno)) {
  if (name !== 'ENOTSUP' && name !== 'EWOULDBLOCK') errnoNames.set(number, name);
}
for (const [number, name] of Object.entries(extraErrnos)) errnoNames.set(Number(number), name);

/** The name of a positive errno, such as `ENOENT`; a number without a name is `errno 200`. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`;
}

type Argument = number | string | Uint8Array;
type Call = (...args: Argument[]) => number;

/** A libc function that answers -1 and sets errno on failure; interrupted calls are made again. */
function call(signature: string): Call {
  const name = /(\w+)\(/.exec(signature)?.[1] ?? signature;
  const native = library.func(signature);
  return (...args) => {
    for (;;) {
      const result = Number(native(...args));
      if (result >= 0) return result;
      const errno = koffi.errno();
      if (errno !== constants.errno.EINTR) throw new SystemError(name, errno);
    }
  };
}

const nativeSend = library.func('long send(int fd, const void *bytes, size_t length, int flags)');

export const libc = {
  socket: call('int socket(int domain, int type, int protocol)'),
  bind: call('int bind(int fd, const void *address, uint32_t length)'),
  setsockopt: call('int setsockopt(int fd, int level, int option, const void *value, uint32_t length)'),
  getsockopt: call('int getsockopt(int fd, int level, int option, _Inout_ uint8_t *value, _Inout_ uint8_t *length)'),
  send: call('long send(int fd, const void *bytes, size_t length, int flags)'),
  recv: call('long recv(int fd, _Inout_ uint8_t *bytes, size_t length, int flags)'),
  open: call('int open(const char *path, int flags)'),
  setns: call('int setns(int fd, int type)'),
  /** Never repeated: Linux has closed the descriptor even when it answers EINTR. */
  close: library.func('int close(int fd)') as (fd: number) => number,
} as const;

/**
 * `send` on a thread of the pool. errno belongs to that thread and cannot be asked for from here, so the answer only
 * says whether it failed. The caller keeps `bytes` alive and unchanged until then.
 */
export function sendOnPool(fd: number, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    nativeSend.async(fd, bytes, bytes.length, 0, (error: unknown, result: unknown) => {
      if (error !== null && error !== undefined) reject(error instanceof Error ? error : new Error(String(error)));
      else resolve(Number(result) >= 0);
    });
  });
}

/** Netlink headers are in host order and this code writes them little-endian. */
export function refuseBigEndian(order: 'LE' | 'BE' = endianness()): void {
  if (order === 'BE') {
    throw new Failure('big-endian-host', 'ringwall speaks netlink on little-endian machines only', {
      help: 'run it on an x86-64 or arm64 host',
    });
  }
}
