import { restoreAtBoot } from '../apply/index.js';
import { harmless } from '../diagnostics/index.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';

/** Restores the last confirmed generation. Nothing is parsed or compiled: what it needs is ready-made. */
export async function recoverBoot(context: Context): Promise<number> {
  const { err, options } = context;
  const { generation, warnings } = await withKernel(context, restoreAtBoot);
  for (const warning of warnings) err.write(`warning: ${harmless(warning)}\n`);
  answer(context, { generation }, () =>
    generation === null
      ? `nothing was applied yet, as far as ${options.state} knows\n`
      : `generation ${generation} is in force\n`,
  );
  return 0;
}
