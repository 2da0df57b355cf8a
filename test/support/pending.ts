import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/ports/index.js';

/** Milliseconds since boot at which a change that is pending is taken back; null when none is, or it has no deadline yet. */
export function deadlineIn(state: string): number | null {
  const { pending } = position(state);
  return pending?.deadline ?? null;
}

interface PositionFile {
  readonly current: number | null;
  readonly confirmed: number | null;
  readonly pending: { readonly generation: number; readonly deadline: number | null } | null;
}

/** What `position.json` says. */
export const position = (state: string): PositionFile => JSON.parse(readFileSync(`${state}/position.json`, 'utf8'));

/** The processes whose command line names that state directory: runs of ringwall for it, and who waits for them. */
export function runsFor(state: string): { readonly pid: number; readonly awaits: boolean }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const words = commandLine(Number(name));
      return words.includes(state) ? [{ pid: Number(name), awaits: words.includes('--await') }] : [];
    });
}

/** The watchmen that hold a seat. */
export function watchmenOf(state: string): number[] {
  const waiting = runsFor(state).filter(({ awaits }) => awaits);
  const holders = [1, 2].map((seat) => Number(readOr(`${state}/watchman-${seat}.lock`, '0')));
  return waiting.map(({ pid }) => pid).filter((pid) => holders.includes(pid));
}

function commandLine(pid: number): string[] {
  // It may have ended since.
  return readOr(`/proc/${pid}/cmdline`, '').split('\0');
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** Ends a process as nothing can keep it from; nothing happens when it is not there any more. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Waits until something is so, and answers the milliseconds since boot when it was; fails after `patience`. */
export async function until(isSo: () => boolean, what: string, patience = 30_000): Promise<number> {
  const end = systemClock.sinceBoot() + patience;
  while (!isSo()) {
    if (systemClock.sinceBoot() > end) throw new Error(`not within ${patience} ms: ${what}`);
    await sleep(10);
  }
  return systemClock.sinceBoot();
}
