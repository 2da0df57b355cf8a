import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from './clock.js';

export interface MemoryClock extends Clock {
  /** Lets time go by. */
  advance(milliseconds: number): void;
  /** Sets the time of day, as an administrator or NTP may. */
  set(now: number): void;
  /** Starts the machine anew. */
  reboot(): void;
  /** Called after each wait, in which others can do something. */
  afterWait: (() => Promise<void> | void) | undefined;
}

/** A clock that goes on only when it is told to, or when somebody waits. */
export function memoryClock(start = Date.UTC(2026, 0, 1)): MemoryClock {
  let now = start;
  let elapsed = 60_000;
  let boots = 1;
  const clock: MemoryClock = {
    afterWait: undefined,
    now: () => now,
    sinceBoot: () => elapsed,
    bootId: () => `boot-${boots}`,
    wait: async (milliseconds) => {
      clock.advance(milliseconds);
      // Others get a turn, so that a wait without end can be given up.
      await turn();
      await clock.afterWait?.();
    },
    advance: (milliseconds) => {
      now += milliseconds;
      elapsed += milliseconds;
    },
    set: (time) => {
      now = time;
    },
    reboot: () => {
      boots += 1;
      elapsed = 0;
    },
  };
  return clock;
}
