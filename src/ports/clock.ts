import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The time of day, and the time since the machine started: the first may be set by anybody, the second by nobody. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since the machine started, time asleep included. */
  sinceBoot(): number;
  /** Another one for each start of the machine. */
  bootId(): string;
  /** Waits so many milliseconds, or longer. */
  wait(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // CLOCK_BOOTTIME in seconds with two decimals (fs/proc/uptime.c); the clocks of Node stand still while a machine sleeps.
  sinceBoot: () => Math.round(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1000),
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
  wait: (milliseconds) => sleep(milliseconds),
};
