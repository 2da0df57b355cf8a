/** A file of Proxmox can declare ten thousand names and misspell as many: all pairs of them would take minutes. */
const MOST_CANDIDATES = 1000;

/**
 * The candidate that differs least from what was written, case aside, if it is near enough to have been meant; of very
 * many candidates only the first are looked at.
 */
export function nearest(written: string, candidates: Iterable<string>): string | null {
  const folded = written.toLowerCase();
  let best: string | null = null;
  let bestDistance = farthest(folded.length) + 1;
  let looked = 0;
  for (const candidate of candidates) {
    looked += 1;
    if (looked > MOST_CANDIDATES) break;
    if (Math.abs(candidate.length - folded.length) >= bestDistance) continue;
    const distance = editDistance(folded, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** How many slips are likely in a word of this length: none in a single letter, where every letter is one slip away. */
function farthest(length: number): number {
  return length === 1 ? 0 : Math.max(1, Math.floor(length / 3));
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other, when fewer than `enough`. */
function editDistance(a: string, b: string, enough: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  let leastBefore = 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    [beforeLast, last] = [last, row];
    // A swap reaches back over one row, nothing over two.
    if (least >= enough && leastBefore >= enough) return enough;
    leastBefore = least;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
