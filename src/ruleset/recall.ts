import type { CurrentChain, CurrentRuleset, CurrentTable } from './current.js';
import { ruleDigest } from './digest.js';
import type { Chain, Rule, Ruleset, Table } from './ruleset.js';

/**
 * The ruleset that the kernel holds, as a value: what a rule does is known by its digest from rulesets that have such a
 * rule. Null when something in the kernel is in none of them, because somebody else wrote it. A table that is switched
 * off is left out, as no chain of it is asked.
 */
export function recallRuleset({ tables }: CurrentRuleset, known: readonly Ruleset[]): Ruleset | null {
  const rules = new Map(
    known.flatMap((ruleset) =>
      ruleset.tables.flatMap(({ family, chains }) =>
        chains.flatMap((chain) => chain.rules.map((rule) => [`${family} ${ruleDigest(rule)}`, rule] as const)),
      ),
    ),
  );
  const recalled = tables.filter(({ dormant }) => dormant !== true).map((table) => recallTable(table, rules));
  return allOf(recalled, (found) => ({ tables: found }));
}

type KnownRules = ReadonlyMap<string, Rule>;

function recallTable({ family, name, chains, sets, maps }: CurrentTable, rules: KnownRules): Table | null {
  return allOf(
    chains.map((chain) => recallChain(chain, (digest) => rules.get(`${family} ${digest}`))),
    (found) => ({
      family,
      name,
      chains: found,
      sets: sets.map((set) => ({ ...set, origin: null })),
      maps: maps.map((map) => ({ ...map, elements: map.elements.map((element) => ({ ...element, origin: null })) })),
    }),
  );
}

function recallChain({ name, base, rules }: CurrentChain, find: (digest: string) => Rule | undefined): Chain | null {
  if (base === 'foreign') return null;
  return allOf(
    rules.map(({ digest }) => (digest === null ? null : (find(digest) ?? null))),
    (found) => ({ name, ...(base === undefined ? {} : { base }), rules: found }),
  );
}

/** What is made of the parts when none of them is null. */
function allOf<T, U>(parts: readonly (T | null)[], make: (parts: T[]) => U): U | null {
  const found = parts.filter((part) => part !== null);
  return found.length === parts.length ? make(found) : null;
}
