import { Failure } from '../diagnostics/index.js';
import type { Origin, RejectWith, Ruleset } from '../ruleset/index.js';
import { printRuleBody, spellOrigin, spellQueues } from '../ruleset/index.js';
import type { Site } from '../site/index.js';
import type { Decision, EvaluateOptions, Queue, Step } from './evaluate.js';
import { evaluate } from './evaluate.js';
import type { Packet } from './packet.js';
import { noMarks } from './packet.js';
import type { Passage } from './passage.js';
import { isRouted, pathBetween } from './path.js';
import type { Query } from './query.js';
import { packetOf } from './query-packet.js';
import { findZone } from './zones.js';

export interface Simulation {
  readonly verdict: 'ACCEPT' | 'DROP' | 'REJECT';
  /** What the sender of a refused packet gets back; null for nothing, and for a packet that is not refused. */
  readonly answer: RejectWith | null;
  /** The line that decided; null where none did: an implied rule, a default, or nothing at all. */
  readonly origin: Origin | null;
  /** Who decided, in words. */
  readonly reason: string;
  readonly trace: readonly TraceEntry[];
}

/** A rule the packet met, as plain data. */
export interface TraceEntry {
  /** Table family and hook: `bridge prerouting`. */
  readonly hook: string;
  readonly chain: string;
  /** The rule in nft's words, without its comment. */
  readonly rule: string;
  readonly origin: Origin | null;
  readonly note: string | null;
  readonly matched: boolean;
}

/**
 * What happens to a packet between two zones, and which line decides. Throws a `Failure` for a zone that is not there
 * or a query that describes no packet.
 */
export function simulate(ruleset: Ruleset, site: Site, query: Query, options: EvaluateOptions = {}): Simulation {
  const from = findZone(query.from, site);
  const to = findZone(query.to, site);
  const packet = packetOf(query, from, to, site);
  if (packet.network.kind !== 'ip' && isRouted(from, to)) throw staysOnBridge(query);
  const journey = follow(ruleset, packet, pathBetween(from, to), options);
  return {
    verdict: verdicts[journey.decision?.verdict ?? 'accept'],
    answer: journey.decision?.answer ?? null,
    origin: journey.decision?.origin ?? null,
    reason: reasonOf(journey, site),
    trace: traceOf(journey),
  };
}

const staysOnBridge = ({ from, to }: Query): Failure =>
  new Failure('not-routed', `ARP stays on its bridge: ${from} and ${to} are on two`, {
    help: 'name two zones of one bridge, or host',
  });

export interface Journey {
  /** The first result other than accept, else the last accept that a rule gave; null when no rule decided anything. */
  readonly decision: Decision | null;
  /** Where that was. */
  readonly passage: Passage | null;
  /** The rules it met on the way. */
  readonly encounters: readonly { readonly passage: Passage; readonly step: Step }[];
}

/** The rules of a journey in words. */
export const traceOf = ({ encounters }: Journey): TraceEntry[] =>
  encounters.map(({ step, passage }) => traceEntry(step, passage));

/** Takes a packet through one hook after the other. */
export function follow(
  ruleset: Ruleset,
  packet: Packet,
  path: readonly Passage[],
  options: EvaluateOptions = {},
): Journey {
  const encounters: Journey['encounters'][number][] = [];
  let marks = noMarks;
  let decision: Decision | null = null;
  let place: Passage | null = null;
  for (const passage of path) {
    const answer = evaluate(ruleset, packet, passage, marks, options);
    marks = answer.marks;
    encounters.push(...answer.steps.map((step) => ({ passage, step })));
    if (answer.decision === null || (answer.decision.verdict === 'accept' && answer.decision.rule === null)) continue;
    decision = answer.decision;
    place = passage;
    if (decision.verdict !== 'accept') break;
  }
  return { decision, passage: place, encounters };
}

/** What people call the outcomes. */
export const verdicts = { accept: 'ACCEPT', drop: 'DROP', reject: 'REJECT' } as const;

const traceEntry = ({ chain, rule, matched, element }: Step, passage: Passage): TraceEntry => ({
  hook: spellHook(passage),
  chain,
  rule: printRuleBody(rule),
  origin: rule.origin ?? element?.origin ?? null,
  note: rule.note ?? null,
  matched,
});

const spellHook = ({ family, hook }: Passage): string => `${family} ${hook}`;

function reasonOf({ decision, passage }: Journey, site: Site): string {
  if (decision === null || passage === null)
    return site.enabled ? 'no rule decided, so the packet passes' : 'the firewall of the cluster is off';
  const { chain, rule, origin, note, queue } = decision;
  const line = origin === null ? null : spellOrigin(origin);
  const what =
    rule === null
      ? 'the policy of the chain'
      : [line, note].filter((part) => part !== null).join(' ') || printRuleBody(rule);
  return `${what}, in chain ${chain} (${spellHook(passage)})${queue === null ? '' : `, then ${spellQueue(queue)}`}`;
}

/** `to queue 0-3 (100.fw:5)` */
const spellQueue = ({ origin, ...queue }: Queue): string =>
  `to queue ${spellQueues(queue)}${origin === null ? '' : ` (${spellOrigin(origin)})`}`;
