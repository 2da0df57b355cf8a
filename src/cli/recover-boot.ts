import { restoreAtBoot } from '../apply/index.js';
import { harmless } from '../diagnostics/index.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';

/** There are rules in force, and not those that were confirmed. */
const IN_ITS_PLACE = 2;

/**
 * Restores the last confirmed generation; 2 when another one has to do. Nothing is parsed or compiled: what it needs is
 * ready-made.
 */
export async function recoverBoot(context: Context): Promise<number> {
  const { err, options } = context;
  const { generation, confirmed, warnings } = await withKernel(context, restoreAtBoot);
  for (const warning of warnings) err.write(`warning: ${harmless(warning)}\n`);
  answer(context, { generation, confirmed, warnings }, () =>
    generation === null
      ? `nothing was applied yet, as far as ${options.state} knows\n`
      : `generation ${generation} is in force\n`,
  );
  if (generation === confirmed) return 0;
  err.write(
    confirmed === null
      ? `ringwall: nobody knows which generation was confirmed last: generation ${generation} is in force, the newest that was applied without --confirm\n`
      : `ringwall: generation ${confirmed}, which was confirmed last, could not be restored: generation ${generation} is in force in its place\n`,
  );
  err.write('  help: `ringwall history` names what is damaged; `ringwall apply` brings what the files say\n');
  return IN_ITS_PLACE;
}
