import { recover as finish, type Recovered, sitDown, watchPending } from '../apply/index.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { watchman } from './watchman.js';

export interface RecoverOptions {
  /** Waits for the end of a pending change. */
  readonly await: boolean;
  /** Is one of two that wait, and starts the other one anew when it is killed. */
  readonly paired: boolean;
}

/** Finishes or undoes what a crash left; or waits until a pending change is confirmed or to be taken back. */
export async function recover(context: Context, options: RecoverOptions): Promise<number> {
  if (options.await) return keepWatch(context, options.paired);
  const recovered = await withKernel(context, finish);
  const { generation, takenBack, interrupted } = recovered;
  answer(context, { generation, takenBack, interrupted }, () => renderRecovered(recovered));
  return 0;
}

async function keepWatch(context: Context, paired: boolean): Promise<number> {
  return withKernel(context, async (world) => {
    const companion = paired ? await sitDown(world, watchman(context)) : alone;
    if (companion !== null) await watchPending(world, () => companion.tick());
    return 0;
  });
}

const alone = { tick: async (): Promise<void> => {} };

function renderRecovered({ generation, takenBack, interrupted }: Recovered): string {
  const now = generation === null ? 'nothing of ours is in force' : `generation ${generation} is in force`;
  if (takenBack !== null) return `${now}: generation ${takenBack} was not confirmed and is taken back\n`;
  if (interrupted === null) return `${now}: there was nothing to recover\n`;
  return `${now}: a run that was going to generation ${interrupted} had been cut short\n`;
}
