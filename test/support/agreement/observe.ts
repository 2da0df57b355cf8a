import { setTimeout as sleep } from 'node:timers/promises';
import type { RejectWith } from '../../../src/ruleset/index.js';
import { bytesOf } from './checksum.js';
import { datagramOf, frameOf, idIn, ipProtocol, keyResetBy, tcpKey, tcpNumber } from './frame.js';
import { bridgeOf, type End, isFlooded, type Probe } from './probe.js';
import { gatewayOf, type World } from './world.js';

/** What became of one packet. */
export interface Sight {
  readonly arrived: ReadonlySet<End>;
  /** What came back first that speaks of it. */
  readonly answer: RejectWith | 'something else' | null;
}

/** The longest way: in by one port, by the host out of another, and what is answered to that. */
const HOPS = 4;
/** How long one fence may take on the slowest machine. Milliseconds. */
const PATIENCE = 20_000;
/** No packet of a test has this number. */
const FENCE_ID = 0xfffff;
const ETHERNET_HEADER = 14;

/**
 * Sends all packets and gives what became of each, by id. A processor takes in packets in their order, one queue for
 * each hop: once a frame has come through that was sent last, all others are one hop further. The thread must stay on
 * one processor, as `onOneProcessor` has it.
 */
export async function observe(world: World, probes: readonly Probe[]): Promise<Map<number, Sight>> {
  const log = new Log(probes);
  for (const probe of probes) send(world, probe);
  for (let hop = 0; hop < HOPS; hop += 1) {
    sendFence(world);
    const end = Date.now() + PATIENCE;
    while (log.fences <= hop) {
      if (Date.now() > end) throw new Error('a frame between two ports that no rule knows does not arrive');
      await sleep(1);
      log.take(world);
    }
  }
  log.take(world);
  return new Map(probes.map(({ id }) => [id, log.sight(id)]));
}

/** ARP between two ports of one bridge that no rule knows. */
function sendFence(world: World): void {
  const { layout } = world;
  const [from, to] = layout.ports.filter(({ nic, zone }) => nic === null && zone.bridge === layout.bridges[0]?.name);
  if (from === undefined || to === undefined) throw new Error('a world has two ports that no rule knows');
  const network = { kind: 'arp', senderAddress: 0n, senderMac: from.mac } as const;
  const link = { source: from.mac, dest: to.mac, packetType: 0 };
  const packet = { link, network, state: 0, sourceType: 0, destType: 0 };
  world.cable(from).send(frameOf(packet, { id: FENCE_ID, tos: 0, vlan: null, after: null }));
}

function send(world: World, probe: Probe): void {
  const { from, to, packet } = probe;
  if (from !== 'host') {
    world.cable(from).send(frameOf(packet, probe));
    return;
  }
  const [end] = to;
  if (end === undefined || end === 'host') throw new Error('the host sends to ports only');
  const { network } = packet;
  if (network.kind === 'ip') {
    const gateway = isFlooded(packet) ? network.dest : gatewayOf(end)[network.family];
    world.datagrams.send(datagramOf(network, probe), network.family, gateway);
  } else {
    world.device(bridgeOf(world.layout, end)).send(frameOf(packet, probe));
  }
}

class Log {
  readonly #probes: ReadonlyMap<number, Probe>;
  readonly #segments: ReadonlyMap<number, Probe>;
  readonly #arrived = new Map<number, Set<End>>();
  readonly #answers = new Map<number, NonNullable<Sight['answer']>>();
  /** How many have come. */
  fences = 0;

  constructor(probes: readonly Probe[]) {
    this.#probes = new Map(probes.map((probe) => [probe.id, probe]));
    this.#segments = new Map(probes.filter(isSegment).map((probe) => [tcpKey(tcpNumber(probe)), probe]));
  }

  sight(id: number): Sight {
    return { arrived: this.#arrived.get(id) ?? new Set(), answer: this.#answers.get(id) ?? null };
  }

  /** Takes in what is there. */
  take(world: World): void {
    for (const port of world.layout.ports) {
      for (const frame of world.cable(port).drain()) {
        this.#frame(frame, port);
      }
    }
    for (const bridge of world.layout.bridges) {
      for (const frame of world.device(bridge).drain()) {
        const probe = this.#probes.get(idIn(frame) ?? 0);
        if (probe !== undefined && probe.packet.network.kind !== 'ip' && probe.from !== 'host')
          this.#note(probe.id, 'host');
      }
    }
    for (const { family, source } of world.arrivals) {
      for (const bytes of source.drain()) {
        this.#taken(bytes, family);
      }
    }
  }

  /** What came out of a cable: a packet of ours, or something that speaks of one. */
  #frame(frame: Buffer, port: End): void {
    const type = frame.readUInt16BE(12);
    const family = type === 0x0800 ? 4 : type === 0x86dd ? 6 : null;
    if (idIn(frame) === FENCE_ID) this.fences += 1;
    const datagram = frame.subarray(ETHERNET_HEADER);
    const probe = this.#speaksOf(frame, family === null ? null : resetIn(datagram, family));
    if (probe === undefined) return;
    const { network } = probe.packet;
    if (network.kind !== 'ip' || (family === network.family && carries(datagram, network))) this.#note(probe.id, port);
    else this.#answer(probe.id, family === null ? 'something else' : answerIn(payloadOf(datagram, family), family));
  }

  /** What the host took in: of what came from a port the packet itself, of its own an answer. */
  #taken(bytes: Buffer, family: 4 | 6): void {
    const probe = this.#speaksOf(bytes, family === 4 ? resetIn(bytes, 4) : keyResetBy(bytes));
    if (probe === undefined) return;
    if (probe.from === 'host') this.#answer(probe.id, answerIn(family === 4 ? payloadOf(bytes, 4) : bytes, family));
    else this.#note(probe.id, 'host');
  }

  #speaksOf(bytes: Buffer, reset: number | null): Probe | undefined {
    const id = idIn(bytes);
    if (id !== null) return this.#probes.get(id);
    return reset === null ? undefined : this.#segments.get(reset);
  }

  #answer(id: number, answer: NonNullable<Sight['answer']>): void {
    if (!this.#answers.has(id)) this.#answers.set(id, answer);
  }

  #note(id: number, end: End): void {
    const ends = this.#arrived.get(id) ?? new Set();
    this.#arrived.set(id, ends.add(end));
  }
}

const isSegment = ({ packet: { network } }: Probe): boolean =>
  network.kind === 'ip' && network.protocol === ipProtocol.tcp;

function carries(datagram: Buffer, { family, source, dest }: { family: 4 | 6; source: bigint; dest: bigint }): boolean {
  const length = family === 4 ? 4 : 16;
  const at = family === 4 ? 12 : 8;
  return datagram.subarray(at, at + 2 * length).equals(Buffer.concat([bytesOf(source, length), bytesOf(dest, length)]));
}

/** What `keyResetBy` gives for a packet. */
function resetIn(datagram: Buffer, family: 4 | 6): number | null {
  const protocol = datagram[family === 4 ? 9 : 6];
  return protocol === ipProtocol.tcp ? keyResetBy(payloadOf(datagram, family)) : null;
}

const payloadOf = (datagram: Buffer, family: 4 | 6): Buffer => datagram.subarray(family === 4 ? 20 : 40);

/** What refuses a packet, by type and code of the message (RFC 792, RFC 1812, RFC 4443); without a marker it is a reset. */
function answerIn(payload: Buffer, family: 4 | 6): NonNullable<Sight['answer']> {
  if (idIn(payload) === null) return 'tcp reset';
  const message = `${payload[0]}/${payload[1]}`;
  if (message === (family === 4 ? '3/3' : '1/4')) return 'port-unreachable';
  return message === (family === 4 ? '3/13' : '1/1') ? 'admin-prohibited' : 'something else';
}
