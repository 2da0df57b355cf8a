import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interval } from '../../../src/ruleset/index.js';
import { includes, merge, prefixLength, range, subtract } from '../../../src/ruleset/index.js';

const WIDTH = 8;
const SPACE = 1 << WIDTH;
const all = Array.from({ length: SPACE }, (_, value) => value);

const interval = fc
  .tuple(fc.nat(SPACE - 1), fc.nat(SPACE - 1))
  .map(([a, b]): Interval => range(Math.min(a, b), Math.max(a, b)));
const intervals = fc.array(interval, { maxLength: 8 });

/** The values of any list of intervals, one by one. */
const bits = (list: readonly Interval[]): boolean[] =>
  all.map((value) => list.some(([first, last]) => first <= BigInt(value) && BigInt(value) <= last));

/** Sorted, apart from each other, and none empty: the only list of intervals with these values. */
function expectCanonical(list: readonly Interval[]): void {
  for (const [index, [first, last]] of list.entries()) {
    expect(first <= last).toBe(true);
    const previous = list[index - 1];
    if (previous !== undefined) expect(first > previous[1] + 1n).toBe(true);
  }
}

describe('against bit sets', () => {
  it('merge keeps the values and has one form for them', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const merged = merge(list);
        expect(bits(merged)).toEqual(bits(list));
        expectCanonical(merged);
        expect(merge([...list].reverse())).toEqual(merged);
        expect(merge(merged)).toEqual(merged);
      }),
    );
  });

  it('subtract takes away exactly the values of the second', () => {
    fc.assert(
      fc.property(intervals, intervals, (from, taken) => {
        const rest = subtract(merge(from), merge(taken));
        const gone = bits(taken);
        expect(bits(rest)).toEqual(bits(from).map((held, value) => held && !gone[value]));
        expectCanonical(rest);
      }),
    );
  });

  it('includes finds every value, and no other', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const merged = merge(list);
        expect(all.map((value) => includes(merged, BigInt(value)))).toEqual(bits(list));
      }),
    );
  });

  it('prefixLength knows the blocks of a prefix, and nothing else', () => {
    for (const first of all) {
      for (const last of all.slice(first)) {
        const size = last - first + 1;
        const isBlock = Math.log2(size) % 1 === 0 && first % size === 0;
        expect(prefixLength(range(first, last), WIDTH)).toBe(isBlock ? WIDTH - Math.log2(size) : undefined);
      }
    }
  });
});

describe('wide spaces', () => {
  const end = (1n << 128n) - 1n;
  it('the whole of IPv6', () => {
    expect(prefixLength([0n, end], 128)).toBe(0);
    expect(prefixLength([0n, (1n << 32n) - 1n], 32)).toBe(0);
    expect(subtract([[0n, end]], [[5n, 5n]])).toEqual([
      [0n, 4n],
      [6n, end],
    ]);
    expect(subtract([[0n, end]], [[0n, end]])).toEqual([]);
    expect(
      merge([
        [end, end],
        [0n, end - 1n],
      ]),
    ).toEqual([[0n, end]]);
  });

  it('nothing merged, taken away or searched is nothing', () => {
    expect(merge([])).toEqual([]);
    expect(subtract([], [[0n, 9n]])).toEqual([]);
    expect(includes([], 0n)).toBe(false);
  });
});
