import { type Command, MOST_OUTPUT, type ProcessEnd, type Processes } from './processes.js';

/** What a program in memory does. */
export type Program = (command: Command) => ProcessEnd;

export interface MemoryProcesses extends Processes {
  /** What was run, in order. */
  readonly runs: Command[];
}

/** Programs in memory, by their paths. */
export function memoryProcesses(programs: Readonly<Record<string, Program>>): MemoryProcesses {
  const runs: Command[] = [];
  const programOf = (path: string): Program | undefined => (Object.hasOwn(programs, path) ? programs[path] : undefined);
  return {
    runs,
    find: (paths) => paths.find((path) => programOf(path) !== undefined) ?? null,
    run: async (command) => {
      const program = programOf(command.program);
      if (program === undefined) return { kind: 'not started', reason: 'ENOENT' };
      runs.push(command);
      const end = program(command);
      return end.kind === 'not started' ? end : { ...end, output: end.output.slice(0, MOST_OUTPUT) };
    },
  };
}
