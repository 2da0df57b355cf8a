import type { Field, Interval, Ruleset } from '../../../src/ruleset/index.js';
import { fields } from '../../../src/ruleset/index.js';

/** The addresses and ports a ruleset names, each range by its ends and their neighbours. */
export interface Named {
  readonly 4: readonly bigint[];
  readonly 6: readonly bigint[];
  readonly ports: readonly number[];
}

/** First and last of each interval, and one below and one above, as far as the field goes. */
export function edges(intervals: readonly Interval[], width: number): bigint[] {
  const last = (1n << BigInt(width)) - 1n;
  const all = intervals.flatMap(([from, to]) => [from - 1n, from, to, to + 1n]);
  return [...new Set(all)].filter((value) => value >= 0n && value <= last);
}

export function namedValues({ tables }: Ruleset): Named {
  const found = { ipv4_addr: new Set<bigint>(), ipv6_addr: new Set<bigint>(), inet_service: new Set<bigint>() };
  const note = (field: Field, intervals: readonly Interval[]): void => {
    const { type, width } = fields[field];
    if (type !== 'ipv4_addr' && type !== 'ipv6_addr' && type !== 'inet_service') return;
    for (const value of edges(intervals, width)) found[type].add(value);
  };
  for (const { chains, sets } of tables) {
    const elements = new Map(sets.map((set) => [set.name, set.elements]));
    for (const match of chains.flatMap(({ rules }) => rules).flatMap(({ matches }) => matches)) {
      if (match.kind === 'values') note(match.field, match.values);
      if (match.kind === 'set') note(match.field, elements.get(match.set) ?? []);
    }
  }
  return { 4: [...found.ipv4_addr], 6: [...found.ipv6_addr], ports: [...found.inet_service].map(Number) };
}
