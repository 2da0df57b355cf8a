import { type Payload, tagged, udp4, udp6 } from '../raw-frames.js';
import type { FloodFrame } from './flood.js';
import { type End, matchClosed, OPEN, often, portsFrom, rarely, toClosed } from './probes.js';
import type { Kind } from './witness.js';

/** `other` is a card of the guest's that comes and goes; nothing is let through to it or from it. */
export type Ends = Readonly<Record<'outside' | 'guest' | 'other', End>>;

/** The type of a tag of IEEE 802.1Q. */
const VLAN = 0x8100;
const plain = (payload: Payload): Payload => payload;
const withTag = (payload: Payload): Payload => tagged(VLAN, 7, payload);
const withTwo = (payload: Payload): Payload => withTag(tagged(VLAN, 8, payload));

const requests = (client: End, server: End, port: number): Payload[] => [
  udp4(client[4], server[4], port, OPEN),
  udp6(client[6], server[6], port, OPEN),
];
/** What only its request lets through. */
const answers = (client: End, server: End, port: number): Payload[] => [
  udp4(server[4], client[4], OPEN, port),
  udp6(server[6], client[6], OPEN, port),
];

/** Over a bridge, to a guest and from it: untagged, with a tag, and with two, which nothing is let through with. */
export function guestFrames({ outside, guest, other }: Ends): FloodFrame[] {
  const allowed = portsFrom(10_000, 20).flatMap((port) =>
    [plain, withTag].flatMap((dress, at) =>
      [[outside, guest] as const, [guest, outside] as const].flatMap(([client, server]) => [
        ...requests(client, server, port + 1000 * at)
          .map(dress)
          .map(rarely(client, server)),
        ...answers(client, server, port + 1000 * at)
          .map(dress)
          .map(rarely(server, client)),
      ]),
    ),
  );
  const forbidden = [plain, withTag, withTwo].flatMap((dress) =>
    [
      [outside, guest] as const,
      [guest, outside] as const,
      [outside, other] as const,
      [other, outside] as const,
    ].flatMap(([from, to]) => toClosed(from, to).map(dress).map(often(from, to))),
  );
  return [...allowed, ...forbidden];
}

const dresses = [
  { dress: 'IPv4', match: 'ether type ip' },
  { dress: 'IPv6', match: 'ether type ip6' },
  { dress: 'tagged IPv4', match: 'ether type 8021q meta protocol ip' },
  { dress: 'tagged IPv6', match: 'ether type 8021q meta protocol ip6' },
] as const;

/** By whom they are from and what they are dressed in. */
export const guestKinds = ({ outside, guest, other }: Ends): readonly Kind[] => [
  ...Object.entries({ outside, guest, other }).flatMap(([name, { mac }]) => [
    ...dresses.map(({ dress, match }) => ({
      name: `${dress} probes from ${name}`,
      forbidden: true,
      match: `ether saddr ${mac} ${match} ${matchClosed}`,
    })),
    { name: `nested probes from ${name}`, forbidden: true, match: `ether saddr ${mac} meta protocol ${VLAN}` },
  ]),
  ...Object.entries({ outside, guest }).flatMap(([name, { mac }]) =>
    dresses.flatMap(({ dress, match }) =>
      (['dport', 'sport'] as const).map((port) => ({
        name: `${dress} ${port === 'dport' ? 'requests' : 'answers'} from ${name}`,
        forbidden: false,
        match: `ether saddr ${mac} ${match} meta l4proto udp th ${port} ${OPEN}`,
      })),
    ),
  ),
];
