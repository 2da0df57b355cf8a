import type { Interval } from '../../ruleset/index.js';
import { fromNetworkBytes, networkBytes } from './data-type.js';
import { ELEMENT_INTERVAL_END, type ElementAttributes } from './schema.js';
import { openIntervalNote } from './userdata.js';

/**
 * The elements of an interval set: each interval is a start and, one after its last value, an END. An interval that
 * reaches the type's largest value has no END; nft marks its start as open.
 */
export function intervalElements(intervals: readonly Interval[], length: number): ElementAttributes[] {
  const largest = (1n << BigInt(length * 8)) - 1n;
  const elements: ElementAttributes[] = [];
  for (const [first, last] of intervals) {
    const key = { value: networkBytes(first, length) };
    if (last === largest) {
      elements.push({ key, userdata: openIntervalNote });
    } else {
      elements.push({ key }, { key: { value: networkBytes(last + 1n, length) }, flags: ELEMENT_INTERVAL_END });
    }
  }
  return elements;
}

/** The closed intervals, sorted, that such elements mean; the kernel lists them in any order. */
export function closedIntervals(elements: readonly ElementAttributes[], length: number): Interval[] {
  const bounds = elements.map((element) => ({
    at: fromNetworkBytes(element.key?.value ?? Buffer.alloc(0)),
    end: ((element.flags ?? 0) & ELEMENT_INTERVAL_END) !== 0,
  }));
  // Where one interval ends and the next begins, the END comes first.
  bounds.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(b.end) - Number(a.end)));
  const intervals: Interval[] = [];
  let start: bigint | undefined;
  for (const { at, end } of bounds) {
    if (!end) start ??= at;
    else if (start !== undefined) {
      intervals.push([start, at - 1n]);
      start = undefined;
    }
  }
  if (start !== undefined) intervals.push([start, (1n << BigInt(length * 8)) - 1n]);
  return intervals;
}
