import { preview } from '../apply/index.js';
import { changesJson, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { loadForKernel, showProblems, showWarnings } from './load.js';

/** Shows what `apply` would do; 2 if there is anything. */
export async function plan(context: Context): Promise<number> {
  const loaded = loadForKernel(context);
  showProblems(context, loaded);
  const { changes, warnings } = await withKernel(context, (world) => preview(world, loaded.compiled));
  showWarnings(context, warnings);
  answer(context, changesJson(changes), () => renderChanges(changes, context.out));
  return changes.length === 0 ? 0 : 2;
}
