import { ctState, tcpFlag } from '../../../src/ruleset/index.js';
import type { IpHeader } from '../../../src/simulate/index.js';
import { ipProtocol } from './frame.js';
import type { Layout } from './layout.js';
import { choose, directionsOf } from './matrix.js';
import type { Probe, Wish } from './probe.js';
import { withIcmp, withPorts } from './probe.js';
import type { Random } from './random.js';
import type { Named } from './values.js';

const { syn, ack, rst } = tcpFlag;
/** What a SYN that carries a marker takes of the sequence numbers: itself and 8 bytes. */
const SYN_LENGTH = 9;
const OUT_OF_WINDOW = 0x4000_0000;

/** `count` packets that begin something, over all directions. */
export function openers(layout: Layout, named: Named, random: Random, count: number): Wish[] {
  const directions = directionsOf(layout);
  const kinds = ([4, 6] as const).flatMap((family) => [
    (choice: ReturnType<typeof choose>) => withPorts(family, choice.addresses(family), ipProtocol.tcp, choice.ports),
    (choice: ReturnType<typeof choose>) => withPorts(family, choice.addresses(family), ipProtocol.udp, choice.ports),
    (choice: ReturnType<typeof choose>) => withIcmp(family, choice.addresses(family), family === 4 ? 8 : 128),
  ]);
  const whole = kinds.flatMap((kind) => directions.map((pairs) => ({ kind, pairs })));
  return random.sample(whole, count).flatMap(({ kind, pairs }): Wish[] => {
    const [from, to] = random.pick(pairs) ?? [];
    if (from === undefined || to === undefined) return [];
    return [{ from, to, network: kind(choose(layout, named, random, from, to)) }];
  });
}

/**
 * Leaves out what the kernel would take for the answer to an earlier one: protocols without ports have their addresses
 * alone to be told apart by, and rules name some ports more than once. ICMP messages have numbers of their own.
 */
export function withoutAnswers(probes: readonly Probe[]): Probe[] {
  const seen = new Set<string>();
  return probes.filter(({ packet: { network } }) => {
    if (network.kind !== 'ip' || network.transport.kind === 'icmp') return true;
    const { protocol, source, dest } = network;
    const ends = [`${source} ${portOf(network, 'source')}`, `${dest} ${portOf(network, 'dest')}`];
    if (seen.has([protocol, ...ends.toReversed()].join(' '))) return false;
    seen.add([protocol, ...ends].join(' '));
    return true;
  });
}

/** The answer to an opener, whose state tells whether the opener got through. */
export function reply(opener: Probe, passed: boolean): Wish[] {
  const { packet, from, to } = opener;
  const [back] = to;
  if (packet.network.kind !== 'ip' || back === undefined) return [];
  const network = answerTo(packet.network);
  // The host's own TCP ends at once what it knows nothing of.
  if (network.protocol === ipProtocol.tcp && (from === 'host' || back === 'host')) return [];
  return [
    { from: back, to: from, network, ...established(passed), after: begunBy(opener, packet.network, SYN_LENGTH) },
  ];
}

type Connections = ReadonlyMap<number, boolean | null>;

/**
 * What comes behind a reply: an ICMP error about the first packet, the third segment, and one out of the window. Each
 * map tells by the opener's id what the kernel knows, of the opener and of the reply. Nothing where it is not sure.
 */
export function later(opener: Probe, begun: Connections, replied: Connections, random: Random): Wish[] {
  const { packet, from, to, id } = opener;
  const [back] = to;
  const { network } = packet;
  if (network.kind !== 'ip' || back === undefined || network.transport.kind === 'none') return [];
  const passed = begun.get(id) === true;
  const answered = replied.get(id);
  if (answered === null || (passed && answered !== true)) return [];
  const { family } = network;
  const error = withIcmp(family, [network.dest, network.source], family === 4 ? 3 : 1, family === 4 ? 1 : 4);
  // A reply to what the kernel does not know begins a connection of its own, and the error speaks of that one.
  const state = passed || answered === true ? ctState.related : ctState.invalid;
  const about: Wish = { from: back, to: from, network: error, state, after: begunBy(opener, network, 0) };
  if (network.protocol !== ipProtocol.tcp || from === 'host' || back === 'host') return [about];
  const segment = (tcpFlags: number): IpHeader => {
    const ports = [portOf(network, 'source'), portOf(network, 'dest')] as const;
    return withPorts(family, [network.source, network.dest], network.protocol, ports, tcpFlags);
  };
  const third = { from, to: back, network: segment(ack), after: begunBy(opener, network, SYN_LENGTH) };
  if (!passed) return [about, third];
  const far = { from, to: back, network: segment(random.pick([ack, rst]) ?? ack) };
  return [
    about,
    { ...third, state: ctState.established },
    { ...far, state: ctState.invalid, after: begunBy(opener, network, OUT_OF_WINDOW) },
  ];
}

const established = (passed: boolean): Pick<Wish, 'state'> => (passed ? { state: ctState.established } : {});

const begunBy = ({ id }: Probe, header: IpHeader, advance: number) => ({ id, header, advance });

function answerTo(network: IpHeader): IpHeader {
  const { family, source, dest, protocol, transport } = network;
  if (transport.kind === 'icmp') return withIcmp(family, [dest, source], family === 4 ? 0 : 129);
  return withPorts(family, [dest, source], protocol, [portOf(network, 'dest'), portOf(network, 'source')], syn | ack);
}

const portOf = ({ transport }: IpHeader, end: 'source' | 'dest'): number =>
  transport.kind === 'ports' ? (transport[end] ?? 0) : 0;
