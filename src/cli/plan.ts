import { preview } from '../apply/index.js';
import { changesJson, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { desiredOf, loadForKernel, showNotes, showProblems, showWarnings } from './load.js';
import { sessionAddress } from './session.js';

/** Shows what `apply` would do; 2 if there is anything. */
export async function plan(context: Context): Promise<number> {
  const loaded = loadForKernel(context);
  showProblems(context, loaded);
  const desired = desiredOf(context, loaded);
  const { changes, warnings, notes } = await withKernel(context, (world) => preview(world, desired, sessionAddress()));
  showWarnings(context, warnings);
  showNotes(context, notes);
  answer(context, changesJson(changes), () => renderChanges(changes, context.out));
  return changes.length === 0 ? 0 : 2;
}
