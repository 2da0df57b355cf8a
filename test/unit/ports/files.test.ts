import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MemoryFiles, memoryFiles, nodeFiles, type StateFiles } from '../../../src/ports/index.js';

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

let base = '';
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'ringwall-files-')));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** As somebody else would. */
function setMode(files: StateFiles, path: string, mode: number): void {
  const memory = inMemory.get(files);
  if (memory === undefined) chmodSync(path, mode);
  else memory.setAttributes(path, { mode });
}
const inMemory = new WeakMap<StateFiles, MemoryFiles>();

const kinds: readonly [string, () => StateFiles][] = [
  ['the real file system', () => nodeFiles],
  [
    'files in memory',
    () => {
      const files = memoryFiles();
      files.makeDirectory(base);
      inMemory.set(files, files);
      return files;
    },
  ],
];

describe.each(kinds)('%s', (_name, open) => {
  test('reads what was written, and null where nothing is', () => {
    const files = open();
    files.writeAtomically(`${base}/a`, 'one');
    files.writeAtomically(`${base}/a`, Buffer.from([0, 255]));
    expect([...(files.read(`${base}/a`) ?? [])]).toEqual([0, 255]);
    expect(files.read(`${base}/b`)).toBeNull();
    expect(files.read(`${base}/a/b`)).toBeNull();
  });

  test('lists names in byte order, and null where no directory is', () => {
    const files = open();
    for (const name of ['ä', 'b', 'B', '10', '9']) files.writeAtomically(`${base}/${name}`, '');
    files.makeDirectory(`${base}/c/d`);
    expect(files.list(base)).toEqual(['10', '9', 'B', 'b', 'c', 'ä']);
    expect(files.list(`${base}/nothing`)).toBeNull();
    expect(files.list(`${base}/b`)).toBeNull();
  });

  test('makes private directories and private files', () => {
    const files = open();
    files.makeDirectory(`${base}/c/d`);
    files.makeDirectory(`${base}/c/d`);
    files.writeAtomically(`${base}/c/f`, '');
    expect(files.attributes(`${base}/c/d`)).toMatchObject({ kind: 'directory', own: true, mode: 0o700 });
    expect(files.attributes(`${base}/c/f`)).toMatchObject({ kind: 'file', own: true, mode: 0o600 });
    expect(files.attributes(`${base}/e`)).toBeNull();
  });

  test('tells a directory from another one of its name, whatever is in it', () => {
    const files = open();
    const identity = () => files.attributes(`${base}/c`)?.identity;
    files.makeDirectory(`${base}/c`);
    const first = identity();
    files.writeAtomically(`${base}/c/f`, '');
    expect(identity()).toBe(first);
    files.rename(`${base}/c`, `${base}/d`);
    expect(files.attributes(`${base}/d`)?.identity).toBe(first);
    files.makeDirectory(`${base}/c`);
    expect(identity()).not.toBe(first);
  });

  test('rewrites a file that keeps its permission bits, and no other', () => {
    const files = open();
    files.writeAtomically(`${base}/f`, 'old');
    setMode(files, `${base}/f`, 0o640);
    files.rewriteAtomically(`${base}/f`, Buffer.from('new'));
    expect(text(files.read(`${base}/f`))).toBe('new');
    expect(files.attributes(`${base}/f`)).toMatchObject({ kind: 'file', own: true, mode: 0o640 });
    expect(files.list(base)).toEqual(['f']);
  });

  test('renames a directory with what is in it', () => {
    const files = open();
    files.makeDirectory(`${base}/old/deep`);
    files.writeAtomically(`${base}/old/deep/f`, 'x');
    files.rename(`${base}/old`, `${base}/new`);
    expect(text(files.read(`${base}/new/deep/f`))).toBe('x');
    expect(files.list(`${base}/old`)).toBeNull();
  });

  test('removes files and directories, also absent ones', () => {
    const files = open();
    files.makeDirectory(`${base}/d`);
    files.writeAtomically(`${base}/d/f`, 'x');
    files.remove(`${base}/d`);
    files.remove(`${base}/d`);
    expect(files.list(base)).toEqual([]);
  });

  test('locks once, tells the holder, and locks again after the release', () => {
    const files = open();
    const first = files.lock(`${base}/lock`);
    expect(first.held).toBe(true);
    expect(files.lock(`${base}/lock`)).toEqual({ held: false, pid: process.pid });
    if (first.held) first.release();
    const second = files.lock(`${base}/lock`);
    expect(second.held).toBe(true);
    if (second.held) second.release();
  });

  test.each<[string, (files: StateFiles) => unknown, string]>([
    ['reading a directory', (files) => files.read(`${base}/d`), 'Cannot read BASE/d: it is a directory'],
    [
      'writing over a directory',
      (files) => files.writeAtomically(`${base}/d`, ''),
      'Cannot write BASE/d: it is a directory',
    ],
    [
      'writing where no directory is',
      (files) => files.writeAtomically(`${base}/x/y`, ''),
      'Cannot write BASE/x/y: there is no such file or directory',
    ],
    [
      'rewriting what is not there',
      (files) => files.rewriteAtomically(`${base}/x`, new Uint8Array()),
      'Cannot write BASE/x: there is no such file or directory',
    ],
    [
      'rewriting a directory',
      (files) => files.rewriteAtomically(`${base}/d`, new Uint8Array()),
      'Cannot write BASE/d: it is a directory',
    ],
    [
      'making a directory below a file',
      (files) => files.makeDirectory(`${base}/f/g`),
      'Cannot make BASE/f/g: a part of the path is not a directory',
    ],
    [
      'renaming what is not there',
      (files) => files.rename(`${base}/x`, `${base}/y`),
      'Cannot rename BASE/x: there is no such file or directory',
    ],
  ])('%s says what is wrong', (_what, act, message) => {
    const files = open();
    files.makeDirectory(`${base}/d`);
    files.writeAtomically(`${base}/f`, '');
    expect(() => act(files)).toThrow(expect.objectContaining({ message: message.replace('BASE', base) }));
  });
});

describe('the real file system', () => {
  test.runIf(process.geteuid?.() === 0)('a rewritten file keeps its owner and group, and set-user-ID bits', () => {
    writeFileSync(`${base}/f`, 'old');
    chownSync(`${base}/f`, 12, 34);
    chmodSync(`${base}/f`, 0o4750);
    nodeFiles.rewriteAtomically(`${base}/f`, Buffer.from('new'));
    const { uid, gid, mode } = statSync(`${base}/f`);
    expect([uid, gid, mode & 0o7777]).toEqual([12, 34, 0o4750]);
    expect(readFileSync(`${base}/f`, 'utf8')).toBe('new');
  });

  test('leaves no temporary file when a write cannot be finished', () => {
    nodeFiles.makeDirectory(`${base}/d`);
    expect(() => nodeFiles.writeAtomically(`${base}/d`, 'x')).toThrow('it is a directory');
    expect(nodeFiles.list(base)).toEqual(['d']);
  });

  test.each([
    ['a pipe', (path: string) => execFileSync('mkfifo', [path]), 'it is a pipe, a socket or a device, not a file'],
    ['a device', (path: string) => symlinkSync('/dev/zero', path), 'it is a pipe, a socket or a device, not a file'],
    [
      'a link to nothing',
      (path: string) => symlinkSync(`${path}.gone`, path),
      'it is a symbolic link to something that is not there',
    ],
    ['a link to itself', (path: string) => symlinkSync(path, path), 'its symbolic links lead in a circle'],
  ])('does not wait for %s to end', (_what, make, reason) => {
    make(`${base}/f`);
    expect(() => nodeFiles.read(`${base}/f`)).toThrow(`Cannot read ${base}/f: ${reason}`);
  });

  test('does not follow a link where the lock should be', () => {
    writeFileSync(`${base}/precious`, 'keep');
    symlinkSync(`${base}/precious`, `${base}/lock`);
    expect(() => nodeFiles.lock(`${base}/lock`)).toThrow('it is a symbolic link');
    expect(readFileSync(`${base}/precious`, 'utf8')).toBe('keep');
  });

  test('a lock ends with its holder, however it dies', async () => {
    const script = `
      import { openSync, writeSync } from 'node:fs';
      import koffi from 'koffi';
      const fd = openSync(${JSON.stringify(`${base}/lock`)}, 'w+', 0o600);
      koffi.load(null).func('int flock(int fd, int operation)')(fd, 2);
      writeSync(fd, process.pid + '\\n');
      console.log('held');
      setInterval(() => {}, 1000);
    `;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(nodeFiles.lock(`${base}/lock`)).toEqual({ held: false, pid: holder.pid });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = nodeFiles.lock(`${base}/lock`);
    expect(lock.held).toBe(true);
    if (lock.held) lock.release();
  });
});

describe('files in memory, in trouble', () => {
  test('a full disk keeps the old content', () => {
    const files = memoryFiles({ '/s/a': 'old' });
    files.trouble = { space: 4 };
    files.writeAtomically('/s/b', '1234');
    expect(() => files.writeAtomically('/s/a', 'x')).toThrow('No space left to write /s/a');
    expect(text(files.read('/s/a'))).toBe('old');
  });

  test('a forbidden place answers nothing', () => {
    const files = memoryFiles({ '/s/a': 'old' });
    files.trouble = { forbidden: ['/s'] };
    expect(() => files.read('/s/a')).toThrow('Cannot read /s/a: permission denied');
    expect(() => files.list('/s')).toThrow('Cannot list /s: permission denied');
  });
});
