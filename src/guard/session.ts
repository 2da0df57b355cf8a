import { endianness } from 'node:os';
import { parseAddress } from '../site/index.js';
import { type IpAddress, isSameAddress, type Way } from './way.js';

/** A TCP connection, seen from the node. */
export interface Connection {
  readonly own: IpAddress;
  readonly port: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
}

/** Reads `SSH_CONNECTION`, in which sshd names both ends: the client's address and port, then its own (ssh(1)). */
export function readSshConnection(text: string): Connection | null {
  const [client = '', clientPort = '', server = '', serverPort = '', ...more] = text.trim().split(' ');
  const remote = parseAddress(withoutZone(client));
  const own = parseAddress(withoutZone(server));
  const ports = [clientPort, serverPort].map((word) => (/^[0-9]{1,5}$/.test(word) ? Number(word) : 0));
  const [remotePort = 0, port = 0] = ports;
  if (remote === undefined || own === undefined || more.length > 0) return null;
  if (ports.some((number) => number < 1 || number > 65_535)) return null;
  return { own, port, remote, remotePort };
}

/** The link behind a link-local address, which tables of connections leave out. */
const withoutZone = (text: string): string => text.replace(/%.*$/, '');

/** TCP_ESTABLISHED (net/tcp_states.h) */
const ESTABLISHED = '01';

/** Reads the established connections of `/proc/net/tcp` or `/proc/net/tcp6` (proc_net_tcp.rst of the kernel). */
export function readConnections(text: string): Connection[] {
  return text.split('\n').flatMap((line): Connection[] => {
    const [, near, far, state] = /^\s*\d+: (\S+) (\S+) ([0-9A-F]{2}) /.exec(line) ?? [];
    if (near === undefined || far === undefined || state !== ESTABLISHED) return [];
    const own = readEnd(near);
    const remote = readEnd(far);
    return own === null || remote === null
      ? []
      : [{ own: own.address, port: own.port, remote: remote.address, remotePort: remote.port }];
  });
}

/** ::ffff:0:0/96, IPv4 on a socket for both (RFC 4291 section 2.5.5.2) */
const MAPPED = 0xffffn;

/** `0100007F:0016`: words of 32 bits in the byte order of the machine, then the port. */
function readEnd(text: string): { readonly address: IpAddress; readonly port: number } | null {
  const [, digits = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text) ?? [];
  if (digits === '') return null;
  const words = digits.match(/.{8}/g) ?? [];
  const bytes = words.map((word) => (endianness() === 'LE' ? word.match(/../g)?.reverse().join('') : word));
  const value = BigInt(`0x${bytes.join('')}`);
  const mapped = words.length === 4 && value >> 32n === MAPPED;
  const address: IpAddress =
    words.length === 1 || mapped ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };
  return { address, port: Number.parseInt(port, 16) };
}

/**
 * The ways of the SSH session a run belongs to. `said` is what `SSH_CONNECTION` says in the run itself and in its
 * ancestors, the nearest first: the first that is a connection of `established` is the one. What a terminal multiplexer
 * remembers may have ended since. Then any connection to the same port may be the one that took its place.
 */
export function sessionWays(said: readonly Connection[], established: readonly Connection[]): Way[] {
  const found = said.find((connection) => established.some((other) => isSame(connection, other)));
  const ports = new Set(said.map(({ port }) => port));
  const ways = found === undefined ? established.filter(({ port }) => ports.has(port)) : [found];
  return ways.map((connection): Way => ({ by: 'session', protocol: 'tcp', ...connection }));
}

const isSame = (a: Connection, b: Connection): boolean =>
  isSameAddress(a.own, b.own) &&
  a.port === b.port &&
  isSameAddress(a.remote, b.remote) &&
  a.remotePort === b.remotePort;
