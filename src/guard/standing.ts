import type { CurrentLinks } from '../bridges/index.js';
import { ctState, type Ruleset, tcpFlag } from '../ruleset/index.js';
import { addressTypes, type Decision, follow, type Packet, type Passage, pathIn, pathOut } from '../simulate/index.js';
import { type Entry, entryOf } from './entry.js';
import type { Way } from './way.js';

/** What the node holds, or would hold. */
export interface Holding {
  /** Our tables; null when it is not known what they do. */
  readonly ruleset: Ruleset | null;
  readonly links: CurrentLinks;
}

/** How a way stands: open, without a link, or ended by a rule on the way in or back. */
export type Standing =
  | { readonly kind: 'open' }
  | { readonly kind: 'no link' }
  | { readonly kind: 'ended'; readonly decision: Decision; readonly passage: Passage; readonly back: boolean };

/**
 * Puts the packets of a way through the rules: the one that opens a connection, and, as of an open connection, one in
 * each direction. Rules that nobody knows end nothing.
 */
export function standingOf(way: Way, { ruleset, links }: Holding): Standing {
  const entry = entryOf(way, links);
  if (entry === null) return { kind: 'no link' };
  if (ruleset === null) return { kind: 'open' };
  const travels = [
    { packet: inward(way, entry, 'new'), path: pathIn(entry), back: false },
    { packet: inward(way, entry, 'established'), path: pathIn(entry), back: false },
    { packet: outward(way, entry), path: pathOut(entry), back: true },
  ];
  for (const { packet, path, back } of travels) {
    const { decision, passage } = follow(ruleset, packet, path);
    if (decision !== null && passage !== null && decision.verdict !== 'accept') {
      return { kind: 'ended', decision, passage, back };
    }
  }
  return { kind: 'open' };
}

const inward = (way: Way, { own }: Entry, state: 'new' | 'established'): Packet =>
  packet({
    way,
    state,
    source: way.remote.value,
    dest: own.value,
    ports: [way.remotePort, way.port],
    types: [addressTypes.unicast, addressTypes.local],
  });

const outward = (way: Way, { own }: Entry): Packet =>
  packet({
    way,
    state: 'established',
    source: own.value,
    dest: way.remote.value,
    ports: [way.port, way.remotePort],
    types: [addressTypes.local, addressTypes.unicast],
  });

/** Of ports and address types the source's comes first. */
interface Ends {
  readonly way: Way;
  readonly state: 'new' | 'established';
  readonly source: bigint;
  readonly dest: bigint;
  readonly ports: readonly [number | null, number | null];
  readonly types: readonly [number, number];
}

/** IP protocol numbers (IANA). */
const protocolNumber = { tcp: 6, udp: 17 } as const;
/** PACKET_HOST (uapi linux/if_packet.h) */
const TO_HOST = 0;

const packet = ({ way, state, source, dest, ports, types }: Ends): Packet => ({
  link: { source: null, dest: null, packetType: TO_HOST },
  network: {
    kind: 'ip',
    family: way.remote.family,
    source,
    dest,
    protocol: protocolNumber[way.protocol],
    transport: {
      kind: 'ports',
      source: ports[0],
      dest: ports[1],
      tcpFlags: state === 'new' ? tcpFlag.syn : tcpFlag.ack,
    },
  },
  state: ctState[state],
  sourceType: types[0],
  destType: types[1],
});
