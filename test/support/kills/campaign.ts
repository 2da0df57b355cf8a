import type { Change } from './change.js';
import { type Dump, differences, withRulesOf } from './dump.js';
import { Host } from './host.js';
import type { Victims } from './victims.js';

export interface Outcome {
  /** What each boundary comes before. */
  readonly boundaries: readonly string[];
  readonly kills: number;
  readonly old: number;
  readonly new: number;
  /** States that are neither, each in words. */
  readonly mixed: readonly string[];
}

/**
 * Kills a change at each of its boundaries, or at `most` of them that are spread over it, and looks after `recover`
 * whether the host is as before or as after the change.
 */
export async function campaign(change: Change, victims: Victims, most = Number.POSITIVE_INFINITY): Promise<Outcome> {
  const { command, recovery = ['recover'], code: expected = 0 } = change;
  let host = await prepare(change, victims);
  const again = async (): Promise<void> => {
    host.remove();
    host = await prepare(change, victims);
  };
  const recovered = async (): Promise<Dump> => {
    const { code, err } = await host.ringwall(recovery);
    if (code !== 0) throw new Error(`${change.name}: ${recovery.join(' ')}: exit code ${code}: ${err}`);
    return host.dump();
  };
  try {
    const before = await host.dump();
    // What recovers from a first change leaves the directory of records, whose making is a boundary.
    const isFirst = !host.hasRecords;
    const { code, err, passed: boundaries } = await host.ringwall(command);
    if (code !== expected) throw new Error(`${change.name}: exit code ${code}: ${err}`);
    const after = await host.dump();
    if ((differences(before, after).length === 0) !== (code !== 0)) {
      throw new Error(`${change.name}: ${code === 0 ? 'nothing was changed' : 'something stayed changed'}`);
    }
    const mixed = problem('recovered after the change', after, await recovered());
    await again();
    mixed.push(...problem('made again', before, await host.dump()));
    const old = change.halfDone ? [] : [before];
    if (change.orElse !== undefined) {
      await host.must(change.orElse);
      old.push(await host.dump());
      await again();
    }

    if (change.tampered) old.push(withRulesOf(before, after));
    const counts = { kills: 0, old: 0, new: 0 };
    for (const place of spread(boundaries.length, most)) {
      await victims.kill(host.line(command), place + 1);
      counts.kills += 1;
      const found = await recovered();
      if (isOneOf(old, found)) counts.old += 1;
      else if (isOneOf([after], found)) counts.new += 1;
      else mixed.push(`killed at ${place + 1} (${boundaries[place]}): ${describe([...old, after], found)}`);
      if (change.halfDone || isFirst || !isOneOf([before], found)) await again();
    }
    return { boundaries, ...counts, mixed };
  } finally {
    host.remove();
  }
}

/** A host in the state before the change, with the files of the change. */
async function prepare(change: Change, victims: Victims): Promise<Host> {
  const host = new Host(victims);
  try {
    for (const step of change.before) await host.take(step);
    host.write(change.edit ?? {});
    return host;
  } catch (error) {
    host.remove();
    throw error;
  }
}

/** Numbers from 0 to below `count`, evenly spread, the first and the last among them. */
const spread = (count: number, most: number): number[] => {
  const all = Array.from({ length: count }, (_, number) => number);
  if (count <= most) return all;
  return Array.from({ length: most }, (_, number) => Math.round((number * (count - 1)) / (most - 1)));
};

const isOneOf = (states: readonly Dump[], found: Dump): boolean =>
  states.some((state) => differences(state, found).length === 0);

const problem = (when: string, expected: Dump, found: Dump): string[] =>
  isOneOf([expected], found) ? [] : [`${when}: ${describe([expected], found)}`];

/** What differs from the state that is nearest. */
function describe(states: readonly Dump[], found: Dump): string {
  const [nearest] = states.toSorted((a, b) => differences(a, found).length - differences(b, found).length);
  if (nearest === undefined) return '';
  return differences(nearest, found)
    .map((part) => `${part}: ${firstDifference(nearest, found, part)}`)
    .join('; ');
}

/** What the first line that differs has from where it does so. */
function firstDifference(a: Dump, b: Dump, part: string): string {
  const [was = [], is = []] = [a, b].map((dump) => dump.get(part)?.split('\n'));
  const gone = was.find((line) => !is.includes(line)) ?? '';
  const come = is.find((line) => !was.includes(line)) ?? '';
  const at = [...gone].findIndex((character, place) => character !== come[place]);
  return [gone, come].map((line) => line.slice(Math.max(0, at - AROUND), Math.max(0, at) + AROUND)).join(' is ');
}

const AROUND = 60;

/** The last line of all campaigns. */
export function totalOf(outcomes: readonly Outcome[]): string {
  const all = outcomes.reduce(
    (sum, one) => ({
      boundaries: [...sum.boundaries, ...one.boundaries],
      kills: sum.kills + one.kills,
      old: sum.old + one.old,
      new: sum.new + one.new,
      mixed: [...sum.mixed, ...one.mixed],
    }),
    nothing,
  );
  return `${outcomes.length} changes: ${spellOutcome(all)}`;
}

const nothing: Outcome = { boundaries: [], kills: 0, old: 0, new: 0, mixed: [] };

export const spellOutcome = ({ boundaries, kills, old, new: fresh, mixed }: Outcome): string =>
  `${boundaries.length} boundaries, ${kills} kills: ${old} as before, ${fresh} as after, ${mixed.length} mixed`;
