import { rollback as goBack, type RolledBack } from '../apply/index.js';
import { author } from './author.js';
import { describeDone, renderChanges } from './changes.js';
import { answer, type Context, type Output } from './context.js';
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
  answer(context, rollbackJson(applied), () => renderRollback(applied, out));
  return 0;
}

const rollbackJson = ({ generation, changes, takenBack }: RolledBack) =>
  takenBack === null ? { generation, changed: changes.length } : { generation, takenBack };

function renderRollback({ generation, changes, takenBack }: RolledBack, out: Output): string {
  const now = generation === null ? 'no generation' : `generation ${generation}`;
  if (takenBack !== null) return `${now} is in force again: generation ${takenBack} is taken back\n`;
  if (changes.length === 0) return `${now}: the kernel holds it already\n`;
  return renderChanges(changes, out).replace(/[^\n]*\n$/, describeDone(now, changes));
}
