import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostOnly, makeSite, type TestSite } from '../support/cli.js';
import { type RanHere, runHere } from '../support/in-process.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

let site: TestSite;
let netns: TestNamespace;
beforeEach(() => {
  site = makeSite(hostOnly);
  netns = makeNamespace();
});
afterEach(() => {
  netns.remove();
  site.remove();
});

const run = (...args: string[]): Promise<RanHere> =>
  runHere([...args, '--root', site.root, '--state', site.state, '--netns', netns.name]);

const ruleset = (): string => netns.nft('-a', 'list', 'ruleset');
const edit = (port: number): void => {
  const path = 'etc/pve/nodes/pve1/host.fw';
  site.write(path, hostOnly[path].replace('443', String(port)));
};

describe('a disk of its own for the records', () => {
  const mount = (options: string): void => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=0700,${options}`, 'tmpfs', site.state]);
  };
  const remount = (options: string): void => {
    execFileSync('mount', ['-o', `remount,${options}`, site.state]);
  };
  beforeEach(() => {
    mkdirSync(site.state, { mode: 0o700 });
  });
  afterEach(() => {
    execFileSync('umount', [site.state]);
  });

  /** What is in use there, by a column of df. */
  const used = (column: string): number =>
    Number(
      execFileSync('df', ['--block-size=4096', `--output=${column}`, site.state], { encoding: 'utf8' }).split('\n')[1],
    );

  test.each([
    ['file', 'iused', (files: number) => `nr_inodes=${files}`],
    ['page', 'used', (pages: number) => `size=${pages * 4096}`],
  ] as const)('without room for one more %s, at each of a change', async (_what, column, limit) => {
    mount('size=8m,nr_inodes=1000');
    await run('apply');
    edit(8443);
    const before = ruleset();
    const room = used(column);
    let refused = 0;
    for (let done = false; !done; ) {
      remount(limit(room + refused));
      const { code, err } = await run('apply');
      done = code === 0 || err.includes('generation 2 is in force, the next run will record it');
      if (!done) {
        refused += 1;
        expect(err).toMatch(
          /^ringwall: No space left to (write|make) \S+: nothing was changed\n {2}help: free some space/,
        );
        expect(ruleset()).toBe(before);
        // What could not be finished gives its room back.
        expect(used(column)).toBeLessThanOrEqual(room);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(4);
    expect(ruleset()).toContain('8443');
    remount(limit(room + 1000));
    expect(await run('apply')).toMatchObject({ code: 0 });
    expect(await run('status')).toEqual({
      code: 0,
      out: 'generation 2: the kernel holds what was applied\n',
      err: '',
    });
  });

  test('that is read-only: nothing changes, and what only reads works', async () => {
    mount('size=8m');
    await run('apply');
    edit(8443);
    await run('apply');
    edit(9443);
    const before = ruleset();
    remount('ro');
    for (const command of [['apply'], ['rollback'], ['clear']]) {
      const { code, err } = await run(...command);
      expect(err).toContain('its file system is read-only');
      expect(err).toContain('help: mount it writable, or name another directory with --state');
      expect(code).toBe(1);
      expect(ruleset()).toBe(before);
    }
    expect(await run('status')).toMatchObject({ code: 0, err: '' });
    expect((await run('plan')).code).toBe(2);
    expect((await run('history')).out.split('\n')).toHaveLength(3);
    expect(await run('counters')).toMatchObject({ code: 0 });
    remount('rw');
    expect(await run('apply')).toMatchObject({ code: 0 });
  });
});

describe('the place of the lock', () => {
  test('is made with all folders above it, for nobody else to enter', async () => {
    site = { ...site, state: join(site.folder, 'var/lib/ringwall') };
    expect(await run('apply')).toMatchObject({ code: 0 });
    expect(statSync(site.state).mode & 0o777).toBe(0o700);
    rmSync(site.state, { recursive: true });
    expect((await run('status')).err).toContain('nothing was applied yet');
    expect(await run('apply')).toMatchObject({ code: 0 });
    expect(await run('status')).toMatchObject({ code: 0 });
  });

  test.each<[string, () => void, RegExp]>([
    [
      'below a file',
      () => writeFileSync(site.state, ''),
      /state is not a directory\n {2}help: name another one with --state/,
    ],
    [
      'taken by a folder',
      () => {
        mkdirSync(join(site.state, 'lock'), { recursive: true });
        execFileSync('chmod', ['700', site.state]);
      },
      /state\/lock is not a file of this user, so it cannot be trusted/,
    ],
  ])('%s: nothing happens', async (_name, spoil, message) => {
    spoil();
    const { code, err } = await run('apply');
    expect(err).toMatch(message);
    expect(code).toBe(1);
    expect(ruleset()).toBe('');
  });
});

describe('a table called ringwall that somebody else made', () => {
  const foreign = `table inet ringwall {
    set host-in { type ifname; elements = { "lo" }; }
    map guests { type ipv4_addr : mark; elements = { 192.0.2.1 : 7 }; }
    chain host-in { type nat hook prerouting priority -100; policy accept; }
    chain input { counter accept comment "host.fw:2"; }
    chain other { type filter hook forward priority 7; policy drop; ip saddr 192.0.2.1 jump input; }
  }
  table ip ringwall {
    chain theirs { accept; }
  }`;

  test('in our family gives way whole, one of another family stays', async () => {
    await run('apply');
    const ours = netns.nft('list', 'table', 'inet', 'ringwall');
    netns.nft('delete', 'table', 'inet', 'ringwall');
    netns.load(foreign);
    const theirs = netns.nft('list', 'table', 'ip', 'ringwall');
    expect((await run('status')).code).toBe(2);
    expect(await run('apply')).toMatchObject({ code: 0 });
    expect(netns.nft('list', 'table', 'inet', 'ringwall')).toBe(ours);
    expect(netns.nft('list', 'table', 'ip', 'ringwall')).toBe(theirs);
    expect(await run('status')).toMatchObject({ code: 0 });
  });

  test('and owns is refused by name, until its program has ended', async () => {
    const owner = spawn('ip', ['netns', 'exec', netns.name, 'nft', '-i'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = new Promise((resolve) => owner.once('exit', resolve));
    try {
      owner.stdin.write('add table inet ringwall { flags owner; }\n');
      await expect.poll(ruleset, { timeout: 20_000 }).toContain('flags owner');
      const before = ruleset();
      for (const command of ['apply', 'clear']) {
        const { code, err } = await run(command);
        expect(err).toMatch(/the table belongs to a running program \(flags owner\)/);
        expect(err).toContain('nothing was changed; the rules that were in force still are');
        expect(code).toBe(1);
        expect(ruleset()).toBe(before);
      }
    } finally {
      owner.stdin.end();
      await ended;
    }
    await expect.poll(ruleset, { timeout: 20_000 }).toBe('');
    expect(await run('apply')).toMatchObject({ code: 0 });
  });
});
