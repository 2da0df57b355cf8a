import { Random } from '../agreement/random.js';
import { differences } from '../kills/dump.js';
import { type Change, drawChange, kinds } from './changes.js';
import { type Booted, type Command, type Ended, type Heard, Machine, type Which } from './machine.js';
import { drawMoment, Needs, reach, spellMoment } from './moment.js';
import { dumpFrom, References, spellDifferences } from './reference.js';
import { type Site, spellSite } from './sites.js';
import type { VolatileDisk } from './volatile-disk.js';

export interface Outcome {
  readonly cuts: number;
  /** Starts after a cut in a change that is kept when it ends: with what was there before, and with the change. */
  readonly old: number;
  readonly new: number;
  /** Starts after a cut that leaves no choice: nothing was to be kept, or the command had ended. */
  readonly certain: number;
  /** Starts that were cut short themselves. */
  readonly cutShort: number;
  /** Files that were written and not flushed, and how many of them were there after the cut. */
  readonly unflushed: { readonly written: number; readonly survived: number };
}

/** What may be in force after a cut: one site, or the old one and the new one. Null is none. */
type Possible = readonly [Site | null] | readonly [Site | null, Site | null];

/**
 * Cuts the power of a machine so many times, each time while a change is made or pending, and starts it anew: it must
 * hold what was kept last. The commands that had ended before tell what that is, not the records. Throws at the first
 * machine that holds something else; `tell` gets a line for each cut.
 */
export async function cutPower(
  disk: VolatileDisk,
  { cuts, seed }: { readonly cuts: number; readonly seed: number },
  tell: (line: string) => void,
): Promise<Outcome> {
  const random = new Random(seed);
  const needs = new Needs();
  const references = new References();
  const generations = new Map<number, Site>();
  const counts = { old: 0, new: 0, certain: 0, cutShort: 0 };
  const unflushed = { written: 0, survived: 0 };
  let possible: Possible = [null];
  let machine = new Machine(disk);

  const verify = async (): Promise<Site | null> => {
    const ended = await machine.ended('boot');
    const booted = await machine.booted();
    await references.ask(machine, null);
    const { site, generation } = siteInForce(ended, booted, possible, references);
    if (generation !== null && site !== null) generations.set(generation, site);
    if (booted.traces.flushed !== unflushed.written) throw new Error('the disk lost what was flushed');
    unflushed.survived = booted.traces.unflushed;
    if (possible.length === 1) counts.certain += 1;
    else counts[site === possible[0] ? 'old' : 'new'] += 1;
    possible = [site];
    return site;
  };

  const cut = (number: number): Promise<readonly Heard[]> => {
    // Numbers of its own: how many are drawn is a matter of chance.
    const sectors = new Random(seed * 1000 + number);
    const share = sectors.below(1001);
    return machine.cutPower(() => sectors.below(1000) < share);
  };

  try {
    let round: (typeof kinds)[number][] = [];
    for (let number = 1; number <= cuts; number += 1) {
      if (round.length === 0) round = random.sample(kinds, kinds.length);
      const kind = round.pop() ?? 'apply';
      const old = kind === 'boot' ? null : await verify();
      const change = drawChange(random, kind, { site: old, generations });
      if (change.keptBy !== null) await references.ask(machine, change.target);
      const ordered = change.commands.map((command) => machine.order(command));
      const moment = drawMoment(random, change, ordered);
      const word = wordOf(moment.of, change, ordered);
      await reach(moment, machine, disk, needs.of(word));
      const heard = await cut(number);
      needs.learn('recover --boot', 'boot', heard);
      for (const which of ordered) needs.learn(wordOf(which, change, ordered), which, heard);
      const failed = heard.find((event) => event.event === 'ended' && event.code !== 0);
      if (failed?.event === 'ended') throw new Error(`${word} failed: ${failed.err}`);
      if (kind === 'boot') counts.cutShort += 1;
      else {
        possible = possibleAfter(change, old, ordered, heard);
        unflushed.written += 1;
      }
      tell(
        `cut ${number}, ${change.kind}: ${spellMoment(moment, word)}; to be there: ${possible.map(spellSite).join(' or ')}`,
      );
      machine = new Machine(disk);
    }
    tell(`at the end: ${spellSite(await verify())}`);
    await cut(cuts + 1);
    return { cuts, ...counts, unflushed };
  } finally {
    machine.stop();
  }
}

function possibleAfter(
  change: Change,
  old: Site | null,
  ordered: readonly number[],
  heard: readonly Heard[],
): Possible {
  const keeps = change.keptBy === null ? undefined : ordered[change.keptBy];
  const happened = (event: Heard['event']): boolean => heard.some((one) => one.event === event && one.number === keeps);
  if (keeps === undefined || !happened('began')) return [old];
  return happened('ended') ? [change.target] : [old, change.target];
}

/** The possible site a machine holds that has just started, and the number of its generation. */
function siteInForce(
  { code, out, err }: Ended,
  { dump, record }: Booted,
  possible: Possible,
  references: References,
): { readonly site: Site | null; readonly generation: number | null } {
  const generation = record?.confirmed ?? null;
  const said = generation === null ? 'nothing was applied yet' : `generation ${generation} is in force\n`;
  if (code !== 0 || err !== '' || !out.startsWith(said)) {
    throw new Error(`recover --boot: exit code ${code}, "${out}${err}" and not "${said}"`);
  }
  if (record !== null && (record.applying !== null || record.pending !== null || record.current !== generation)) {
    throw new Error(`the position is not settled: ${JSON.stringify(record)}`);
  }
  const found = dumpFrom(dump);
  for (const site of possible) if (differences(references.of(site), found).length === 0) return { site, generation };
  const spelled = possible.map((site) => `not ${spellSite(site)}:\n${spellDifferences(references.of(site), found)}`);
  throw new Error(`generation ${generation} is in force, and that is\n${spelled.join('\n')}`);
}

/** What commands that need about the same have in common. */
function wordOf(which: Which, { commands }: Change, ordered: readonly number[]): string {
  const command: Command | undefined = which === 'boot' ? undefined : commands[ordered.indexOf(which)];
  if (command === undefined) return 'recover --boot';
  return command.args.includes('--confirm') ? 'apply --confirm' : (command.args[0] ?? '');
}
