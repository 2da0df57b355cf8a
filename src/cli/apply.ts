import { apply as bringKernel, lineOf, type Preview, preview } from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { refuseClosed } from '../guard/index.js';
import { ask, canAsk } from './ask.js';
import { author } from './author.js';
import { describeDone, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { renderHooks } from './hooks.js';
import { withKernel } from './kernel.js';
import { desiredOf, type Loaded, loadForKernel, showNotes, showProblems, showWarnings } from './load.js';
import { showClosed } from './lock-out.js';
import { notYet } from './options.js';
import { administrator, keptWays } from './session.js';

export interface ApplyOptions {
  /** Seconds. */
  readonly confirm: number | undefined;
  readonly yes: boolean;
  readonly tolerant: boolean;
  /** Goes ahead where ways in would close. */
  readonly force: boolean;
  readonly keep: readonly string[];
  /** Run the commands of the interfaces files. */
  readonly runHooks: boolean;
}

/** Plans, asks on a terminal, commits and verifies. */
export async function apply(context: Context, options: ApplyOptions): Promise<number> {
  if (options.confirm !== undefined) {
    throw notYet('apply --confirm', 'apply without it; `ringwall rollback` goes back to the generation before');
  }
  const kept = keptWays(options.keep);
  const loaded = loadForKernel(context);
  showProblems(context, loaded);
  if (!options.tolerant) refuseErrors(loaded);
  const { sources, site } = loaded;
  const desired = desiredOf(context, loaded);

  const applied = await withKernel(context, async (world, within) => {
    const who = administrator(kept, within);
    const see = (seen: Preview): void => show(context, options, seen, sources);
    const { runHooks } = options;
    const ways = options.force ? undefined : who.ways;
    const request = { ...desired, sources, node: site.node, author: author(), ways, runHooks };
    if (options.yes || !canAsk()) return bringKernel(world, { ...request, review: { who, see } });
    // Nobody else is kept waiting while a person thinks: without the lock, so it is planned once more behind the answer.
    const seen = await preview(world, desired, who);
    see(seen);
    const idle = seen.changes.length === 0 && !(runHooks && seen.hooks.length > 0);
    if (!idle && !(await ask('Apply these changes?')))
      throw new Failure('declined', 'not applied: nothing was changed');
    return bringKernel(world, request);
  });
  showWarnings(context, applied.warnings);
  answer(context, { generation: applied.generation, changed: applied.changes.length, pending: null }, () =>
    describeDone(applied.generation, applied.changes),
  );
  return 0;
}

/** Shows a plan; refuses one that would close a way in. */
function show(context: Context, { force, runHooks }: ApplyOptions, seen: Preview, sources: Loaded['sources']): void {
  const { changes, warnings, notes, closed, hooks } = seen;
  showWarnings(context, warnings);
  showNotes(context, notes);
  if (!context.options.json) context.out.write(renderChanges(changes, context.out) + renderHooks(hooks, runHooks));
  if (force) showClosed(context, closed, sources);
  else refuseClosed(closed, (origin) => lineOf(sources, origin));
}

function refuseErrors({ summary: { errors } }: Loaded): void {
  if (errors === 0) return;
  throw new Failure('site-has-errors', `the site has ${errors} error${errors === 1 ? '' : 's'}: nothing was changed`, {
    help: 'correct the lines above, or use --tolerant to leave them inert and apply the rest',
  });
}
