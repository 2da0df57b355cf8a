import { clear as removeTables } from '../apply/index.js';
import { spellSysctlChange } from '../sysctl/index.js';
import { author } from './author.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';

/** Takes our tables out of the kernel. */
export async function clear(context: Context): Promise<number> {
  const { removed, restored } = await withKernel(context, (world) => removeTables(world, author()));
  const shown = [
    ...removed.map((table) => `removed table ${table}\n`),
    ...restored.map((change) => `restored ${change.name}  ${spellSysctlChange(change)}\n`),
  ];
  answer(context, { removed, restored: restored.map(({ name }) => name) }, () =>
    shown.length === 0 ? 'the kernel holds no table of ours\n' : shown.join(''),
  );
  return 0;
}
