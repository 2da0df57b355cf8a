import { clear as removeTables } from '../apply/index.js';
import { author } from './author.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';

/** Takes our tables out of the kernel. */
export async function clear(context: Context): Promise<number> {
  const { files, clock, options } = context;
  const { removed } = await withKernel(context, (nftables) =>
    removeTables({ state: { files, path: options.state }, clock, nftables }, author()),
  );
  answer(context, { removed }, () =>
    removed.length === 0
      ? 'the kernel holds no table of ours\n'
      : removed.map((table) => `removed table ${table}\n`).join(''),
  );
  return 0;
}
