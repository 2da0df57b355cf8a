import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { build, makeSite, program, type Ran, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { position, until } from '../support/pending.js';

const CLUSTER = 'etc/pve/firewall/cluster.fw';
const HOST = 'etc/pve/nodes/pve1/host.fw';
const INTERFACES = 'auto eth0\niface eth0 inet static\n\taddress 192.0.2.10/24\n\tgateway 192.0.2.1\n';
const on = '[OPTIONS]\nenable: 1\n';
const letIn = '[RULES]\nIN ACCEPT -source 198.51.100.7 -p tcp -dport 22\n';
/** The port is one sshd does not listen on here: the session is known by what it says, not by its number. */
const PORT = 2222;

let site: TestSite;
let node: TestNamespace;
let away: TestNamespace;
let children: ChildProcess[];
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite({
    [CLUSTER]: on,
    [HOST]: letIn.replace('22', String(PORT)),
    'etc/network/interfaces': INTERFACES,
    'etc/hosts': '192.0.2.10 pve1\n',
  });
  node = makeNamespace();
  away = makeNamespace();
  children = [];
  node.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', away.name);
  // Nothing but what the test does is to change anything: no addresses of its own, no neighbours.
  node.run('sysctl', ['-q', '-w', 'net.ipv6.conf.eth0.disable_ipv6=1']);
  node.ip('link', 'set', 'eth0', 'up');
  node.ip('address', 'add', '192.0.2.10/24', 'dev', 'eth0');
  away.ip('link', 'set', 'eth0', 'up');
  away.ip('address', 'add', '192.0.2.1/24', 'dev', 'eth0');
  away.ip('address', 'add', '198.51.100.7/32', 'dev', 'lo');
  node.ip('route', 'add', 'default', 'via', '192.0.2.1', 'dev', 'eth0', 'onlink');
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  node.remove();
  away.remove();
  site.remove();
});

/** Starts a program of Node in a namespace and waits for its first line. */
async function start(where: TestNamespace, body: string): Promise<{ child: ChildProcess; line: string }> {
  const args = ['netns', 'exec', where.name, process.execPath, '-e', body];
  const child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return { child, line: await nextLine(child) };
}

async function nextLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  const [chunk] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
  return String(chunk).trim();
}

/** A connection from 198.51.100.7 that stays open: its ends as sshd says them, and whether an echo comes back. */
async function connect(): Promise<{ said: string; echoes(): Promise<string> }> {
  await start(
    node,
    `require('node:net').createServer((s) => s.pipe(s)).listen(${PORT}, '192.0.2.10', () => console.log('listening'))`,
  );
  const { child, line } = await start(
    away,
    `const s = require('node:net').connect({ host: '192.0.2.10', port: ${PORT}, localAddress: '198.51.100.7' }, () => console.log(s.localPort));
     s.on('data', (data) => process.stdout.write(data)); process.stdin.pipe(s)`,
  );
  let count = 0;
  return {
    said: `198.51.100.7 ${line} 192.0.2.10 ${PORT}`,
    echoes: () => {
      count += 1;
      child.stdin?.write(`echo ${count}\n`);
      return nextLine(child);
    },
  };
}

/** Runs ringwall from this namespace on the node's, in a session that says so; `through` starts it, as sudo does. */
function run(said: string | null, args: readonly string[], through: readonly string[] = []): Ran {
  const { SSH_CONNECTION: _, ...env } = process.env;
  const options = ['--root', site.root, '--state', site.state, '--netns', node.name];
  const [file = process.execPath, ...rest] = [...through, process.execPath, program, ...args, ...options];
  const { status, stdout, stderr } = spawnSync(file, rest, {
    encoding: 'utf8',
    input: '',
    env: said === null ? env : { ...env, SSH_CONNECTION: said },
  });
  return { code: status, out: stdout, err: stderr };
}

/** All that the node and the state directory hold, but for counters of packets, and the number of the process that held the lock last. */
const everything = (): unknown => ({
  rules: node.nft('-a', '-s', 'list', 'ruleset'),
  links: node.ip('-json', 'address', 'show').replace(/"(valid|preferred)_life_time":\d+/g, ''),
  routes: node.ip('route', 'show', 'table', 'all'),
  state: readdirSync(site.state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'lock')
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')]),
});

describe('a session', () => {
  test('lives through a good change; a bad one is refused and leaves everything byte for byte', async () => {
    const session = await connect();
    expect(await session.echoes()).toBe('echo 1');
    expect(run(session.said, ['apply']).code).toBe(0);
    expect(await session.echoes()).toBe('echo 2');

    const before = everything();
    site.write(HOST, '[RULES]\nIN DROP -source 198.51.100.0/24\n');
    const planned = run(session.said, ['plan']);
    expect(planned.code).toBe(2);
    const line = `your SSH session, 198.51.100.7 to port ${PORT}/tcp: DROP by ${HOST}:2: IN DROP -source 198.51.100.0/24\n`;
    expect(planned.err).toBe(`warning: this would close a way by which administrators get in:\n  ${line}`);
    const refused = run(session.said, ['apply', '--yes']);
    expect(refused.code).toBe(3);
    expect(refused.err).toContain(`ringwall:   ${line}  help: nothing was changed`);
    expect(everything()).toEqual(before);
    expect(await session.echoes()).toBe('echo 3');

    const forced = run(session.said, ['apply', '--yes', '--force']);
    expect(forced).toMatchObject({ code: 0, err: planned.err });
    // The connection itself is established, and stays; another one is not let in.
    expect(await session.echoes()).toBe('echo 4');
    expect(run(session.said, ['apply', '--yes'])).toMatchObject({ code: 0, err: '' });
  }, 60_000);

  test('a change that goes back by itself may close it, and opens it again', async () => {
    const session = await connect();
    expect(run(session.said, ['apply']).code).toBe(0);
    const rules = node.nft('-s', 'list', 'ruleset');
    site.write(HOST, '[RULES]\nIN DROP -source 198.51.100.0/24\n');
    const { code, err } = run(session.said, ['apply', '--confirm', '1']);
    expect(err).toContain('warning: this would close a way by which administrators get in:\n  your SSH session');
    expect(code).toBe(0);
    await until(() => position(site.state).pending === null, 'it is taken back');
    expect(node.nft('-s', 'list', 'ruleset')).toBe(rules);
    expect(await session.echoes()).toBe('echo 1');
  }, 60_000);

  test('is known to a process that was not told, by those it comes from', async () => {
    const session = await connect();
    expect(run(session.said, ['apply']).code).toBe(0);
    site.write(HOST, '[RULES]\n');
    expect(run(null, ['apply']).code).toBe(0);
    site.write(HOST, letIn.replace('22', String(PORT)));
    expect(run(null, ['apply']).code).toBe(0);
    site.write(HOST, '[RULES]\n');
    // As sudo: a parent with the variable, which it does not hand on; `;` keeps the shell from becoming the program.
    const sudo = ['bash', '-c', 'env -u SSH_CONNECTION "$@"; exit $?', 'bash'];
    const refused = run(session.said, ['apply'], sudo);
    expect(refused.code).toBe(3);
    expect(refused.err).toContain('your SSH session, 198.51.100.7');
  }, 60_000);

  test('of another namespace is none of this one', async () => {
    site.write(HOST, '[RULES]\n');
    expect(run(`198.51.100.7 50000 192.0.2.10 ${PORT}`, ['apply'])).toMatchObject({ code: 0, err: '' });
  });
});

describe('without a session', () => {
  test('--keep says who has to get in, and rollback asks too', () => {
    const keep = ['--keep', `198.51.100.7:${PORT}/tcp`, '--keep', '203.0.113.5:161/udp'];
    site.write(HOST, '[RULES]\n');
    expect(run(null, ['apply']).code).toBe(0);
    site.write(HOST, letIn.replace('22', String(PORT)));
    expect(run(null, ['apply', ...keep]).code).toBe(0);
    const before = everything();
    const { code, err } = run(null, ['rollback', ...keep]);
    expect(code).toBe(3);
    expect(err).toContain(`--keep, 198.51.100.7 to port ${PORT}/tcp: DROP by policy_in, which no line sets\n`);
    expect(err).not.toContain('203.0.113.5');
    expect(everything()).toEqual(before);
    expect(run(null, ['rollback', ...keep, '--force'])).toMatchObject({ code: 0, err: '' });
  }, 60_000);

  test('those who may manage the node get in', () => {
    expect(run(null, ['apply']).code).toBe(0);
    site.write(CLUSTER, `${on}[RULES]\nIN DROP -p tcp -dport 8006\n`);
    const { code, out } = run(null, ['apply', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'lock-out' } });
    const { closed } = JSON.parse(run(null, ['plan', '--json']).out);
    expect(closed).toEqual(
      ['192.0.2.0', '192.0.2.255'].map((address) => ({
        way: `management, ${address} to port 8006/tcp`,
        verdict: 'DROP',
        origin: { file: CLUSTER, line: 4 },
        note: null,
      })),
    );
  }, 60_000);

  test('what is no way is wrong usage', () => {
    expect(run(null, ['plan', '--keep', 'example.org:22/tcp'])).toMatchObject({ code: 64 });
  });
});

describe('links', () => {
  test('the address of the session goes with its link', async () => {
    const session = await connect();
    expect(run(session.said, ['apply']).code).toBe(0);
    const before = everything();
    site.write('etc/network/interfaces', INTERFACES.replace('192.0.2.10', '192.0.2.11'));
    const { code, err } = run(session.said, ['apply']);
    expect(code).toBe(3);
    expect(err).toContain(`198.51.100.7 to port ${PORT}/tcp: no link that is up has the address`);
    expect(everything()).toEqual(before);
    expect(await session.echoes()).toBe('echo 1');
  }, 60_000);
});
