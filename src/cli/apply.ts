import { apply as bringKernel, preview } from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { ask, canAsk } from './ask.js';
import { author } from './author.js';
import { describeDone, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { desiredOf, type Loaded, loadForKernel, showNotes, showProblems, showWarnings } from './load.js';
import { notYet } from './options.js';
import { sessionAddress } from './session.js';

export interface ApplyOptions {
  /** Seconds. */
  readonly confirm: number | undefined;
  readonly yes: boolean;
  readonly tolerant: boolean;
}

/** Plans, asks on a terminal, commits and verifies. */
export async function apply(context: Context, options: ApplyOptions): Promise<number> {
  if (options.confirm !== undefined) {
    throw notYet('apply --confirm', 'apply without it; `ringwall rollback` goes back to the generation before');
  }
  const loaded = loadForKernel(context);
  showProblems(context, loaded);
  if (!options.tolerant) refuseErrors(loaded);
  const { sources, site } = loaded;
  const desired = desiredOf(context, loaded);

  const applied = await withKernel(context, async (world) => {
    const { changes, warnings, notes } = await preview(world, desired, sessionAddress());
    showWarnings(context, warnings);
    showNotes(context, notes);
    if (!context.options.json) context.out.write(renderChanges(changes, context.out));
    if (changes.length > 0 && !options.yes && canAsk() && !(await ask('Apply these changes?'))) {
      throw new Failure('declined', 'not applied: nothing was changed');
    }
    return bringKernel(world, { ...desired, sources, node: site.node, author: author() });
  });
  answer(context, { generation: applied.generation, changed: applied.changes.length, pending: null }, () =>
    describeDone(applied.generation, applied.changes),
  );
  return 0;
}

function refuseErrors({ summary: { errors } }: Loaded): void {
  if (errors === 0) return;
  throw new Failure('site-has-errors', `the site has ${errors} error${errors === 1 ? '' : 's'}: nothing was changed`, {
    help: 'correct the lines above, or use --tolerant to leave them inert and apply the rest',
  });
}
