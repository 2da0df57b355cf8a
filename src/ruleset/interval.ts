/**
 * Closed intervals of unsigned integers: the one form for addresses, ports, protocols and every other number a packet
 * carries. IPv4 addresses are 32-bit, IPv6 128-bit, MAC addresses 48-bit values in network order.
 */
export type Interval = readonly [first: bigint, last: bigint];

/** The interval that holds one value. */
export const one = (value: bigint | number): Interval => [BigInt(value), BigInt(value)];

/** The interval from `first` to `last`, both included. */
export const range = (first: bigint | number, last: bigint | number): Interval => [BigInt(first), BigInt(last)];

/** Sorts, and joins what overlaps or touches: the kernel refuses overlapping elements of an interval set. */
export function merge(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const merged: [bigint, bigint][] = [];
  for (const [first, last] of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1n) {
      if (last > previous[1]) previous[1] = last;
    } else {
      merged.push([first, last]);
    }
  }
  return merged;
}

/** The values of `from` that are not in `taken`. Both must be merged. */
export function subtract(from: readonly Interval[], taken: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  for (const [first, last] of from) {
    let start = first;
    for (const [a, b] of taken) {
      if (b < start) continue;
      if (a > last) break;
      if (a > start) rest.push([start, a - 1n]);
      start = b + 1n;
      if (start > last) break;
    }
    if (start <= last) rest.push([start, last]);
  }
  return rest;
}

/** Is `value` in one of the merged intervals? Binary search. */
export function includes(intervals: readonly Interval[], value: bigint): boolean {
  let low = 0;
  let high = intervals.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const interval = intervals[middle];
    if (interval === undefined) return false;
    if (value < interval[0]) high = middle - 1;
    else if (value > interval[1]) low = middle + 1;
    else return true;
  }
  return false;
}

/** A number of `width` bits whose first `length` are set. */
export const prefixMask = (length: number, width: number): bigint =>
  ((1n << BigInt(length)) - 1n) << BigInt(width - length);

/** The prefix length when the interval is exactly one CIDR block of a `width`-bit space, else undefined. */
export function prefixLength([first, last]: Interval, width: number): number | undefined {
  const size = last - first + 1n;
  if ((size & (size - 1n)) !== 0n || (first & (size - 1n)) !== 0n) return undefined;
  return width - (size.toString(2).length - 1);
}
