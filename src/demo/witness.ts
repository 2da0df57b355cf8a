import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import {
  type Chain,
  type CurrentRuleset,
  chainsOf,
  isRefusal,
  type Rule,
  type Ruleset,
  referencesOf,
  ruleDigest,
  type Table,
  type TableFamily,
} from '../ruleset/index.js';

/** A rule that packets have met. */
export interface Sighting {
  readonly family: TableFamily;
  readonly chain: string;
  readonly rule: Rule;
}

/**
 * Which rules of `desired` counted packets between two readings, in the order in which a packet meets their chains. The
 * kernel must hold `desired`: a rule is known by its place and its digest, because a comment in the kernel may name the
 * line it had when it was written.
 */
export function countedBetween(desired: Ruleset, before: CurrentRuleset, after: CurrentRuleset): Sighting[] {
  const found = desired.tables.flatMap((table) => {
    const rank = hookRanks(table);
    return table.chains.flatMap((chain) => {
      const earlier = countersOf(before, table, chain);
      const later = countersOf(after, table, chain);
      return chain.rules.flatMap((rule, index) => {
        if ((later[index] ?? 0n) <= (earlier[index] ?? 0n)) return [];
        const sighting: Sighting = { family: table.family, chain: chain.name, rule };
        return [{ sighting, rank: rank.get(chain.name) ?? 0 }];
      });
    });
  });
  return found.sort((a, b) => a.rank - b.rank).map(({ sighting }) => sighting);
}

/**
 * The rule that decided a probe's fate: for one that got through the last rule that let it in, else the rule that
 * refused it. What a line or a policy says goes before what is implied, and rules that pass everything's background
 * (established connections, ARP, neighbour discovery) decide nothing. Null when no rule can have done it.
 */
export function deciding(seen: readonly Sighting[], passed: boolean): Sighting | null {
  const ending = seen.filter(({ rule }) => endOf(rule) === (passed ? 'accept' : 'refuse') && !isBackground(rule));
  const asked = ending.filter(({ rule }) => isAsked(rule));
  if (passed) return asked.at(-1) ?? ending.at(-1) ?? null;
  // What stations say on their own, such as which multicast groups they are in, ends in the noise filter meanwhile.
  return asked[0] ?? ending.find(({ rule }) => rule.note !== 'noise') ?? ending[0] ?? null;
}

/** Does something, and says which rules counted packets meanwhile. */
export async function witness<T>(
  nftables: NftablesPort,
  desired: Ruleset,
  act: () => Promise<T>,
): Promise<{ result: T; seen: Sighting[] }> {
  const before = await nftables.read();
  const result = await act();
  return { result, seen: countedBetween(desired, before, await nftables.read()) };
}

/** Notes of implied rules that let pass what every probe needs on its way; the compiler gives them. */
const background = new Set([
  'established',
  'not IP',
  'arp',
  'neighbor discovery',
  'icmpv6 errors',
  'igmp',
  'answer to a reject',
]);

const isBackground = ({ origin, note }: Rule): boolean => origin === null && note !== undefined && background.has(note);

/** A line asks for it, or a policy nobody wrote down. */
const isAsked = ({ origin, note }: Rule): boolean => origin !== null || note?.startsWith('policy_') === true;

/** What a packet's evaluation comes to with this rule; null when it goes on with others. */
function endOf({ statements }: Rule): 'accept' | 'refuse' | null {
  for (const statement of statements) {
    if (statement.kind === 'reject') return 'refuse';
    if (statement.kind !== 'verdict') continue;
    const { verdict } = statement;
    if (verdict.kind === 'accept') return 'accept';
    if (verdict.kind === 'drop' || chainsOf(verdict).some(isRefusal)) return 'refuse';
  }
  return null;
}

/** The packet counter of each desired rule of the chain; 0 for a rule without one. */
function countersOf(current: CurrentRuleset, { family, name }: Table, chain: Chain): bigint[] {
  const held = current.tables
    .find((table) => table.family === family && table.name === name)
    ?.chains.find((candidate) => candidate.name === chain.name)?.rules;
  return chain.rules.map((rule, index) => {
    const there = held?.[index];
    if (there?.digest !== ruleDigest(rule)) {
      throw new Failure('kernel-differs', `chain ${chain.name} in the kernel is not what the files say`, {
        help: 'apply first: counters can only be read for rules that are in force',
      });
    }
    return there.counter?.packets ?? 0n;
  });
}

/** Bridge hooks before a packet reaches the host's own, the host's, those on its way out (spec netlink.md 2.5). */
const ranks = {
  bridge: { prerouting: 1, input: 2, forward: 2, output: 4, postrouting: 5 },
  inet: { prerouting: 3, input: 3, forward: 3, output: 3, postrouting: 3 },
} as const;

/** For each chain when a packet comes to it: the latest of the hooks it is reached from. */
function hookRanks(table: Table): Map<string, number> {
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]));
  const dispatched = new Map(
    table.maps.map(({ name, elements }) => [name, elements.flatMap(({ verdict }) => chainsOf(verdict))]),
  );
  const found = new Map<string, number>();
  const reach = (name: string, rank: number): void => {
    if ((found.get(name) ?? 0) >= rank) return;
    found.set(name, rank);
    for (const rule of byName.get(name)?.rules ?? []) {
      const { chains, sets } = referencesOf(rule);
      for (const next of [...chains, ...sets.flatMap((set) => dispatched.get(set) ?? [])]) reach(next, rank);
    }
  };
  for (const { name, base } of table.chains) {
    if (base !== undefined) reach(name, ranks[table.family][base.hook]);
  }
  return found;
}
