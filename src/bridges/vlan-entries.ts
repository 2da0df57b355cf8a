import type { VlanRange } from './bridge.js';
import type { VlanEntry } from './current.js';

/** The entries after ids were added as `entry` says: they have its flags now, and no other id is the PVID beside it. */
export function withVlans(entries: readonly VlanEntry[], entry: VlanEntry): VlanEntry[] {
  const others = withoutVlans(entries, entry).map((other) => (entry.pvid ? { ...other, pvid: false } : other));
  return joined([...others, entry]);
}

export const withoutVlans = (entries: readonly VlanEntry[], { first, last }: VlanRange): VlanEntry[] =>
  entries.flatMap((entry) => {
    if (last < entry.first || first > entry.last) return [entry];
    return [
      { ...entry, last: first - 1 },
      { ...entry, first: last + 1 },
    ].filter((part) => part.first <= part.last);
  });

/** The parts of entries that lie in a range. */
export const vlansWithin = (entries: readonly VlanEntry[], { first, last }: VlanRange): VlanEntry[] =>
  entries.flatMap((entry) => {
    const part = { ...entry, first: Math.max(entry.first, first), last: Math.min(entry.last, last) };
    return part.first <= part.last ? [part] : [];
  });

/** Sorted, neighbours with the same flags in one entry, as the kernel's compressed dump has them. */
function joined(entries: readonly VlanEntry[]): VlanEntry[] {
  const found: VlanEntry[] = [];
  for (const entry of [...entries].sort((a, b) => a.first - b.first)) {
    const before = found.at(-1);
    const fits = before !== undefined && before.last + 1 === entry.first && before.untagged === entry.untagged;
    if (fits && !before.pvid && !entry.pvid) found[found.length - 1] = { ...before, last: entry.last };
    else found.push(entry);
  }
  return found;
}

/** What takes a port from some entries to others: ids to take away, and entries to add, the PVID last. */
export function vlanDifference(
  now: readonly VlanEntry[],
  wanted: readonly VlanEntry[],
): { readonly gone: readonly VlanEntry[]; readonly added: readonly VlanEntry[] } {
  const gone = now.flatMap((entry) => wanted.reduce<VlanEntry[]>((left, other) => withoutVlans(left, other), [entry]));
  const same = (one: VlanEntry, other: VlanEntry): boolean =>
    one.pvid === other.pvid && one.untagged === other.untagged;
  const added = wanted.flatMap((entry) =>
    now.filter((other) => same(entry, other)).reduce<VlanEntry[]>((left, other) => withoutVlans(left, other), [entry]),
  );
  return { gone, added: [...added.filter(({ pvid }) => !pvid), ...added.filter(({ pvid }) => pvid)] };
}
