import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nodeFiles } from '../../src/ports/index.js';
import { build, hostOnly, makeSite, program, ringwall, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';

let site: TestSite;
let netns: TestNamespace;
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite(hostOnly);
  netns = makeNamespace();
});
afterEach(() => {
  netns.remove();
  site.remove();
});

const run = (...args: string[]) =>
  ringwall([...args, '--root', site.root, '--state', site.state, '--netns', netns.name]);
const json = (...args: string[]) => JSON.parse(run(...args, '--json').out);
const edit = (from: string, to: string): void => site.write(HOST, hostOnly[HOST].replace(from, to));

/** The rules of our tables with handles, so that a rule that was written again shows. */
const rules = (): string => netns.nft('-a', 'list', 'table', 'inet', 'ringwall');

describe('plan, apply, and back', () => {
  test('plan changes nothing; apply does, and then there is nothing to do', () => {
    const planned = run('plan');
    expect(planned.code).toBe(2);
    expect(planned.out).toContain('+ rule host.fw:2  inet/host-in  tcp dport 80 counter accept\n');
    expect(netns.nft('list', 'ruleset')).toBe('');

    const { summary } = json('plan');
    const applied = json('apply');
    expect(applied).toEqual({ generation: 1, changed: summary.create, pending: null });
    expect(rules()).toContain('tcp dport 80 counter packets 0 bytes 0 accept comment "host.fw:2"');

    expect(run('plan')).toEqual({ code: 0, out: 'no changes: the kernel holds what the files say\n', err: '' });
    const before = rules();
    expect(json('apply')).toEqual({ generation: 1, changed: 0, pending: null });
    expect(rules()).toBe(before);
  });

  test('one edited rule is one line of plan, and the counters of the others go on', () => {
    run('apply');
    netns.nft('add', 'table', 'inet', 'foreign');
    // Refused at once, by nobody listening: the packets pass `iifname "lo"`.
    const knock = "require('node:net').connect(9, '127.0.0.1').on('error', () => {})";
    execFileSync('ip', ['netns', 'exec', netns.name, process.execPath, '-e', knock]);
    const before = rules().split('\n');
    expect(before.join('\n')).toMatch(/iifname "lo" counter packets [1-9]/);
    edit('443', '8443');
    expect(run('plan').out).toBe(
      '~ rule host.fw:3  inet/host-in  tcp dport 8443 counter accept\nplan: 0 to create, 1 to update, 0 to delete\n',
    );
    expect(json('plan').changes).toEqual([
      {
        action: 'update',
        kind: 'rule',
        name: 'host-in',
        table: 'inet ringwall',
        text: 'tcp dport 8443 counter accept',
        origin: { file: HOST, line: 3 },
      },
    ]);
    expect(json('apply')).toMatchObject({ generation: 2, changed: 1 });
    const after = rules().split('\n');
    expect(after.filter((line) => !before.includes(line))).toEqual([expect.stringContaining('tcp dport 8443')]);
    expect(netns.nft('list', 'tables')).toContain('table inet foreign\n');
  });

  test('an edited set sends its elements only', () => {
    run('apply');
    const before = rules();
    site.write('etc/pve/firewall/cluster.fw', hostOnly['etc/pve/firewall/cluster.fw'].replace('/24', '/25'));
    expect(run('apply').out).toMatch(
      /^- element {2}inet\/\S+ {2}192\.0\.2\.0\/24\n\+ element cluster\.fw:4 {2}inet\/\S+ {2}192\.0\.2\.0\/25\n/,
    );
    expect(rules()).toBe(before.replaceAll('192.0.2.0/24', '192.0.2.0/25'));
  });

  test('rollback, history, clear, and back again', () => {
    run('apply');
    const first = netns.nft('list', 'ruleset');
    edit('443', '8443');
    run('apply');
    expect(run('rollback')).toMatchObject({ code: 0, err: '' });
    expect(netns.nft('list', 'ruleset')).toBe(first);
    expect(json('history')).toEqual([
      expect.objectContaining({ generation: 2, summary: '1 updated', current: false }),
      expect.objectContaining({ generation: 1, current: true, confirmed: true, node: 'pve1' }),
    ]);
    expect(json('clear')).toEqual({ removed: ['inet ringwall'], restored: [] });
    expect(netns.nft('list', 'ruleset')).toBe('');
    expect(run('status').code).toBe(0);
    expect(json('rollback')).toMatchObject({ generation: 1 });
    expect(netns.nft('list', 'ruleset')).toBe(first);
  });

  test('status finds what others did, and apply repairs only that', () => {
    run('apply');
    const good = rules();
    netns.nft('add', 'rule', 'inet', 'ringwall', 'host-in', 'drop');
    netns.nft('add', 'chain', 'inet', 'ringwall', 'extra');
    netns.nft('add', 'set', 'inet', 'ringwall', 'things', '{ type ifname ; }');
    const { code, out } = run('status');
    expect(code).toBe(2);
    expect(out).toContain('set  inet/things  does not belong here: foreign\n');
    expect(out).toContain('chain  inet/extra  does not belong here');
    expect(json('status')).toMatchObject({ generation: 1, pending: null, drift: { length: 3 } });
    expect(json('apply')).toMatchObject({ changed: 3 });
    expect(rules()).toBe(good);
    expect(run('status')).toEqual({ code: 0, out: 'generation 2: the kernel holds what was applied\n', err: '' });
  });
});

describe('on a terminal', () => {
  /** Runs `apply` on a pseudo terminal and types `reply` when it asks. */
  const onTerminal = (reply: string, ...args: string[]): Promise<{ code: number | null; out: string }> => {
    const words = [program, 'apply', '--root', site.root, '--state', site.state, '--netns', netns.name, ...args];
    const terminal = spawn('script', ['-qec', words.join(' '), '/dev/null']);
    let out = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!out.includes('[y/N]') && (out + text).includes('[y/N]')) terminal.stdin.write(reply);
      out += text;
    });
    return new Promise((resolve) => terminal.on('close', (code) => resolve({ code, out })));
  };

  test.each<[string, string, number, string]>([
    ['n', 'n\n', 1, 'ringwall: not applied: nothing was changed'],
    ['Enter', '\n', 1, 'ringwall: not applied: nothing was changed'],
    ['the end of input', '\x04', 1, 'ringwall: not applied: nothing was changed'],
    ['y', 'y\n', 0, 'generation 1: '],
  ])('%s', async (_name, reply, code, said) => {
    const ran = await onTerminal(reply);
    expect(ran.out).toContain(said);
    expect(ran.code).toBe(code);
    expect(netns.nft('list', 'ruleset') === '').toBe(code !== 0);
  });

  test('--yes does not ask', async () => {
    const { code, out } = await onTerminal('', '--yes');
    expect(out).not.toContain('[y/N]');
    expect(code).toBe(0);
  });
});

describe('what is refused leaves everything as it was', () => {
  test('a site with errors, unless tolerated', () => {
    run('apply');
    const before = rules();
    edit('IN ACCEPT -p tcp -dport 443', 'IN ACCEPT -p tcp -dport 99999');
    const { code, err } = run('apply');
    expect(code).toBe(1);
    expect(err).toMatch(/host\.fw:3:\d+: error\[/);
    expect(err).toContain('ringwall: the site has 1 error: nothing was changed\n');
    expect(rules()).toBe(before);
    expect(run('apply', '--tolerant').code).toBe(0);
    expect(rules()).not.toContain('443');
  });

  test('an empty etc/pve', () => {
    run('apply');
    const before = rules();
    const other = join(site.folder, 'unmounted');
    mkdirSync(join(other, 'etc/pve'), { recursive: true });
    mkdirSync(join(other, 'etc/network'), { recursive: true });
    writeFileSync(join(other, 'etc/network/interfaces'), 'auto lo\n');
    const refused = ringwall(['apply', '--root', other, '--state', site.state, '--netns', netns.name]);
    expect(refused.err).toContain('etc/pve is empty or not there: there is no site to apply');
    expect(refused.code).toBe(1);
    expect(rules()).toBe(before);
  });

  test.each<[string, string[], RegExp]>([
    [
      'a namespace that is not there',
      ['--netns', 'no-such-namespace'],
      /there is no network namespace no-such-namespace/,
    ],
    ['a namespace name that is a path', ['--netns', '../../etc'], /is not a name of a network namespace/],
  ])('%s', (_name, args, message) => {
    const { code, err } = ringwall(['plan', '--root', site.root, ...args]);
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });

  test('another run that holds the lock', () => {
    nodeFiles.makeDirectory(site.state);
    const lock = nodeFiles.lock(`${site.state}/lock`);
    try {
      const { code, err } = run('apply');
      expect(err).toBe(
        `ringwall: another run of ringwall (pid ${process.pid}) is changing the rules\n  help: wait until it is done, then run again\n`,
      );
      expect(code).toBe(1);
    } finally {
      if (lock.held) lock.release();
    }
  });

  test('a state directory others can enter', () => {
    mkdirSync(site.state, { mode: 0o755 });
    const { code, err } = run('apply');
    expect(err).toContain(`${site.state} is open to other users`);
    expect(code).toBe(1);
    expect(netns.nft('list', 'ruleset')).toBe('');
  });

  test('a full disk', () => {
    mkdirSync(site.state, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=0700', 'tmpfs', site.state]);
    try {
      const { code, err } = run('apply');
      expect(err).toMatch(/No space left to write \S+\/ruleset\.json: nothing was changed/);
      expect(code).toBe(1);
      expect(netns.nft('list', 'ruleset')).toBe('');
      expect(json('history')).toEqual([]);
    } finally {
      execFileSync('umount', [site.state]);
    }
  });

  test('a kernel without bridge conntrack names the feature and the guest', () => {
    site.write('etc/pve/nodes/pve1/qemu-server/100.conf', 'net0: virtio=02:00:00:00:00:01,bridge=vmbr0,firewall=1\n');
    site.write('etc/pve/firewall/100.fw', '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p tcp -dport 22\n');
    const { code, out, err } = run('plan');
    if (code === 2) {
      expect(out).toContain('bridge/');
    } else {
      expect(err).toMatch(
        /this kernel has no connection tracking in the bridge family .*needed by the rules of guest 100/,
      );
      expect(code).toBe(1);
    }
  });
});

test('records are private', () => {
  run('apply');
  const entries = readdirSync(site.state, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const { mode } = statSync(join(entry.parentPath, entry.name));
    expect((mode & 0o777).toString(8)).toBe(entry.isDirectory() ? '700' : '600');
  }
  expect(entries.length).toBeGreaterThan(5);
});
