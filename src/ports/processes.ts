/** Programs of the host. */
export interface Processes {
  /** The first of some absolute paths that is a program; null when none is. */
  find(programs: readonly string[]): string | null;
  /** Runs a program to its end or for so long. What it leaves running in the background goes on. */
  run(command: Command): Promise<ProcessEnd>;
  /**
   * Starts a program that outlives this one: in a session of its own, with nothing of ours open. Rejects with Failure
   * `not-started`.
   */
  start(program: Start): Promise<Started>;
  /**
   * Kills a process that is stopped, as by SIGSTOP or Ctrl-Z, and has that file open; false when it is not so. A process
   * that runs is never killed, however long it takes.
   */
  endStopped(pid: number, file: string): boolean;
}

/** A program that is not waited for. */
export interface Started {
  readonly pid: number;
  /** As far as this process has heard; it hears only of what it started itself. */
  ended(): boolean;
}

export interface Start {
  /** An absolute path: nothing is searched for. */
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Command extends Start {
  /** Milliseconds, after which it is killed together with all it started. */
  readonly limit: number;
}

/** `output` is what was written to either stream, cut behind `MOST_OUTPUT` characters. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly output: string }
  | { readonly kind: 'too long'; readonly output: string }
  /** `reason` is the name of an errno. */
  | { readonly kind: 'not started'; readonly reason: string };

export const MOST_OUTPUT = 4096;

/** In words: `exit code 1: no such device`. */
export function spellEnd(end: ProcessEnd): string {
  switch (end.kind) {
    case 'exited':
      return withOutput(`exit code ${end.code}`, end.output);
    case 'killed':
      return withOutput(`ended by ${end.signal}`, end.output);
    case 'too long':
      return withOutput('not done in time, killed', end.output);
    case 'not started':
      return `cannot be started: ${end.reason}`;
  }
}

function withOutput(what: string, output: string): string {
  const said = output.trim().replace(/\s*\n\s*/g, '; ');
  return said === '' ? what : `${what}: ${said}`;
}
