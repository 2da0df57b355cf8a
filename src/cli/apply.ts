import { applyRuleset, preview } from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { ask, canAsk } from './ask.js';
import { author } from './author.js';
import { describeDone, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { type Loaded, loadForKernel, showProblems, showWarnings } from './load.js';
import { notYet } from './options.js';

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
  const { compiled, sources, site } = loaded;

  const applied = await withKernel(context, async (world) => {
    const { changes, warnings } = await preview(world, compiled);
    showWarnings(context, warnings);
    if (!context.options.json) context.out.write(renderChanges(changes, context.out));
    if (changes.length > 0 && !options.yes && canAsk() && !(await ask('Apply these changes?'))) {
      throw new Failure('declined', 'not applied: nothing was changed');
    }
    const { ruleset, sysctls } = compiled;
    return applyRuleset(world, { ruleset, sysctls, sources, node: site.node, author: author() });
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
