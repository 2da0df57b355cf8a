import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { notStarted } from './not-started.js';
import { hasOpen, isStopped } from './other-process.js';
import { type Command, MOST_OUTPUT, type ProcessEnd, type Processes, type Start, type Started } from './processes.js';

/** How long what was written last may take to arrive after a program has ended, in milliseconds. */
const LAST_WORDS = 200;

/**
 * The real programs. Each is started while `enter` runs, and stays in the network namespace of the thread then: a child
 * has that of the thread that forks it.
 */
export const nodeProcesses = (enter: <T>(act: () => T) => T): Processes => ({
  find: (programs) => programs.find(isProgram) ?? null,
  run: ({ program, args, environment, limit }: Command) =>
    new Promise((resolve) => {
      let child: ChildProcess;
      try {
        child = enter(() =>
          // A group of its own, so that all of it can be killed, and the terminal's signals are not for it.
          spawn(program, args, { cwd: '/', env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
        );
      } catch (error) {
        if (!hasCode(error)) throw error;
        resolve({ kind: 'not started', reason: error.code });
        return;
      }
      watch(child, limit, resolve);
    }),
  start: ({ program, args, environment }: Start) =>
    new Promise((resolve, reject) => {
      let child: ChildProcess;
      try {
        child = enter(() => spawn(program, args, { cwd: '/', env: environment, stdio: 'ignore', detached: true }));
      } catch (error) {
        reject(hasCode(error) ? notStarted(program, error.code) : error);
        return;
      }
      child.once('error', (error) => reject(notStarted(program, hasCode(error) ? error.code : error.message)));
      child.once('spawn', () => resolve(startedAs(child)));
      child.unref();
    }),
  endStopped: (pid, file) => {
    if (!isStopped(pid) || !hasOpen(pid, file)) return false;
    return kill(pid);
  },
});

const startedAs = (child: ChildProcess): Started => ({
  pid: child.pid ?? 0,
  ended: () => child.exitCode !== null || child.signalCode !== null,
});

function watch(child: ChildProcess, limit: number, resolve: (end: ProcessEnd) => void): void {
  let output = '';
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child);
  }, limit);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(0, MOST_OUTPUT);
    });
  }
  child.once('error', (error) => {
    clearTimeout(timer);
    resolve({ kind: 'not started', reason: hasCode(error) ? error.code : error.message });
  });
  child.once('exit', (code, signal) => {
    clearTimeout(timer);
    const end = (): void => {
      clearTimeout(grace);
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (late) resolve({ kind: 'too long', output });
      else if (code === null) resolve({ kind: 'killed', signal: signal ?? 'a signal', output });
      else resolve({ kind: 'exited', code, output });
    };
    // A program it left in the background keeps its streams open for as long as it lives.
    const grace = setTimeout(end, LAST_WORDS);
    child.once('close', end);
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) kill(-pid);
}

/** A process, or a group by its negative number. False when it has ended already. */
function kill(target: number): boolean {
  try {
    return process.kill(target, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error) || error.code !== 'ESRCH') throw error;
    return false;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const hasCode = (error: unknown): error is { code: string } =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
