import type { MapElement, Origin, RejectWith, Rule, Ruleset, Statement, Verdict } from '../ruleset/index.js';
import { isRefusal } from '../ruleset/index.js';
import type { Sighting } from './fields.js';
import { keyOf } from './fields.js';
import { matches } from './match.js';
import type { Marks, Packet } from './packet.js';
import type { Passage } from './passage.js';
import type { TableIndex } from './table-index.js';
import { indexOf } from './table-index.js';

/** A rule the packet met in a chain. */
export interface Step {
  readonly chain: string;
  readonly rule: Rule;
  /**
   * All its conditions held, and its verdict map, if it looks one up, has an element for the packet. A rule for what
   * comes too fast never matches: a simulation is of one packet.
   */
  readonly matched: boolean;
  /** The element of the verdict map that sent the packet on, if the rule looked one up. */
  readonly element: MapElement | null;
}

/** What ended the packet's way through a base chain. */
export interface Decision {
  readonly verdict: 'accept' | 'drop' | 'reject';
  /** What the sender of a refused packet gets back; null for nothing. */
  readonly answer: RejectWith | null;
  readonly chain: string;
  /** Null when the base chain came to its end and its policy decided. */
  readonly rule: Rule | null;
  /** The line that asked for it: for a refusal, the line of the rule that called the reject chain. */
  readonly origin: Origin | null;
  readonly note: string | null;
  /** The accepted packet is handed to a program, which may still drop it; null where no rule does so. */
  readonly queue: Queue | null;
}

/** nfqueue numbers, and the line that asks for them. */
export interface Queue {
  readonly first: number;
  readonly last: number;
  readonly origin: Origin | null;
}

export interface HookAnswer {
  /** Null when no base chain stands in this hook; the packet passes. */
  readonly decision: Decision | null;
  readonly marks: Marks;
  readonly steps: readonly Step[];
}

export interface EvaluateOptions {
  /** Also record the rules that were looked at and did not match. */
  readonly everyRule?: boolean;
}

/**
 * Takes a packet through one hook: all base chains there in order of priority, until one drops or rejects. An accept
 * ends its base chain only. Log limits are never used up, and no rate is ever exceeded. A ruleset whose chains call each other in a circle, which the
 * kernel would not load, is an error.
 */
export function evaluate(
  { tables }: Ruleset,
  packet: Packet,
  passage: Passage,
  marks: Marks,
  { everyRule = false }: EvaluateOptions = {},
): HookAnswer {
  const bases = tables
    .filter(({ family }) => family === passage.family && (family === 'bridge' || packet.network.kind === 'ip'))
    .flatMap((table) => table.chains.map(({ name, base }) => ({ table: indexOf(table), name, base })))
    .flatMap(({ base, ...chain }) => (base?.hook === passage.hook ? [{ ...chain, ...base }] : []))
    .sort((a, b) => a.priority - b.priority);
  const walk = new Walk(packet, passage, marks, everyRule);
  let decision: Decision | null = null;
  for (const { table, name, policy } of bases) {
    const found: Decision = walk.through(table, name, []) ?? {
      verdict: policy,
      answer: null,
      chain: name,
      rule: null,
      origin: null,
      note: null,
      queue: null,
    };
    decision = decision === null ? found : together(decision, found);
    if (decision.verdict !== 'accept') break;
  }
  return { decision, marks: walk.marks, steps: walk.steps };
}

/** What counts of an accept and of what a later base chain says: a queue only adds to the line that let the packet in. */
function together(accepted: Decision, later: Decision): Decision {
  if (later.queue !== null && accepted.rule !== null) return { ...accepted, queue: later.queue };
  return later.rule !== null || later.verdict !== 'accept' ? later : accepted;
}

/** A rule that has sent the packet into another chain. */
interface Call {
  readonly chain: string;
  readonly rule: Rule;
}

/** How a rule leaves the packet: decided, out of this chain, or at the next rule. */
type Outcome = Decision | 'leave' | 'next';

class Walk {
  marks: Marks;
  readonly steps: Step[] = [];
  readonly #packet: Packet;
  readonly #passage: Passage;
  readonly #everyRule: boolean;

  constructor(packet: Packet, passage: Passage, marks: Marks, everyRule: boolean) {
    this.marks = marks;
    this.#packet = packet;
    this.#passage = passage;
    this.#everyRule = everyRule;
  }

  /** Null when the packet falls off the chain's end or returns from it. `calls` is how it got there. */
  through(table: TableIndex, name: string, calls: readonly Call[]): Decision | null {
    if (calls.some(({ chain }) => chain === name)) {
      throw new Error(`chains call each other: ${[...calls.map(({ chain }) => chain), name].join(' → ')}`);
    }
    for (const rule of table.chain(name).rules) {
      const sighting = { packet: this.#packet, passage: this.#passage, marks: this.marks };
      const holds = rule.matches.every((match) => matches(match, sighting, table));
      const element = holds ? lookUp(rule, sighting, table) : null;
      const matched = holds && element !== undefined && !rule.statements.some(({ kind }) => kind === 'update');
      if (matched || this.#everyRule) this.steps.push({ chain: name, rule, matched, element: element ?? null });
      if (!holds) continue;
      const outcome = this.#perform(rule, element, table, [...calls, { chain: name, rule }]);
      if (outcome === 'leave') return null;
      if (outcome !== 'next') return outcome;
    }
    return null;
  }

  #perform(rule: Rule, element: MapElement | null | undefined, table: TableIndex, calls: readonly Call[]): Outcome {
    for (const statement of rule.statements) {
      switch (statement.kind) {
        case 'counter':
        case 'limit':
        case 'log':
        case 'set helper':
          break;
        case 'update':
          return 'next';
        case 'set mark':
          this.#setMark(statement);
          break;
        case 'reject':
          return decide('reject', rule.origin, calls, statement.with);
        case 'queue': {
          const { first, last } = statement;
          return { ...decide('accept', rule.origin, calls), queue: { first, last, origin: rule.origin } };
        }
        case 'verdict':
          return this.#follow(statement.verdict, rule.origin, table, calls);
        case 'dispatch':
          return element == null ? 'next' : this.#follow(element.verdict, element.origin, table, calls);
      }
    }
    return 'next';
  }

  #follow(verdict: Verdict, origin: Origin | null, table: TableIndex, calls: readonly Call[]): Outcome {
    switch (verdict.kind) {
      case 'accept':
      case 'drop':
        return decide(verdict.kind, origin, calls);
      case 'return':
        return 'leave';
      case 'jump':
        return this.through(table, verdict.chain, calls) ?? 'next';
      case 'goto':
        return this.through(table, verdict.chain, calls) ?? 'leave';
    }
  }

  #setMark({ field, value }: Extract<Statement, { kind: 'set mark' }>): void {
    this.marks = field === 'meta mark' ? { ...this.marks, packet: value } : { ...this.marks, connection: value };
  }
}

/** The element of the verdict map the rule looks up; undefined where the map has none, null where there is no map. */
function lookUp(rule: Rule, sighting: Sighting, table: TableIndex): MapElement | null | undefined {
  const dispatch = rule.statements.find((statement) => statement.kind === 'dispatch');
  if (dispatch === undefined) return null;
  const key = keyOf(dispatch.field, sighting);
  return key === null ? undefined : table.element(dispatch.map, key);
}

/** The last of `calls` is the rule that decides. */
function decide(
  verdict: Decision['verdict'],
  origin: Origin | null,
  calls: readonly Call[],
  answer: Decision['answer'] = null,
): Decision {
  const refused = calls.findIndex(({ chain }) => isRefusal(chain));
  const asking = refused > 0 ? calls[refused - 1] : undefined;
  const deciding = calls.at(-1);
  if (deciding === undefined) throw new Error('a verdict needs a rule');
  const { chain, rule } = asking ?? deciding;
  return {
    verdict: refused < 0 ? verdict : 'reject',
    answer,
    chain,
    rule,
    origin: asking === undefined ? origin : asking.rule.origin,
    note: rule.note ?? null,
    queue: null,
  };
}
