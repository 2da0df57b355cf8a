import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type Command,
  MOST_OUTPUT,
  memoryProcesses,
  nodeProcesses,
  type ProcessEnd,
  type Processes,
  type Program,
  spellEnd,
} from '../../../src/ports/index.js';

let base = '';
beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'ringwall-processes-')));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Programs for both: as a script, and as what it does. */
const programs: Readonly<Record<string, readonly [string, Program]>> = {
  says: ['echo "$1 $WORD"', ({ args, environment }: Command) => exited(0, `${args[0]} ${environment['WORD']}\n`)],
  fails: ['echo no such device >&2; exit 3', () => exited(3, 'no such device\n')],
  dies: ['kill -KILL $$', () => ({ kind: 'killed', signal: 'SIGKILL', output: '' })],
  babbles: ['head -c 10000 /dev/zero | tr "\\0" x', () => exited(0, 'x'.repeat(10_000))],
  hangs: ['echo here; sleep 60', () => ({ kind: 'too long', output: 'here\n' })],
};

function exited(code: number, output: string): ProcessEnd {
  return { kind: 'exited', code, output };
}

const kinds: readonly [string, () => Processes][] = [
  [
    'real programs',
    () => {
      for (const [name, [script]] of Object.entries(programs)) {
        writeFileSync(`${base}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      }
      return nodeProcesses((act) => act());
    },
  ],
  [
    'programs in memory',
    () =>
      memoryProcesses(Object.fromEntries(Object.entries(programs).map(([name, [, act]]) => [`${base}/${name}`, act]))),
  ],
];

const command = (name: string, more: Partial<Command> = {}): Command => ({
  program: `${base}/${name}`,
  args: [],
  environment: { PATH: '/usr/bin:/bin' },
  limit: 20_000,
  ...more,
});

describe.each(kinds)('%s', (_name, open) => {
  test('the first of some paths that is a program', () => {
    const processes = open();
    expect(processes.find([`${base}/nothing`, `${base}/fails`, `${base}/says`])).toBe(`${base}/fails`);
    expect(processes.find([`${base}/nothing`])).toBeNull();
  });

  test('arguments and environment arrive as they are', async () => {
    const end = await open().run(command('says', { args: ['a; b $x'], environment: { WORD: '"c"' } }));
    expect(end).toEqual({ kind: 'exited', code: 0, output: 'a; b $x "c"\n' });
  });

  test('what failed says how, and what it wrote', async () => {
    const end = await open().run(command('fails'));
    expect(end).toEqual({ kind: 'exited', code: 3, output: 'no such device\n' });
    expect(spellEnd(end)).toBe('exit code 3: no such device');
  });

  test('a program that is killed, and one that is not there', async () => {
    const processes = open();
    expect(spellEnd(await processes.run(command('dies')))).toBe('ended by SIGKILL');
    expect(spellEnd(await processes.run(command('nothing')))).toBe('cannot be started: ENOENT');
  });

  test('what takes too long is killed, and its output is still known', async () => {
    const end = await open().run(command('hangs', { limit: 500 }));
    expect(spellEnd(end)).toBe('not done in time, killed: here');
  });

  test('of much output the beginning is kept', async () => {
    const end = await open().run(command('babbles'));
    expect(end).toEqual({ kind: 'exited', code: 0, output: 'x'.repeat(MOST_OUTPUT) });
  });
});

test('what a real program leaves in the background goes on, and nobody waits for it', async () => {
  const file = `${base}/later`;
  writeFileSync(`${base}/leaves`, `#!/bin/sh\n(sleep 1; echo done > ${file}) &\necho left\n`, { mode: 0o755 });
  const end = await nodeProcesses((act) => act()).run(command('leaves'));
  expect(end).toEqual({ kind: 'exited', code: 0, output: 'left\n' });
  expect(existsSync(file)).toBe(false);
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(50);
});

describe('a process that is stopped', () => {
  const { endStopped } = nodeProcesses((act) => act());
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  /** Has a file open under a name that is made to look like the state of a process. */
  async function holder(signal: NodeJS.Signals | null): Promise<{ pid: number; file: string; gone: Promise<unknown> }> {
    const file = `${base}/held`;
    writeFileSync(file, '');
    const body = `exec 3<${file}; echo "x) T y" >/proc/self/comm; echo here; while :; do sleep 0.05; done`;
    child = spawn('/bin/sh', ['-c', body], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { pid = 0, stdout } = child;
    const gone = new Promise((resolve) => child?.once('exit', (_code, by) => resolve(by)));
    await new Promise((resolve) => stdout?.once('data', resolve));
    if (signal !== null) {
      process.kill(pid, signal);
      while (!/\) T [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await sleep(10);
    }
    return { pid, file, gone };
  }

  test('is killed when it has the file open', async () => {
    const { pid, file, gone } = await holder('SIGSTOP');
    expect(endStopped(pid, file)).toBe(true);
    expect(await gone).toBe('SIGKILL');
    expect(endStopped(pid, file)).toBe(false);
  });

  test('is let alone when it has not, and when it works', async () => {
    const stopped = await holder('SIGSTOP');
    const other = `${base}/other`;
    writeFileSync(other, '');
    expect(endStopped(stopped.pid, other)).toBe(false);
    expect(endStopped(stopped.pid, `${base}/nothing`)).toBe(false);
    process.kill(stopped.pid, 'SIGKILL');
    await stopped.gone;
    const working = await holder(null);
    expect(endStopped(working.pid, working.file)).toBe(false);
  });
});
