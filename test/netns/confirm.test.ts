import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readPosition, writePosition } from '../../src/apply/position.js';
import { nodeFiles } from '../../src/ports/index.js';
import { build, hostOnly, makeSite, program, ringwall, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { deadlineIn, kill, position, runsFor, until, watchmenOf } from '../support/pending.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';
const INTERFACES = 'etc/network/interfaces';
const bridge = (address: string): string => `auto br1\niface br1\n\tbridge-ports none\n\taddress ${address}/24\n`;

let site: TestSite;
let netns: TestNamespace;
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite({ ...hostOnly, [INTERFACES]: bridge('192.0.2.1') });
  netns = makeNamespace();
});
afterEach(() => {
  for (const { pid } of runsFor(site.state)) kill(pid);
  netns.remove();
  site.remove();
});

const options = (): string[] => ['--root', site.root, '--state', site.state, '--netns', netns.name];
const run = (...args: string[]) => ringwall([...args, ...options()]);
const json = (...args: string[]) => JSON.parse(run(...args, '--json').out);
const kernel = (): string =>
  netns.nft('-s', 'list', 'ruleset') +
  netns
    .ip('-brief', 'address', 'show')
    .replace(/ fe80::\S+/g, '')
    .replace(/ +/g, ' ');
const settled = (): boolean => position(site.state).pending === null;

/** Generation 1 is in force, and the files say something else. */
function changed(): string {
  expect(run('apply').code).toBe(0);
  site.write(HOST, hostOnly[HOST].replace('443', '8443'));
  site.write(INTERFACES, bridge('192.0.2.2'));
  return kernel();
}

describe('a pending change', () => {
  test('is in force, is shown, and goes back with rules, links and addresses', async () => {
    const old = changed();
    const { pending, ...applied } = json('apply', '--confirm', '20');
    expect(applied).toMatchObject({ generation: 2 });
    expect(Date.parse(pending.until) - Date.now()).toBeLessThanOrEqual(20_000);
    expect(kernel()).toContain('tcp dport 8443');
    expect(netns.ip('-brief', 'address', 'show', 'br1')).toContain('192.0.2.2/24');
    expect(json('status')).toMatchObject({
      generation: 2,
      pending: { generation: 2, back: 1, until: pending.until },
      drift: [],
    });
    expect(json('rollback')).toEqual({ generation: 1, takenBack: 2 });
    expect(kernel()).toBe(old);
    expect(json('history')).toMatchObject([
      { generation: 2, confirmed: false, current: false },
      { generation: 1, confirmed: true, current: true },
    ]);
    await until(() => runsFor(site.state).length === 0, 'the watchmen went home');
  }, 60_000);

  test('that is the first one of all leaves nothing of ours', async () => {
    const old = kernel();
    expect(run('apply', '--confirm', '1').code).toBe(0);
    await until(settled, 'it is taken back');
    expect(kernel()).toBe(old);
    expect(netns.nft('list', 'tables')).toBe('');
  }, 60_000);

  test('keeps others out, unless they go on from it', async () => {
    const old = changed();
    expect(run('apply', '--confirm', '50').code).toBe(0);
    const pending = kernel();
    for (const other of [['apply'], ['apply', '--confirm', '5'], ['clear'], ['rollback', '2']]) {
      const { code, err } = run(...other);
      expect(err).toContain('ringwall: a change is pending: generation 2');
      expect(code).toBe(3);
    }
    expect(kernel()).toBe(pending);
    site.write(HOST, hostOnly[HOST].replace('443', '9443'));
    expect(run('apply', '--confirm', '50', '--extend').code).toBe(0);
    expect(json('confirm', '--extend', '1')).toMatchObject({ generation: 3 });
    await until(settled, 'it is taken back');
    expect(kernel()).toBe(old);
  }, 90_000);

  test('of another start of the machine is taken back by the next run', () => {
    const old = changed();
    expect(run('apply', '--confirm', '50').code).toBe(0);
    for (const { pid } of runsFor(site.state)) kill(pid);
    const records = { files: nodeFiles, path: site.state };
    const { pending, ...rest } = readPosition(records);
    writePosition(records, { ...rest, pending: pending && { ...pending, bootId: 'another' } });
    expect(json('recover')).toEqual({ generation: 1, takenBack: 2, interrupted: null });
    expect(kernel()).toBe(old);
  }, 60_000);

  test('goes back on a full disk', async () => {
    mkdirSync(site.state, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', site.state]);
    try {
      const old = changed();
      expect(run('apply', '--confirm', '3').code).toBe(0);
      expect(() =>
        execFileSync('dd', ['if=/dev/zero', `of=${site.state}/filler`, 'bs=4k'], { stdio: 'ignore' }),
      ).toThrow();
      await until(() => kernel() === old, 'the kernel is as it was');
      await until(settled, 'the record says so');
      expect(run('confirm').err).toContain('no change is pending');
    } finally {
      for (const { pid } of runsFor(site.state)) kill(pid);
      await until(() => runsFor(site.state).length === 0, 'nobody uses it');
      execFileSync('umount', [site.state]);
    }
  }, 90_000);
});

describe('watchmen', () => {
  const here = fileURLToPath(new URL('../../dist/ports/index.js', import.meta.url));

  /** A process that has the lock on the records. */
  async function lockHolder(): Promise<number> {
    const body = `const { nodeFiles } = await import(${JSON.stringify(here)});
      if (nodeFiles.lock(${JSON.stringify(join(site.state, 'lock'))}).held) console.log('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', body], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return child.pid ?? 0;
  }

  test('are not kept from going back by a process that is stopped', async () => {
    const old = changed();
    expect(run('apply', '--confirm', '3').code).toBe(0);
    const deadline = deadlineIn(site.state) ?? 0;
    const holder = await lockHolder();
    try {
      process.kill(holder, 'SIGSTOP');
      expect((await until(settled, 'it is taken back')) - deadline).toBeLessThan(5000);
      expect(kernel()).toBe(old);
    } finally {
      kill(holder);
    }
  }, 60_000);

  test('take the change back and go home when the state directory is removed, and leave none', async () => {
    const old = changed();
    expect(run('apply', '--confirm', '500').code).toBe(0);
    // What they never read they cannot keep.
    await until(() => watchmenOf(site.state).length === 2, 'the watchmen are there');
    await sleep(500);
    rmSync(site.state, { recursive: true });
    await until(() => runsFor(site.state).length === 0, 'the watchmen went home');
    expect(kernel()).toBe(old);
    expect(existsSync(site.state)).toBe(false);
  }, 60_000);

  test('go home at the deadline when the network namespace is removed, and do not come again', async () => {
    changed();
    site.write(HOST, `${hostOnly[HOST]}[OPTIONS]\nnf_conntrack_tcp_timeout_established: 8000\n`);
    expect(run('apply', '--confirm', '5').code).toBe(0);
    const lost = netns;
    netns = makeNamespace();
    lost.remove();
    const deadline = deadlineIn(site.state) ?? 0;
    const ended = await until(() => runsFor(site.state).length === 0, 'the watchmen went home');
    expect(ended - deadline).toBeLessThan(5000);
    const late = ringwall(['recover', '--await', '--root', site.root, '--state', site.state, '--netns', lost.name]);
    expect(late).toEqual({
      code: 0,
      out: '',
      err: `there is no network namespace ${lost.name} any more, and nothing to take back in it\n`,
    });
  }, 60_000);
});

describe('a confirm and the deadline', () => {
  test('have one winner, and the records say which', async () => {
    expect(run('apply').code).toBe(0);
    const kept: boolean[] = [];
    // Comes later after each win and earlier after each loss, so that it comes about when the deadline does.
    let delay = 1500;
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const old = kernel();
      const before = position(site.state).current;
      site.write(HOST, `${hostOnly[HOST]}IN ACCEPT -p tcp -dport ${3000 + attempt}\n`);
      expect(run('apply', '--confirm', '3').code).toBe(0);
      const fresh = kernel();
      const { generation } = position(site.state).pending ?? { generation: 0 };
      await sleep(delay);
      const { code, err } = run('confirm');
      await until(settled, 'somebody has won');
      const { current, confirmed } = position(site.state);
      expect(current).toBe(confirmed);
      if (code === 0) expect([current, kernel()]).toEqual([generation, fresh]);
      else {
        expect(err).toMatch(/too late|no change is pending/);
        expect([current, kernel()]).toEqual([before, old]);
      }
      kept.push(code === 0);
      delay = Math.max(0, delay + (code === 0 ? 150 : -150));
    }
    process.stdout.write(`${kept.filter((won) => won).length} of ${kept.length} confirms came in time\n`);
  }, 180_000);
});

describe('probes', () => {
  let listener: ChildProcess | undefined;
  afterEach(() => {
    if (listener?.pid !== undefined) kill(listener.pid);
  });

  test('what can be reached leaves the change pending; what cannot takes it back at once', async () => {
    const old = changed();
    const body = "require('node:net').createServer().listen(7, '::1', () => console.log('listening'))";
    listener = spawn('ip', ['netns', 'exec', netns.name, process.execPath, '-e', body], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => listener?.stdout?.once('data', resolve));
    const good = ['--probe', 'tcp:[::1]:7'];
    expect(json('apply', '--confirm', '50', ...good)).toMatchObject({ generation: 2, pending: {} });
    expect(run('rollback').code).toBe(0);
    const { code, err } = run('apply', '--confirm', '50', ...good, '--probe', 'tcp:127.0.0.1:9');
    expect(err).toContain('ringwall: tcp:127.0.0.1:9: exit code 1: ECONNREFUSED\n');
    expect(code).toBe(1);
    expect(kernel()).toBe(old);
    expect(settled()).toBe(true);
  }, 60_000);

  test('that make no sense are wrong usage', () => {
    expect(run('apply', '--confirm', '5', '--probe', 'udp:127.0.0.1:9').code).toBe(64);
    expect(run('apply', '--confirm', '5', '--probe', 'tcp:::1:9').code).toBe(64);
    expect(run('apply', '--probe', 'tcp:127.0.0.1:9').code).toBe(64);
  });
});

describe('on a terminal', () => {
  /** Runs `apply --confirm` there, and types `reply` once it counts down. */
  const onTerminal = (seconds: string, reply: string | null): Promise<{ code: number | null; out: string }> => {
    const words = [program, 'apply', '--yes', '--confirm', seconds, ...options()];
    const terminal = spawn('script', ['-qec', words.join(' '), '/dev/null']);
    let out = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      const first = !out.includes('press Enter');
      out += text;
      if (first && out.includes('press Enter') && reply !== null) terminal.stdin.write(reply);
    });
    return new Promise((resolve) => terminal.on('close', (code) => resolve({ code, out })));
  };

  test('Enter confirms', async () => {
    changed();
    const { code, out } = await onTerminal('50', '\n');
    expect(out).toContain('generation 2 goes back to generation 1 in 50 s: press Enter to confirm it');
    expect(out).toContain('generation 2 is confirmed');
    expect(code).toBe(0);
    expect(position(site.state)).toMatchObject({ current: 2, confirmed: 2, pending: null });
  }, 60_000);

  test('nothing does not', async () => {
    const old = changed();
    const { code, out } = await onTerminal('2', null);
    expect(out).toContain('not confirmed: generation 2 goes back to generation 1, which is in force again');
    expect(code).toBe(1);
    expect(kernel()).toBe(old);
  }, 60_000);
});
