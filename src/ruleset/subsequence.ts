/** Index into the current list and index into the desired list of one thing that stays. */
export type Pair = readonly [current: number, desired: number];

/** Beyond so many equal pairs (thousands of equal rules) each is paired with its own occurrence only. */
const MAX_PAIRS = 1_000_000;

interface Link {
  readonly pair: Pair;
  readonly before: Link | null;
}

/**
 * The longest list of pairs of equal keys that keeps the order of both lists; a null key equals nothing. What the two
 * have in common at both ends is taken first, the middle by Hunt and Szymanski: time grows with the number of equal
 * pairs, which is the number of entries as long as they differ from each other. Above `MAX_PAIRS` the answer is still a
 * common subsequence, but may not be the longest.
 */
export function longestCommonSubsequence(
  current: readonly (string | null)[],
  desired: readonly (string | null)[],
): Pair[] {
  const shorter = Math.min(current.length, desired.length);
  let head = 0;
  while (head < shorter && equal(current[head], desired[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && equal(current[current.length - 1 - tail], desired[desired.length - 1 - tail])) {
    tail += 1;
  }

  const pairs: Pair[] = [];
  for (let i = 0; i < head; i += 1) pairs.push([i, i]);
  const middle = align(current.slice(head, current.length - tail), desired.slice(head, desired.length - tail));
  for (const [i, j] of middle) pairs.push([i + head, j + head]);
  for (let i = tail; i > 0; i -= 1) pairs.push([current.length - i, desired.length - i]);
  return pairs;
}

const equal = (a: string | null | undefined, b: string | null | undefined): boolean => typeof a === 'string' && a === b;

function align(current: readonly (string | null)[], desired: readonly (string | null)[]): Pair[] {
  const places = placesByKey(current);
  const candidates = candidatesOf(desired, places);

  // ends[k]: the smallest current index at which a common subsequence of k + 1 pairs can end.
  const ends: number[] = [];
  const links: Link[] = [];
  for (const [j, list] of candidates.entries()) {
    for (let n = list.length - 1; n >= 0; n -= 1) {
      const i = list[n];
      if (i === undefined) continue;
      const length = firstAtLeast(ends, i);
      ends[length] = i;
      links[length] = { pair: [i, j], before: length === 0 ? null : (links[length - 1] ?? null) };
    }
  }

  const pairs: Pair[] = [];
  for (let link = links.at(-1) ?? null; link !== null; link = link.before) pairs.push(link.pair);
  return pairs.reverse();
}

function placesByKey(keys: readonly (string | null)[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [i, key] of keys.entries()) {
    if (key === null) continue;
    const list = places.get(key);
    if (list === undefined) places.set(key, [i]);
    else list.push(i);
  }
  return places;
}

/** For each desired entry the current indexes it may be paired with, ascending. */
function candidatesOf(
  desired: readonly (string | null)[],
  places: ReadonlyMap<string, readonly number[]>,
): (readonly number[])[] {
  const all = desired.map((key) => (key === null ? undefined : places.get(key)) ?? []);
  if (all.reduce((sum, list) => sum + list.length, 0) <= MAX_PAIRS) return all;

  const seen = new Map<string, number>();
  return desired.map((key, j) => {
    if (key === null) return [];
    const occurrence = seen.get(key) ?? 0;
    seen.set(key, occurrence + 1);
    return (all[j] ?? []).slice(occurrence, occurrence + 1);
  });
}

/** The index of the first number that is at least `value` in an ascending list; its length when there is none. */
function firstAtLeast(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = ascending[middle];
    if (found !== undefined && found < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
