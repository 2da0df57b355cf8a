import { describe, expect, test } from 'vitest';
import { type Files, memoryClock, memoryFiles, type Stamp } from '../../../src/ports/index.js';
import { Footprint } from '../../../src/watch/index.js';

const clock = memoryClock(1_000_000);

/** Files in memory whose stamps say what the test wants. */
function stamped(modified: number) {
  const memory = memoryFiles({ '/pve/cluster.fw': 'enable: 1', '/pve/100.fw': 'one' });
  const stamp = (path: string): Stamp | null => (memory.read(path) === null ? null : { identity: 'as ever', modified });
  let reads = 0;
  const files: Files = {
    ...memory,
    stamp,
    read: (path) => {
      reads += 1;
      return memory.read(path);
    },
  };
  return { memory, files, reads: () => reads };
}

describe('what was read is another', () => {
  test.each([
    [
      'a file with another content',
      (files: ReturnType<typeof memoryFiles>) => files.writeAtomically('/pve/100.fw', 'two'),
      ['/pve/100.fw'],
    ],
    [
      'a file that goes',
      (files: ReturnType<typeof memoryFiles>) => files.remove('/pve/100.fw'),
      ['/pve/100.fw', '/pve/'],
    ],
    [
      'a file that comes where none was',
      (files: ReturnType<typeof memoryFiles>) => files.writeAtomically('/pve/host.fw', ''),
      ['/pve/host.fw', '/pve/'],
    ],
    [
      'a file nobody read',
      (files: ReturnType<typeof memoryFiles>) => files.writeAtomically('/pve/new.fw', ''),
      ['/pve/'],
    ],
    [
      'a file that cannot be read any more',
      (files: ReturnType<typeof memoryFiles>) => {
        files.trouble.forbidden = ['/pve/100.fw'];
      },
      ['/pve/100.fw'],
    ],
    [
      'a file written again with what it held',
      (files: ReturnType<typeof memoryFiles>) => files.writeAtomically('/pve/100.fw', 'one'),
      [],
    ],
    ['nothing', () => {}, []],
  ])('%s', (_what, act, paths) => {
    const files = memoryFiles({ '/pve/cluster.fw': 'enable: 1', '/pve/100.fw': 'one' });
    const footprint = new Footprint(files, clock);
    const followed = footprint.following(files);
    followed.read('/pve/cluster.fw');
    followed.read('/pve/100.fw');
    followed.read('/pve/host.fw');
    followed.list('/pve');
    act(files);
    expect([...footprint.changes().paths].sort()).toEqual([...paths].sort());
  });
});

test('a file that was written a moment ago is read again, whatever its stamp says', () => {
  const { memory, files } = stamped(clock.now() - 1000);
  const footprint = new Footprint(files, clock);
  footprint.following(files).read('/pve/cluster.fw');
  memory.writeAtomically('/pve/cluster.fw', 'enable: 0');
  expect(footprint.changes().paths).toEqual(['/pve/cluster.fw']);
});

test('a file that was written long ago is not read again as long as it has its stamp', () => {
  const { files, reads } = stamped(clock.now() - 60_000);
  const footprint = new Footprint(files, clock);
  footprint.following(files).read('/pve/cluster.fw');
  footprint.changes();
  footprint.changes();
  expect(reads()).toBe(1);
});

test('changes that go on are told apart from those that came to rest', () => {
  const files = memoryFiles({ '/pve/100.fw': 'one' });
  const footprint = new Footprint(files, clock);
  footprint.following(files).read('/pve/100.fw');
  files.writeAtomically('/pve/100.fw', 'two');
  const first = footprint.changes().state;
  expect(footprint.changes().state).toBe(first);
  files.writeAtomically('/pve/100.fw', 'three');
  expect(footprint.changes().state).not.toBe(first);
});

test('a failure is passed on and remembered', () => {
  const files = memoryFiles({ '/pve/100.fw': 'one' });
  files.trouble.forbidden = ['/pve'];
  const footprint = new Footprint(files, clock);
  expect(() => footprint.following(files).read('/pve/100.fw')).toThrow('permission denied');
  expect(footprint.changes().paths).toEqual([]);
  files.trouble.forbidden = [];
  expect(footprint.changes().paths).toEqual(['/pve/100.fw']);
});
