import type { Ruleset } from '../../../src/ruleset/index.js';
import { ctState, spellIpv4, spellIpv6, spellMac, spellOrigin } from '../../../src/ruleset/index.js';
import type { Journey } from '../../../src/simulate/index.js';
import { follow, pathBetween, traceOf, verdicts } from '../../../src/simulate/index.js';
import { ipProtocol } from './frame.js';
import type { Sight } from './observe.js';
import { directionName, type End, isRouted, type Probe, protocolName, zoneOf } from './probe.js';

type Verdict = (typeof verdicts)[keyof typeof verdicts];

/** One packet on its way to one end, as the simulator and as the kernel sees it. */
export interface Pair {
  readonly direction: string;
  readonly protocol: string;
  readonly simulated: Verdict;
  readonly seen: Verdict;
  /** What came back, where nothing arrived. */
  readonly answer: Sight['answer'];
  readonly agrees: boolean;
  readonly probe: Probe;
  readonly to: End;
  readonly journey: Journey;
}

/**
 * The pairs of one packet: those ends only that it reaches when the host has no ruleset. What stops it there (an
 * address no host takes, a frame no bridge forwards) would make any drop look right.
 */
export function compare(ruleset: Ruleset, probe: Probe, bare: Sight, walled: Sight): Pair[] {
  return probe.to
    .filter((to) => bare.arrived.has(to))
    .map((to) => {
      const journey = follow(ruleset, probe.packet, pathBetween(zoneOf(probe.from), zoneOf(to)));
      const simulated = verdicts[journey.decision?.verdict ?? 'accept'];
      const answer = probe.to.length === 1 ? walled.answer : null;
      const seen = walled.arrived.has(to) ? 'ACCEPT' : answer !== null ? 'REJECT' : 'DROP';
      const asked = probe.to.length === 1 ? (journey.decision?.answer ?? null) : null;
      const refused = seen !== 'ACCEPT' && (answer === asked || (answer === null && !isAnswerable(probe)));
      const agrees = simulated === 'REJECT' ? refused : simulated === seen;
      const [direction, protocol] = [directionName(probe.from, to), protocolName(probe)];
      return { direction, protocol, simulated, seen, answer, agrees, probe, to, journey };
    });
}

/**
 * Does the kernel know the connection of this packet afterwards? A bridged one is confirmed behind the last chain
 * (nf_conntrack_bridge.c), one the node sent or routed already by the IP layer, before the bridge's own chains. Null
 * where the IP layer refused it: whether the answer confirms it depends on the answer (nf_ct_attach). What is invalid or
 * untracked belongs to none.
 */
export function leavesConnection({ journey, probe, to, simulated }: Pair): boolean | null {
  const { decision, passage } = journey;
  if (probe.packet.state === ctState.invalid || probe.packet.state === ctState.untracked) return false;
  if (decision === null || passage === null || decision.verdict === 'accept') return true;
  if (passage.family === 'inet') return simulated === 'REJECT' ? null : false;
  return (
    (probe.from === 'host' || isRouted(probe.from, to)) && (passage.hook === 'output' || passage.hook === 'postrouting')
  );
}

/**
 * Must the kernel answer this packet, and is the answer seen (RFC 1122 section 3.2.2, RFC 4443 section 2.4)?
 * A bridge answers nearly everything, the IP layer not so. To a link-local address no route of the test host leads.
 */
function isAnswerable({ packet: { network, destType } }: Probe): boolean {
  if (network.kind !== 'ip' || destType === BROADCAST || destType === MULTICAST) return false;
  const { source, family } = network;
  if (family === 6) return source >> 120n !== 0xffn && source >> 118n !== LINK_LOCAL && source > 1n;
  return source >> 28n < 0xen && source >> 24n !== 0n && source >> 24n !== 127n;
}

/** Address types of rtnetlink (uapi linux/rtnetlink.h). */
const BROADCAST = 3;
const MULTICAST = 5;
/** The first ten bits of fe80::/10. */
const LINK_LOCAL = 0x3fan;

/** A difference in words: packet, both verdicts, and the rules it met in the simulation. */
export function spellPair({ probe, to, simulated, seen, answer, journey }: Pair): string {
  const name = (end: End): string => (end === 'host' ? 'host' : `${end.zone.bridge}/${end.zone.port}`);
  const trace = traceOf(journey).map(
    ({ hook, chain, rule, origin }) =>
      `      ${hook} ${chain}: ${rule}${origin === null ? '' : ` # ${spellOrigin(origin)}`}`,
  );
  return [
    `${name(probe.from)} → ${name(to)} ${spellPacket(probe)}: simulator ${simulated} ${journey.decision?.answer ?? ''}, kernel ${seen} ${answer ?? ''}`,
    ...trace,
  ].join('\n');
}

function spellPacket({ packet: { network, link, state }, vlan }: Probe): string {
  const mac = link.source === null ? '' : ` from ${spellMac(link.source)}`;
  const tag = vlan === null ? '' : ` VLAN ${vlan}`;
  if (network.kind === 'arp') return `ARP of ${spellIpv4(network.senderAddress)}${mac}${tag}`;
  if (network.kind === 'other') return `EtherType 0x${network.etherType.toString(16)}${mac}${tag}`;
  const spell = network.family === 4 ? spellIpv4 : spellIpv6;
  const { transport, protocol } = network;
  const name = Object.entries(ipProtocol).find(([, number]) => number === protocol)?.[0] ?? `protocol ${protocol}`;
  const more =
    transport.kind === 'ports'
      ? ` ${transport.source} → ${transport.dest} flags ${transport.tcpFlags}`
      : transport.kind === 'icmp'
        ? ` type ${transport.type} code ${transport.code}`
        : '';
  return `${spell(network.source)} → ${spell(network.dest)} ${name}${more} state ${state}${mac}${tag}`;
}
