import { longestCommonSubsequence } from '../ruleset/index.js';

/** A line that only one of two texts has, with its number there, from 1. */
export interface LineChange {
  readonly action: 'create' | 'delete';
  readonly line: number;
  readonly text: string;
}

/** What goes stands before what comes in its place. */
export function diffLines(before: string, after: string): LineChange[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const changes: LineChange[] = [];
  let [from, to] = [0, 0];
  for (const [i, j] of [...longestCommonSubsequence(old, fresh), [old.length, fresh.length] as const]) {
    old.slice(from, i).forEach((text, at) => {
      changes.push({ action: 'delete', line: from + at + 1, text });
    });
    fresh.slice(to, j).forEach((text, at) => {
      changes.push({ action: 'create', line: to + at + 1, text });
    });
    [from, to] = [i + 1, j + 1];
  }
  return changes;
}
