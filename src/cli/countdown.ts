import process from 'node:process';
import { createInterface } from 'node:readline';
import { type Pending, readPosition, recover, spellWayBack, timeLeft, type World } from '../apply/index.js';
import type { Output } from './context.js';

/** How a pending change ended. */
export type Ending = 'confirmed' | 'taken back';

/** How often the line is written and the records are looked at, in milliseconds. */
const TICK = 200;

/**
 * Counts down on stderr until Enter is pressed, which is answered by `confirm`, or somebody else decided. The end of
 * input confirms nothing: a connection that breaks ends it, too.
 */
export async function countDown(
  world: World,
  err: Output,
  first: Pending,
  confirm: () => Promise<unknown>,
): Promise<Ending> {
  const { clock, state } = world;
  const terminal = createInterface({ input: process.stdin });
  let entered = false;
  terminal.once('line', () => {
    entered = true;
  });
  try {
    for (let pending = first; ; ) {
      const left = timeLeft(pending, clock);
      if (entered) {
        await confirm();
        return 'confirmed';
      }
      err.write(`\r\x1b[K${spellWayBack(pending)} in ${Math.ceil(left / 1000)} s: press Enter to confirm it `);
      // The watchmen do so, too; whoever comes first.
      if (left === 0) await recover(world);
      const { pending: now, confirmed } = readPosition(state);
      if (now === null) return confirmed === pending.generation ? 'confirmed' : 'taken back';
      pending = now;
      await clock.wait(Math.min(TICK, Math.max(left, 1)));
    }
  } finally {
    err.write('\n');
    terminal.close();
  }
}
