import { frameTo, type Payload, tcpSyn4, udp4, udp6 } from '../raw-frames.js';
import type { FloodFrame } from './flood.js';
import type { Kind } from './witness.js';

/** The port that every site lets in over UDP, and ports that none does. */
export const OPEN = 5000;
export const CLOSED = [7, 2049, 4999, 5001, 9999] as const;

/** A machine: the link its frames are sent at, and who it says it is. */
export interface End {
  readonly link: string;
  readonly mac: string;
  readonly 4: string;
  readonly 6: string;
}

/** IPv4 and IPv6 to every closed port, also from other addresses. */
export const toClosed = (from: End, to: End, others: readonly string[] = []): Payload[] =>
  CLOSED.flatMap((port) =>
    [1234, 40_000].flatMap((source) => [
      ...[from[4], ...others].map((address) => udp4(address, to[4], source, port)),
      tcpSyn4(from[4], to[4], source, port),
      udp6(from[6], to[6], source, port),
    ]),
  );

export const matchClosed = `meta l4proto { tcp, udp } th dport { ${CLOSED.join(', ')} }`;

/** Puts payloads into frames. */
export const often = (from: End, to: End) => framed(from, to, false);
export const rarely = (from: End, to: End) => framed(from, to, true);

const framed =
  (from: End, to: End, rare: boolean) =>
  (payload: Payload): FloodFrame => ({ link: from.link, rare, frame: frameTo(to.mac, from.mac, payload) });

export const portsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** To the open port of a host, and to its closed ones. */
export const hostFrames = (from: End, to: End): FloodFrame[] => [
  ...portsFrom(10_000, 1000).map((port) => rarely(from, to)(udp4(from[4], to[4], port, OPEN))),
  ...toClosed(from, to, ['198.51.100.7']).map(often(from, to)),
];

export const hostKinds: readonly Kind[] = [
  { name: 'probes', forbidden: true, match: matchClosed },
  { name: 'allowed', forbidden: false, match: `meta l4proto udp th dport ${OPEN}` },
];
