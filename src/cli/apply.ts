import {
  type Applied,
  type ApplyTimer,
  apply as bringKernel,
  confirm,
  lineOf,
  type Preview,
  preview,
  rollback,
  spellWayBack,
  startWatchmen,
  timeLeft,
  type World,
} from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { refuseClosed } from '../guard/index.js';
import { ask, canAsk } from './ask.js';
import { author } from './author.js';
import { describeDone, renderChanges } from './changes.js';
import { pendingJson } from './confirm.js';
import { answer, type Context } from './context.js';
import { countDown } from './countdown.js';
import { renderHooks } from './hooks.js';
import { withKernel } from './kernel.js';
import { type Judged, loadDesired, showNotes, showProblems, showWarnings } from './load.js';
import { showClosed } from './lock-out.js';
import { failedProbes, type Probe, readProbe } from './probe.js';
import { administrator, keptWays } from './session.js';
import { watchman } from './watchman.js';

export interface ApplyOptions {
  /** Seconds. */
  readonly confirm: number | undefined;
  /** Goes on from the change that is pending. */
  readonly extend: boolean;
  readonly probes: readonly string[];
  readonly yes: boolean;
  readonly tolerant: boolean;
  /** Goes ahead where ways in would close. */
  readonly force: boolean;
  readonly keep: readonly string[];
  /** Run the commands of the interfaces files. */
  readonly runHooks: boolean;
}

/** Plans, asks on a terminal, commits and verifies; with `--confirm` waits on a terminal until somebody confirms. */
export async function apply(context: Context, options: ApplyOptions): Promise<number> {
  const probes = options.probes.map(readProbe);
  refuseWithoutTimer(options);
  const kept = keptWays(options.keep);
  const loaded = loadDesired(context);
  showProblems(context, loaded);
  if (!options.tolerant) refuseErrors(loaded);
  const { sources, site, desired } = loaded;

  return withKernel(context, async (world, within) => {
    const timer = timerOf(context, world, options);
    const who = administrator(kept, within);
    const see = (seen: Preview): void => show(context, options, seen, sources);
    const { runHooks } = options;
    const ways = isBold(options) ? undefined : who.ways;
    const request = { ...desired, sources, node: site.node, author: author(), ways, runHooks, timer };
    if (options.yes || !canAsk()) {
      return finish(context, world, await bringKernel(world, { ...request, review: { who, see } }), probes);
    }
    // Nobody else is kept waiting while a person thinks: without the lock, so it is planned once more behind the answer.
    const seen = await preview(world, desired, who);
    see(seen);
    const idle = seen.changes.length === 0 && !(runHooks && seen.hooks.length > 0);
    if (!idle && !(await ask('Apply these changes?')))
      throw new Failure('declined', 'not applied: nothing was changed');
    return finish(context, world, await bringKernel(world, request), probes);
  });
}

function timerOf(context: Context, world: World, { confirm, extend }: ApplyOptions): ApplyTimer | undefined {
  if (confirm === undefined) return undefined;
  return {
    seconds: confirm,
    extend,
    startWatchmen: (generation) => startWatchmen(world, watchman(context), generation),
  };
}

/** Says what was done, and sees to it that what is pending is confirmed or taken back, as far as there is time for it. */
async function finish(context: Context, world: World, applied: Applied, probes: readonly Probe[]): Promise<number> {
  const { generation, changes, pending } = applied;
  showWarnings(context, applied.warnings);
  const done = { generation, changed: changes.length, pending: pendingJson(pending) };
  if (pending === null) {
    answer(context, done, () => describeDone(`generation ${generation}`, changes));
    return 0;
  }
  const failed = await failedProbes(world, probes);
  if (failed.length > 0) {
    await rollback(world, { author: author() });
    throw new Failure('probe-failed', `${failed.join('\n')}\n${spellWayBack(pending)}, which is in force again`);
  }
  answer(context, done, () => describeDone(`generation ${generation}`, changes));
  if (context.options.json) return 0;
  if (!canAsk()) {
    const seconds = Math.ceil(timeLeft(pending, world.clock) / 1000);
    context.err.write(`${spellWayBack(pending)} in ${seconds} s: \`ringwall confirm\` keeps it\n`);
    return 0;
  }
  const ending = await countDown(world, context.err, pending, () => confirm(world, null));
  if (ending === 'taken back') {
    throw new Failure('not-confirmed', `not confirmed: ${spellWayBack(pending)}, which is in force again`);
  }
  context.out.write(`generation ${generation} is confirmed\n`);
  return 0;
}

/** Shows a plan; refuses one that would close a way in. */
function show(context: Context, options: ApplyOptions, seen: Preview, sources: Judged['sources']): void {
  const { changes, warnings, notes, closed, hooks } = seen;
  showWarnings(context, warnings);
  showNotes(context, notes);
  if (!context.options.json)
    context.out.write(renderChanges(changes, context.out) + renderHooks(hooks, options.runHooks));
  if (isBold(options)) showClosed(context, closed, sources);
  else refuseClosed(closed, (origin) => lineOf(sources, origin));
}

/** May it close a way in? With a timer that opens again by itself. */
const isBold = ({ force, confirm }: ApplyOptions): boolean => force || confirm !== undefined;

function refuseWithoutTimer({ confirm, extend, probes }: ApplyOptions): void {
  if (confirm !== undefined || (!extend && probes.length === 0)) return;
  throw new Failure('usage', `--${extend ? 'extend' : 'probe'} goes with --confirm SECONDS`, { exit: 64 });
}

function refuseErrors({ summary: { errors } }: Judged): void {
  if (errors === 0) return;
  throw new Failure('site-has-errors', `the site has ${errors} error${errors === 1 ? '' : 's'}: nothing was changed`, {
    help: 'correct the lines above, or use --tolerant to leave them inert and apply the rest',
  });
}
