import { rollback as goBack } from '../apply/index.js';
import { author } from './author.js';
import { describeDone, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { showWarnings } from './load.js';
import { administrator, keptWays } from './session.js';

export interface RollbackOptions {
  readonly generation: number | undefined;
  /** As of `ApplyOptions`. */
  readonly force: boolean;
  readonly keep: readonly string[];
}

/** Brings the kernel back to a stored generation, by default the one before. */
export async function rollback(context: Context, { generation, force, keep }: RollbackOptions): Promise<number> {
  const kept = keptWays(keep);
  const { out } = context;
  const applied = await withKernel(context, (world, within) => {
    const ways = force ? undefined : administrator(kept, within).ways;
    return goBack(world, { generation, only: context.options.only, author: author(), ways });
  });
  showWarnings(context, applied.warnings);
  answer(context, { generation: applied.generation, changed: applied.changes.length }, () =>
    applied.changes.length === 0
      ? `generation ${applied.generation}: the kernel holds it already\n`
      : renderChanges(applied.changes, out).replace(/[^\n]*\n$/, describeDone(applied.generation, applied.changes)),
  );
  return 0;
}
