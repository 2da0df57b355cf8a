import { notStarted } from './not-started.js';
import { type Command, MOST_OUTPUT, type ProcessEnd, type Processes, type Start } from './processes.js';

/** What a program in memory does. */
export type Program = (command: Command) => ProcessEnd;

export interface MemoryProcesses extends Processes {
  /** What was run, in order. */
  readonly runs: Command[];
  /** What was started and not waited for, in order. */
  readonly starts: Start[];
  /** The processes that are stopped, by their pids, and what their death does. */
  readonly stopped: Map<number, () => void>;
}

/** Programs in memory, by their paths. */
export function memoryProcesses(programs: Readonly<Record<string, Program>>): MemoryProcesses {
  const runs: Command[] = [];
  const starts: Start[] = [];
  const stopped = new Map<number, () => void>();
  const programOf = (path: string): Program | undefined => (Object.hasOwn(programs, path) ? programs[path] : undefined);
  return {
    runs,
    starts,
    stopped,
    find: (paths) => paths.find((path) => programOf(path) !== undefined) ?? null,
    run: async (command) => {
      const program = programOf(command.program);
      if (program === undefined) return { kind: 'not started', reason: 'ENOENT' };
      runs.push(command);
      const end = program(command);
      return end.kind === 'not started' ? end : { ...end, output: end.output.slice(0, MOST_OUTPUT) };
    },
    start: async (program) => {
      if (programOf(program.program) === undefined) throw notStarted(program.program, 'ENOENT');
      starts.push(program);
      return { pid: starts.length, ended: () => false };
    },
    endStopped: (pid) => {
      stopped.get(pid)?.();
      return stopped.delete(pid);
    },
  };
}
