import type { Rule, Verdict } from './ruleset.js';

/** What a rule needs to exist in its table before it can be added, and what cannot be deleted while it is there. */
export interface References {
  readonly chains: readonly string[];
  /** Names of sets and maps, which share one name space in the kernel. */
  readonly sets: readonly string[];
  readonly helpers: readonly string[];
}

export function referencesOf(rule: Rule): References {
  const chains: string[] = [];
  const sets: string[] = [];
  const helpers: string[] = [];
  for (const match of rule.matches) {
    if (match.kind === 'set') sets.push(match.set);
  }
  for (const statement of rule.statements) {
    if (statement.kind === 'dispatch') sets.push(statement.map);
    if (statement.kind === 'update') sets.push(statement.set);
    if (statement.kind === 'set helper') helpers.push(statement.helper);
    if (statement.kind === 'verdict') chains.push(...chainsOf(statement.verdict));
  }
  return { chains, sets, helpers };
}

/** The chain a verdict goes to, if any. */
export const chainsOf = (verdict: Verdict): string[] =>
  verdict.kind === 'jump' || verdict.kind === 'goto' ? [verdict.chain] : [];
