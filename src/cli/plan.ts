import { preview } from '../apply/index.js';
import { changesJson, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { hookJson, renderHooks } from './hooks.js';
import { withKernel } from './kernel.js';
import { loadDesired, showNotes, showProblems, showWarnings } from './load.js';
import { closedJson, showClosed } from './lock-out.js';
import { administrator, keptWays } from './session.js';

/** Shows what `apply` would do; 2 if there is anything. */
export async function plan(context: Context, { keep }: { readonly keep: readonly string[] }): Promise<number> {
  const kept = keptWays(keep);
  const loaded = loadDesired(context);
  showProblems(context, loaded);
  const { changes, warnings, notes, closed, hooks } = await withKernel(context, (world, within) =>
    preview(world, loaded.desired, administrator(kept, within)),
  );
  showWarnings(context, warnings);
  showNotes(context, notes);
  showClosed(context, closed, loaded.sources);
  answer(
    context,
    { ...changesJson(changes), hooks: hooks.map(hookJson), ...closedJson(closed) },
    () => renderChanges(changes, context.out) + renderHooks(hooks, false),
  );
  return changes.length === 0 ? 0 : 2;
}
