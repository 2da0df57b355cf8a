import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { VlanRange } from '../../../src/bridges/index.js';
import { rangesWithout, unionOfRanges } from '../../../src/bridges/vlan-range.js';

const idsOf = (ranges: readonly VlanRange[]): number[] =>
  ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at));

const ranges = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 9 })).map(([first, more]) => ({
    first,
    last: first + more,
  })),
  { maxLength: 6 },
);

it('a union holds each id once, in as few ranges as there can be', () => {
  fc.assert(
    fc.property(ranges, (some) => {
      const union = unionOfRanges(some);
      expect(idsOf(union)).toEqual([...new Set(idsOf(some))].sort((a, b) => a - b));
      for (const [at, { first }] of union.entries()) {
        const before = union[at - 1];
        if (before !== undefined) expect(first).toBeGreaterThan(before.last + 1);
      }
    }),
  );
});

it('what is left without others is the ids that are in none of them', () => {
  fc.assert(
    fc.property(ranges, ranges, (some, others) => {
      const taken = new Set(idsOf(others));
      expect(idsOf(rangesWithout(unionOfRanges(some), unionOfRanges(others)))).toEqual(
        idsOf(unionOfRanges(some)).filter((id) => !taken.has(id)),
      );
    }),
  );
});
