import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
