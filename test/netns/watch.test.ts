import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { build, hostOnly, makeSite, program, ringwall, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';
const CLUSTER = 'etc/pve/firewall/cluster.fw';
/** Long enough for the slowest machine. */
const PATIENCE = 30_000;

interface Told {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** `ringwall watch` as a process of its own, and what it tells. */
class Watch {
  readonly #child: ChildProcess;
  readonly #told: Told[] = [];
  #err = '';
  readonly #ended: Promise<number | null>;
  #seen = 0;

  constructor(site: TestSite, netns: TestNamespace, ...args: string[]) {
    const where = ['--root', site.root, '--state', site.state, '--netns', netns.name];
    this.#child = spawn(process.execPath, [program, 'watch', '--json', ...where, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      this.#told.push(...lines.map((line): Told => JSON.parse(line)));
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      this.#err += part;
    });
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  /** The next event of that name; those before it are passed over. */
  async next(event: string): Promise<Told> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      while (this.#seen < this.#told.length) {
        const told = this.#told[this.#seen];
        this.#seen += 1;
        if (told?.event === event) return told;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no event ${event}: ${JSON.stringify(this.#told)} ${this.#err}`);
  }

  async end(signal: NodeJS.Signals): Promise<{ code: number | null; err: string; last: Told | undefined }> {
    this.#child.kill(signal);
    const code = await this.#ended;
    return { code, err: this.#err, last: this.#told.at(-1) };
  }
}

let site: TestSite;
let netns: TestNamespace;
let running: Watch[];
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite(hostOnly);
  netns = makeNamespace();
  running = [];
});
afterEach(async () => {
  for (const one of running) await one.end('SIGKILL');
  netns.remove();
  site.remove();
});

const watch = (...args: string[]): Watch => {
  const started = new Watch(site, netns, ...args);
  running.push(started);
  return started;
};
const run = (...args: string[]) =>
  ringwall([...args, '--root', site.root, '--state', site.state, '--netns', netns.name]);
/** Without what packets count meanwhile. */
const held = (): string => netns.nft('list', 'ruleset').replace(/packets \d+ bytes \d+/g, 'packets 0 bytes 0');
const replace = (file: keyof typeof hostOnly, from: string, to: string): void =>
  site.write(file, hostOnly[file].replace(from, to));

test('each change of the files is a generation; SIGTERM ends it and leaves the rules', async () => {
  const watching = watch();
  expect(await watching.next('applied')).toMatchObject({ cause: 'start', generation: 1, time: expect.any(String) });
  replace(HOST, '443', '8443');
  expect(await watching.next('applied')).toMatchObject({ cause: 'files', generation: 2, changed: 1 });
  expect(held()).toContain('tcp dport 8443');
  // As long as before, within the same second.
  replace(HOST, '443', '9443');
  expect(await watching.next('applied')).toMatchObject({ cause: 'files', generation: 3, changed: 1 });
  site.write('etc/pve/nodes/pve1/qemu-server/100.conf', 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0\n');
  const before = held();
  expect(await watching.end('SIGTERM')).toMatchObject({ code: 0, err: '', last: { event: 'stopped' } });
  expect(held()).toBe(before);
  expect(run('history').out.split('\n').slice(0, 3)).toEqual([
    expect.stringContaining('3'),
    expect.stringContaining('2'),
    expect.stringContaining('1'),
  ]);
});

test('killed, it leaves the rules, and the next one goes on', async () => {
  const watching = watch();
  await watching.next('applied');
  const before = held();
  await watching.end('SIGKILL');
  expect(held()).toBe(before);
  expect(await watch().next('applied')).toMatchObject({ cause: 'start', generation: 1, changed: 0 });
});

test('a line with an error does nothing, and a site that cannot be read changes nothing', async () => {
  const watching = watch();
  await watching.next('applied');
  replace(HOST, '443', 'nonsense');
  expect(await watching.next('site')).toMatchObject({
    errors: 1,
    diagnostics: [{ code: 'value/bad-port', file: HOST, line: 3 }],
  });
  expect(await watching.next('applied')).toMatchObject({ generation: 2, changed: 1 });
  expect(held()).toContain('tcp dport 80');
  const before = held();
  rmSync(join(site.root, 'etc/pve'), { recursive: true });
  expect(await watching.next('failed')).toMatchObject({ cause: 'files', error: { code: 'no-site' } });
  expect(held()).toBe(before);
  site.write(CLUSTER, hostOnly[CLUSTER]);
  site.write(HOST, hostOnly[HOST]);
  expect(await watching.next('applied')).toMatchObject({ cause: 'files', generation: 3 });
});

test('what would lock the administrators out is refused, and told', async () => {
  netns.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far');
  for (const name of ['eth0', 'far']) netns.ip('link', 'set', name, 'up');
  netns.ip('address', 'add', '192.0.2.10/24', 'dev', 'eth0');
  site.write('etc/hosts', '192.0.2.10 pve1\n');
  site.write(CLUSTER, hostOnly[CLUSTER].replace('office', 'management'));
  site.write(HOST, '[RULES]\n');
  const watching = watch();
  await watching.next('applied');
  const before = held();
  site.write(HOST, '[RULES]\nIN DROP -p tcp -dport 22\n');
  expect(await watching.next('refused')).toMatchObject({ cause: 'files', error: { code: 'lock-out' } });
  expect(held()).toBe(before);
  expect(run('status').code).toBe(0);
});

test('a trial of `enable` is switched off when its time is over', async () => {
  const start = Math.floor(Date.now() / 1000) - 57;
  replace(CLUSTER, 'enable: 1', `enable: ${start}`);
  const watching = watch();
  expect(await watching.next('applied')).toMatchObject({ cause: 'start', generation: 1 });
  expect(held()).toContain('chain host-in');
  expect(await watching.next('applied')).toMatchObject({ cause: 'time', generation: 2 });
  expect(held()).toBe('');
});

test('status names who committed, for as long as somebody listens', async () => {
  const watching = watch();
  await watching.next('applied');
  netns.nft('add', 'rule', 'inet', 'ringwall', 'host-in', 'accept');
  expect(await watching.next('commit')).toMatchObject({ process: 'nft', touched: ['inet/host-in'] });
  expect(run('status').out).toMatch(
    /^rule {2}inet\/host-in {2}does not belong here: foreign rule, handle \d+ {2}by nft \(pid \d+\), \d{4}-/,
  );
  const { drift } = JSON.parse(run('status', '--json').out);
  expect(drift).toEqual([
    expect.objectContaining({ by: { process: 'nft', pid: expect.any(Number), time: expect.any(String) } }),
  ]);
  await watching.end('SIGTERM');
  expect(run('status').out).not.toContain('by nft');
});

test('a rollback stays until the files change', async () => {
  const watching = watch();
  await watching.next('applied');
  replace(HOST, '443', '8443');
  await watching.next('applied');
  expect(run('rollback').code).toBe(0);
  const before = held();
  await watching.next('commit');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(held()).toBe(before);
  replace(HOST, '443', '9443');
  expect(await watching.next('applied')).toMatchObject({ cause: 'files', generation: 3 });
});

test('there is one at a time', async () => {
  await watch().next('started');
  const second = run('watch');
  expect(second).toMatchObject({ code: 1, out: '' });
  expect(second.err).toMatch(/^ringwall: the process \d+ watches already/);
});

test('a guest’s port that comes gets the VLANs and the bridge its files say', async () => {
  site.write(
    'etc/network/interfaces',
    'auto vmbr0\niface vmbr0 inet manual\n\tbridge-ports none\n\tbridge-stp off\n\tbridge-fd 0\n',
  );
  site.write('etc/pve/nodes/pve1/qemu-server/100.conf', 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0\n');
  const watching = watch();
  await watching.next('applied');
  netns.ip('link', 'add', 'tap100i0', 'type', 'veth', 'peer', 'name', 'inside');
  expect(await watching.next('applied')).toMatchObject({ cause: 'links', generation: 2 });
  expect(netns.ip('link', 'show', 'tap100i0')).toContain('master vmbr0');
});
