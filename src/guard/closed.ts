import type { Origin, Rule, Ruleset } from '../ruleset/index.js';
import type { Decision, Passage } from '../simulate/index.js';
import { managementWays } from './management.js';
import { type Holding, type Standing, standingOf } from './standing.js';
import { spellWay, type Way } from './way.js';

/** What a node holds now, and what it is to hold. */
export interface Outlook {
  readonly before: Holding;
  readonly after: Holding;
}

/** A way that is open now and would not be any more. */
export interface ClosedWay {
  readonly way: Way;
  /** Null when the links close it: the node's address is gone, or nothing leads back. */
  readonly ending: Ending | null;
}

/** What would end the packets of a way. */
export interface Ending {
  readonly verdict: 'DROP' | 'REJECT';
  /** The line that asks for it; null for what no line sets. */
  readonly origin: Origin | null;
  /** What an option or an implied rule is called, such as `policy_in`. */
  readonly note: string | null;
  /** Only the answer to the remote address is ended. */
  readonly back: boolean;
}

/**
 * The ways that would close: `ways`, and those of the management set that is to be in force. When no way is known by which
 * the administrator comes, it may be any of the set in force now, so these count as well.
 */
export function closedWays(ways: readonly Way[], { before, after }: Outlook): ClosedWay[] {
  const managed = [after, ...(ways.length === 0 ? [before] : [])].flatMap(({ ruleset }) =>
    ruleset === null ? [] : managementWays(ruleset),
  );
  const distinct = new Map([...ways, ...managed].map((way) => [spellWay(way), way]));
  return [...distinct.values()].flatMap((way): ClosedWay[] => {
    const standing = standingOf(way, after);
    if (standing.kind === 'open' || standingOf(way, before).kind !== 'open') return [];
    return [{ way, ending: endingOf(standing, after.ruleset) }];
  });
}

function endingOf(standing: Exclude<Standing, { kind: 'open' }>, ruleset: Ruleset | null): Ending | null {
  if (standing.kind === 'no link') return null;
  const { decision, passage, back } = standing;
  return {
    verdict: decision.verdict === 'reject' ? 'REJECT' : 'DROP',
    origin: decision.origin ?? setOrigin(decision, passage, ruleset),
    note: decision.note,
    back,
  };
}

/** Where a set is declared that an implied rule looks the packet up in, such as the blacklist. */
function setOrigin({ rule }: Decision, { family }: Passage, ruleset: Ruleset | null): Origin | null {
  const used = new Set(rule === null ? [] : setsOf(rule));
  const tables = (ruleset?.tables ?? []).filter((table) => table.family === family);
  return tables.flatMap(({ sets }) => sets).find(({ name }) => used.has(name))?.origin ?? null;
}

const setsOf = ({ matches }: Rule): string[] => matches.flatMap((match) => (match.kind === 'set' ? [match.set] : []));
