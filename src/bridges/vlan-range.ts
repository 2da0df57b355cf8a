import type { VlanRange } from './bridge.js';

/** The VLAN every new port carries untagged (IFLA_BR_VLAN_DEFAULT_PVID); naming it again would make it tagged. */
export const DEFAULT_PVID = 1;

/** The same ids, sorted, and as few ranges as there can be. */
export function unionOfRanges(ranges: readonly VlanRange[]): VlanRange[] {
  const union: VlanRange[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = union.at(-1);
    if (before === undefined || first > before.last + 1) union.push({ first, last });
    else union[union.length - 1] = { first: before.first, last: Math.max(before.last, last) };
  }
  return union;
}

/** The ids of `ranges` that are in none of `others`; both sorted and apart. */
export function rangesWithout(ranges: readonly VlanRange[], others: readonly VlanRange[]): VlanRange[] {
  return others.reduce<VlanRange[]>(
    (left, other) =>
      left.flatMap((range) =>
        other.last < range.first || other.first > range.last
          ? [range]
          : [
              { first: range.first, last: other.first - 1 },
              { first: other.last + 1, last: range.last },
            ].filter(({ first, last }) => first <= last),
      ),
    [...ranges],
  );
}

export const withoutId = (ranges: readonly VlanRange[], id: number): VlanRange[] =>
  rangesWithout(ranges, [{ first: id, last: id }]);

/** As `bridge` and the files write it: `5`, `100-199`. */
export const spellRange = ({ first, last }: VlanRange): string => (first === last ? `${first}` : `${first}-${last}`);
