import { frameTo, tcpSyn4, udp4, udp6 } from '../raw-frames.js';
import { CLOSED, OPEN } from './sites.js';

/** Frames from 192.0.2.1 and others to 192.0.2.10: the first is for the open port, the others for closed ones. */
export const probesTo = (dest: string, source: string): Buffer[] =>
  [
    udp4('192.0.2.1', '192.0.2.10', 10_000, OPEN),
    ...CLOSED.flatMap((port) =>
      [1234, 40_000].flatMap((from) => [
        udp4('192.0.2.1', '192.0.2.10', from, port),
        udp4('198.51.100.7', '192.0.2.10', from, port),
        tcpSyn4('192.0.2.1', '192.0.2.10', from, port),
        udp6('2001:db8::1', '2001:db8::10', from, port),
      ]),
    ),
  ].map((packet) => frameTo(dest, source, packet));
