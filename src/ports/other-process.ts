import { readdirSync, readFileSync, statSync } from 'node:fs';

/** Is a process stopped by a signal (state T of proc_pid_stat(5))? Not when a debugger holds it, which is t. */
export function isStopped(pid: number): boolean {
  // The name before it, in parentheses, may hold anything; behind it are numbers.
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat !== null && /\) T [^)]*$/.test(stat);
}

/** Has a process that very file open? False, too, when it has ended or may not be looked at. */
export function hasOpen(pid: number, file: string): boolean {
  const wanted = orNull(() => statSync(file));
  const folder = `/proc/${pid}/fd`;
  const open = orNull(() => readdirSync(folder)) ?? [];
  return open.some((name) => {
    const found = orNull(() => statSync(`${folder}/${name}`));
    return found !== null && found.dev === wanted?.dev && found.ino === wanted.ino;
  });
}

/** Null for what is not there, no more, or not to be seen. */
function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
