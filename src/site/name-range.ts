/** More interfaces than anybody has; far below what would exhaust the memory. */
export const MOST_NAMES = 4096;

const RANGE = /\[([0-9]{1,9})-([0-9]{1,9})\]/;

export const isNameRange = (name: string): boolean => RANGE.test(name);

/**
 * The names that `swp[1-3]` and `swp[1-2]s[0-3].100` stand for, as ifupdown2 expands them; a name without a range
 * stands for itself. Null when they are none, or more than `MOST_NAMES`.
 */
export function expandNameRange(name: string): string[] | null {
  const found = RANGE.exec(name);
  if (found === null) return [name];
  const [whole, from, to] = found;
  const [first, last] = [Number(from), Number(to)];
  const rests = expandNameRange(name.slice(found.index + whole.length));
  if (rests === null || last < first || (last - first + 1) * rests.length > MOST_NAMES) return null;
  const before = name.slice(0, found.index);
  return Array.from({ length: last - first + 1 }, (_, at) => `${before}${first + at}`).flatMap((head) =>
    rests.map((rest) => head + rest),
  );
}
