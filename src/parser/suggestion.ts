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
    const distance = distanceOf(folded, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** How many slips are likely in a word of this length: none in a single letter, where every letter is one slip away. */
function farthest(length: number): number {
  return length === 1 ? 0 : Math.max(1, Math.floor(length / 3));
}

/** Names of one site often begin and end alike, which counts for nothing. */
function distanceOf(a: string, b: string, enough: number): number {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const [one, other] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return Math.max(strangers(one, other), strangers(other, one)) >= enough ? enough : editDistance(one, other, enough);
}

/** The characters of one text that the other has not at all: no edit brings in or takes away more than one of them. */
const strangers = (one: string, other: string): number =>
  [...one].reduce((count, character) => (other.includes(character) ? count : count + 1), 0);

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one text into the other, when fewer than
 * `enough`; else some number that is not. Cells further than that from the diagonal cannot count.
 */
function editDistance(a: string, b: string, enough: number): number {
  const width = b.length + 1;
  let [beforeLast, last, row] = [new Uint16Array(width), new Uint16Array(width), new Uint16Array(width)];
  for (let j = 0; j < width; j += 1) last[j] = j;
  let leastBefore = 0;
  for (let i = 1; i <= a.length; i += 1) {
    const from = Math.max(1, i - enough);
    const to = Math.min(b.length, i + enough);
    const here = a.charCodeAt(i - 1);
    const previous = i > 1 ? a.charCodeAt(i - 2) : -1;
    row[from - 1] = from === 1 ? i : enough;
    let least = i;
    for (let j = from; j <= to; j += 1) {
      const there = b.charCodeAt(j - 1);
      let cost = at(last, j - 1) + (here === there ? 0 : 1);
      cost = Math.min(cost, at(row, j - 1) + 1, j < i + enough ? at(last, j) + 1 : enough);
      if (j > 1 && previous === there && here === b.charCodeAt(j - 2)) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row[j] = cost;
      least = Math.min(least, cost);
    }
    [beforeLast, last, row] = [last, row, beforeLast];
    // A swap reaches back over one row, nothing over two.
    if (least >= enough && leastBefore >= enough) return enough;
    leastBefore = least;
  }
  return at(last, b.length);
}

const at = (row: Uint16Array, index: number): number => row[index] ?? Number.MAX_SAFE_INTEGER;
