import { type Change, describeRule } from './change.js';
import type { CurrentRule } from './current.js';
import { ruleDigest } from './digest.js';
import type { Operation, RulePosition, TableRef } from './operation.js';
import type { Rule } from './ruleset.js';
import { longestCommonSubsequence } from './subsequence.js';

export interface RuleSteps {
  readonly removals: readonly Operation[];
  readonly additions: readonly Operation[];
  readonly changes: readonly Change[];
}

/**
 * The steps from a chain's current rules to the desired ones. A rule with the digest of a desired one stays where it
 * is, with its handle and its counters, unless `keepable` says that what it refers to is made anew.
 */
export function diffRules(
  table: TableRef,
  chain: string,
  desired: readonly Rule[],
  current: readonly CurrentRule[],
  keepable: (rule: Rule) => boolean,
): RuleSteps {
  const kept = longestCommonSubsequence(
    current.map(({ digest }) => digest),
    desired.map((rule) => (keepable(rule) ? ruleDigest(rule) : null)),
  );

  const removals: Operation[] = [];
  const additions: Operation[] = [];
  const changes: Change[] = [];
  let nextCurrent = 0;
  let nextDesired = 0;
  for (const [i, j] of [...kept, [current.length, desired.length] as const]) {
    const gone = current.slice(nextCurrent, i);
    const fresh = desired.slice(nextDesired, j);
    const anchor = current[i];
    const position: RulePosition = anchor === undefined ? { at: 'end' } : { at: 'before', handle: anchor.handle };
    for (const { handle } of gone) removals.push({ kind: 'delete rule', table, chain, handle, origin: null });
    for (const rule of fresh) additions.push({ kind: 'add rule', table, chain, rule, position });
    changes.push(...gapChanges(table, chain, gone, fresh));
    nextCurrent = i + 1;
    nextDesired = j + 1;
  }
  if (kept.length === 0 && current.length > 0)
    return { removals: [{ kind: 'flush chain', table, chain }], additions, changes };
  return { removals, additions, changes };
}

/** A rule that goes and one that comes at the same place are one rule that was edited. */
function gapChanges(table: TableRef, chain: string, gone: readonly CurrentRule[], fresh: readonly Rule[]): Change[] {
  const written = fresh.map(
    (rule, index): Change => ({
      action: index < gone.length ? 'update' : 'create',
      kind: 'rule',
      table,
      name: chain,
      text: describeRule(rule),
      origin: rule.origin,
    }),
  );
  const deleted = gone.slice(fresh.length).map(
    (rule): Change => ({
      action: 'delete',
      kind: 'rule',
      table,
      name: chain,
      text: rule.comment ?? (rule.digest === null ? `foreign rule, handle ${rule.handle}` : `handle ${rule.handle}`),
      origin: null,
    }),
  );
  return [...written, ...deleted];
}
