import { readlinkSync } from 'node:fs';
import { Failure } from '../diagnostics/index.js';
import { libc, SystemError } from './libc.js';

const O_RDONLY_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;
/** Where `ip netns add` puts its names (iproute2); /run and /var/run are the same directory on every current system. */
const NAMESPACES = '/run/netns';

/**
 * Runs `open` with the calling thread in the named network namespace and comes back. Everything is synchronous: no
 * other JavaScript and no pool thread ever sees the other namespace. What was opened (a socket) stays there.
 */
export function inNamespace<T>(netns: string | undefined, open: () => T): T {
  if (netns === undefined) return open();
  const here = openNamespace('/proc/thread-self/ns/net', 'this process');
  try {
    const there = namespaceFile(netns);
    const before = readlinkSync('/proc/thread-self/ns/net');
    try {
      enter(there, netns);
      try {
        return open();
      } finally {
        comeBack(here, before, netns);
      }
    } finally {
      libc.close(there);
    }
  } finally {
    libc.close(here);
  }
}

/** Opens a named network namespace; the caller closes it. The name is checked, so it cannot lead elsewhere. */
export function namespaceFile(netns: string): number {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/.test(netns)) {
    throw new Failure('bad-netns-name', `${JSON.stringify(netns)} is not a name of a network namespace`, {
      help: 'use letters, digits, ".", "_" and "-"; `ip netns list` shows the names',
    });
  }
  return openNamespace(`${NAMESPACES}/${netns}`, netns);
}

function openNamespace(path: string, netns: string): number {
  try {
    return libc.open(path, O_RDONLY_CLOEXEC);
  } catch (error) {
    throw namespaceFailure(netns, error);
  }
}

function enter(fd: number, netns: string): void {
  try {
    libc.setns(fd, CLONE_NEWNET);
  } catch (error) {
    throw namespaceFailure(netns, error);
  }
}

/** A thread left in a foreign namespace would act on the wrong network from then on. */
function comeBack(fd: number, identity: string, from: string): void {
  libc.setns(fd, CLONE_NEWNET);
  if (readlinkSync('/proc/thread-self/ns/net') !== identity) {
    throw new Failure('netns-lost', `this thread did not come back from network namespace ${from}`);
  }
}

function namespaceFailure(netns: string, cause: unknown): unknown {
  if (!(cause instanceof SystemError)) return cause;
  switch (cause.errno) {
    // EINVAL: `ip netns add` was interrupted and left a file that is no namespace.
    case 'ENOENT':
    case 'EINVAL':
      return new Failure('no-such-netns', `there is no network namespace ${netns}`, {
        help: '`ip netns list` shows the names there are',
        cause,
      });
    case 'EPERM':
    case 'EACCES':
      return new Failure('no-permission', `entering network namespace ${netns} is not permitted`, {
        help: 'run as root',
        cause,
      });
    default:
      return new Failure('netns', `network namespace ${netns} cannot be entered: ${cause.message}`, { cause });
  }
}
