import type { CurrentRule, CurrentRuleset } from './current.js';
import { ruleDigest } from './digest.js';
import type { TableRef } from './operation.js';
import type { Origin, Rule, Ruleset } from './ruleset.js';
import { longestCommonSubsequence } from './subsequence.js';

/** What the kernel's rules of one source line have counted, all of them together. */
export interface LineCount {
  readonly origin: Origin;
  /** The files ask for these rules no more: `origin` is the line they were applied from. */
  readonly stale: boolean;
  readonly packets: bigint;
  readonly bytes: bigint;
}

/**
 * The counters of our tables by source line, in the order of files and lines. A rule's comment in the kernel is the line
 * it was loaded from, so the line it stands on now is found as a plan finds it, by the digests of its chain: among the
 * rules of the `present` files, and what they do not ask for among those that were `applied`. A rule that no line asks
 * for, or that somebody else wrote, counts for none.
 */
export function countLines(current: CurrentRuleset, present: Ruleset, applied: Ruleset): LineCount[] {
  const counts = new Map<string, LineCount>();
  const [now, before] = [rulesByChain(present), rulesByChain(applied)];
  for (const table of current.tables) {
    for (const { name, rules } of table.chains) {
      const chain = keyOf(table, name);
      const asked = pairUp(rules, now.get(chain) ?? []);
      const wasAsked = pairUp(rules, before.get(chain) ?? []);
      for (const [index, { counter }] of rules.entries()) {
        const stale = !asked.has(index);
        const origin = (asked.get(index) ?? wasAsked.get(index))?.origin;
        if (counter === null || origin === undefined || origin === null) continue;
        const key = JSON.stringify([origin.file, origin.line, stale]);
        const { packets, bytes } = counts.get(key) ?? { packets: 0n, bytes: 0n };
        counts.set(key, { origin, stale, packets: packets + counter.packets, bytes: bytes + counter.bytes });
      }
    }
  }
  return [...counts.values()].sort(inOrder);
}

const keyOf = ({ family, name }: TableRef, chain: string): string => `${family} ${name} ${chain}`;

const rulesByChain = ({ tables }: Ruleset): ReadonlyMap<string, readonly Rule[]> =>
  new Map(tables.flatMap((table) => table.chains.map(({ name, rules }) => [keyOf(table, name), rules] as const)));

/** The rules that the kernel holds, by their index in its chain. */
function pairUp(held: readonly CurrentRule[], rules: readonly Rule[]): ReadonlyMap<number, Rule> {
  const pairs = longestCommonSubsequence(
    held.map(({ digest }) => digest),
    rules.map(ruleDigest),
  );
  return new Map(
    pairs.flatMap(([index, other]): [number, Rule][] => {
      const rule = rules[other];
      return rule === undefined ? [] : [[index, rule]];
    }),
  );
}

function inOrder(a: LineCount, b: LineCount): number {
  if (a.origin.file !== b.origin.file) return a.origin.file < b.origin.file ? -1 : 1;
  return a.origin.line - b.origin.line || Number(a.stale) - Number(b.stale);
}
