import { fitToKernel, makePlan } from '../apply/index.js';
import { changesJson, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { loadForKernel, showProblems, showWarnings } from './load.js';

/** Shows what `apply` would do; 2 if there is anything. */
export async function plan(context: Context): Promise<number> {
  const loaded = loadForKernel(context);
  showProblems(context, loaded);
  const { ruleset } = loaded.compiled;
  const { changes } = await withKernel(context, async (nftables) => {
    const fitted = fitToKernel(ruleset, await nftables.probe());
    showWarnings(context, fitted.warnings);
    return makePlan(nftables, fitted.ruleset);
  });
  answer(context, changesJson(changes), () => renderChanges(changes, context.out));
  return changes.length === 0 ? 0 : 2;
}
