import { rollback as goBack } from '../apply/index.js';
import { author } from './author.js';
import { describeDone, renderChanges } from './changes.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';

/** Brings the kernel back to a stored generation, by default the one before. */
export async function rollback(context: Context, generation: number | undefined): Promise<number> {
  const { out } = context;
  const applied = await withKernel(context, (world) =>
    goBack(world, { generation, only: context.options.only, author: author() }),
  );
  answer(context, { generation: applied.generation, changed: applied.changes.length }, () =>
    applied.changes.length === 0
      ? `generation ${applied.generation}: the kernel holds it already\n`
      : renderChanges(applied.changes, out).replace(/[^\n]*\n$/, describeDone(applied.generation, applied.changes)),
  );
  return 0;
}
