import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compiledFormOf, scriptOf } from '../../bin/program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const filesOf = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => (name.endsWith('.cjs') ? [join(folder, name)] : []));

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'ringwall-program-'));
  for (const path of ['package.json', 'bin', 'dist/program'])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

const version = (): string =>
  execFileSync(process.execPath, [join(copy, 'bin/ringwall'), '--version'], { encoding: 'utf8' });
const programFiles = (): string[] => filesOf(join(copy, 'dist/program'));

test('V8 takes the compiled form of each file of the program', () => {
  const files = filesOf(join(root, 'dist/program'));
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((path) => scriptOf(path).cachedDataRejected !== false)).toEqual([]);
});

test.each<[string, (compiled: string) => void]>([
  ['gone', (compiled) => rmSync(compiled)],
  ['empty', (compiled) => truncateSync(compiled)],
  ['cut short', (compiled) => truncateSync(compiled, readFileSync(compiled).length >> 1)],
  ['of another version of V8', (compiled) => writeFileSync(compiled, readFileSync(compiled).fill(7, 4, 8))],
])('a compiled form that is %s is made up for', (_what, spoil) => {
  const whole = version();
  expect(whole).toMatch(/^\d+\.\d+\.\d+/);
  for (const path of programFiles()) spoil(compiledFormOf(path));
  expect(version()).toBe(whole);
});

test('a program that was changed without its compiled form runs as it is now', () => {
  const [main = ''] = programFiles().filter((path) => path.endsWith('/main.cjs'));
  writeFileSync(main, `${readFileSync(main, 'utf8')}\nprocess.stdout.write('changed ');`);
  expect(version()).toMatch(/^changed \d/);
});
