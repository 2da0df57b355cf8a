import { recover as finish, type Recovered, sitDown, type WatchEnd, watchPending } from '../apply/index.js';
import { Failure, harmless } from '../diagnostics/index.js';
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

/** 0 also when there is nothing to wait for any more: who is started anew on failure would come again for ever. */
async function keepWatch(context: Context, paired: boolean): Promise<number> {
  const end = await withKernel(context, async (world): Promise<WatchEnd> => {
    const companion = paired ? await sitDown(world, watchman(context)) : alone;
    return companion === null ? { kind: 'settled' } : watchPending(world, () => companion.tick());
  }).catch(namespaceGone);
  const words = describeEnd(end, context);
  if (words !== null) context.err.write(`${harmless(words)}\n`);
  return 0;
}

function namespaceGone(error: unknown): WatchEnd {
  if (error instanceof Failure && error.code === 'no-such-netns') return { kind: 'namespace gone' };
  throw error;
}

function describeEnd(end: WatchEnd, { options: { state, netns } }: Context): string | null {
  switch (end.kind) {
    case 'settled':
      return null;
    case 'namespace gone':
      return `there is no network namespace ${netns} any more, and nothing to take back in it`;
    case 'records gone': {
      const what = end.failure === null ? 'nothing is left to do' : `not taken back: ${end.failure.message}`;
      return `the records in ${state} are gone: ${what}`;
    }
  }
}

const alone = { tick: async (): Promise<void> => {} };

function renderRecovered({ generation, takenBack, interrupted }: Recovered): string {
  const now = generation === null ? 'nothing of ours is in force' : `generation ${generation} is in force`;
  if (takenBack !== null) return `${now}: generation ${takenBack} was not confirmed and is taken back\n`;
  if (interrupted === null) return `${now}: there was nothing to recover\n`;
  return `${now}: a run that was going to generation ${interrupted} had been cut short\n`;
}
