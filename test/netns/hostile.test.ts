import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { check } from '../../src/cli/check.js';
import { compile } from '../../src/cli/compile.js';
import { build, hostOnly, makeSite, program, type TestSite } from '../support/cli.js';
import { contextOn } from '../support/context.js';
import { HARMFUL } from '../support/crafted/payloads.js';
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

/** What a command says may not act on a terminal. */
async function run(...args: string[]): Promise<RanHere> {
  const ran = await runHere(args);
  expect(ran.out.replaceAll('\t', '')).not.toMatch(HARMFUL);
  expect(ran.err).not.toMatch(HARMFUL);
  expect(ran.err + ran.out).not.toContain('this is a bug');
  return ran;
}

const here = () => ['--root', site.root, '--state', site.state, '--netns', netns.name];

const ESCAPE = '\x1b]0;owned\x07\x1b[2J';

describe('paths on the command line', () => {
  test.each<[string, string[], number, string]>([
    [
      'a namespace in another folder',
      ['plan', '--netns', '../../proc/self/ns/net'],
      1,
      'is not a name of a network namespace',
    ],
    ['a namespace with a slash', ['plan', '--netns', '/proc/self/ns/net'], 1, 'is not a name of a network namespace'],
    ['a namespace that clears the screen', ['plan', '--netns', ESCAPE], 1, 'is not a name of a network namespace'],
    ['a namespace with a NUL', ['plan', '--netns', 'x\0y'], 1, 'is not a name of a network namespace'],
    ['a namespace called like an option', ['plan', '--netns=-x'], 1, 'is not a name of a network namespace'],
    ['a namespace of 300 bytes', ['plan', '--netns', 'x'.repeat(300)], 1, 'is not a name of a network namespace'],
    ['a node in another folder', ['check', '--node', '../../../etc'], 1, 'there is no node `../../../etc`'],
    ['a node that is this folder', ['check', '--node', '.'], 1, 'there is no node `.`'],
    ['a node that clears the screen', ['check', '--node', ESCAPE], 1, 'there is no node `␛]0;owned␇␛[2J`'],
    ['a root with a NUL', ['check', '--root', '/x\0y'], 1, 'Cannot list /x␀y'],
    ['a root that clears the screen', ['check', '--root', `/${ESCAPE}`], 1, 'there is no directory /␛]0;owned␇␛[2J'],
    ['a root that is a file', ['check', '--root', '/etc/passwd'], 1, 'there is no directory /etc/passwd'],
    ['records at a path with a NUL', ['history', '--state', '/x\0y'], 1, 'Cannot examine /x␀y'],
    [
      'records at a path that clears the screen',
      ['history', '--state', `/${ESCAPE}`],
      0,
      'as far as /␛]0;owned␇␛[2J knows',
    ],
    ['records in a file', ['history', '--state', '/etc/passwd'], 1, '/etc/passwd is not a directory'],
    ['text that goes below a file', ['compile', '--out', '/etc/passwd'], 1, 'Cannot make /etc/passwd/guests'],
    ['text at a path with a NUL', ['compile', '--out', 'x\0y'], 1, 'x␀y/guests'],
    ['a file to lay out with a NUL', ['fmt', 'x\0y/cluster.fw'], 1, 'x␀y/cluster.fw'],
    ['a file of tests that clears the screen', ['test', ESCAPE], 1, 'there is no file ␛]0;owned␇␛[2J'],
    ['a guest that is no number', ['counters', '100/../../x'], 64, 'must be a whole number'],
    ['a generation that is a path', ['rollback', '../1'], 64, 'must be a whole number'],
    ['a generation that clears the screen', ['rollback', ESCAPE], 64, '␛]0;owned␇␛[2J'],
    ['an option that clears the screen', ['plan', `--${ESCAPE}`], 64, '␛]0;owned␇␛[2J'],
    ['a command that clears the screen', [ESCAPE], 64, '␛]0;owned␇␛[2J'],
    ['a zone that clears the screen', ['simulate', '--from', ESCAPE, '--to', 'host'], 1, '␛]0;owned␇␛[2J'],
    ['a way in that clears the screen', ['plan', '--keep', ESCAPE], 64, '␛]0;owned␇␛[2J'],
  ])('%s', async (_name, args, code, said) => {
    // What comes later on a command line counts.
    const ran = await run(args[0] ?? '', ...here(), ...args.slice(1));
    expect(ran.err + ran.out).toContain(said);
    expect(ran.code).toBe(code);
    expect(readdirSync(site.folder)).toEqual(['site']);
    const inJson = await run(args[0] ?? '', '--json', ...here(), ...args.slice(1));
    expect(inJson.code).toBe(code);
    JSON.parse(inJson.out);
  });
});

describe('names of files', () => {
  const firewall = '[OPTIONS]\nenable: 1\n\n[RULES]\nFORWARD ACCEPT -p tcp\n';
  test.each<[string, string, string | null]>([
    ['a vnet that clears the screen', `etc/pve/sdn/firewall/${ESCAPE}.fw`, 'vnet/bad-name'],
    ['a vnet that ends a line', 'etc/pve/sdn/firewall/v\n0.fw', 'vnet/bad-name'],
    ['a vnet that ends a quote', 'etc/pve/sdn/firewall/v" ; accept ; ".fw', 'vnet/bad-name'],
    ['a vnet of 16 bytes', 'etc/pve/sdn/firewall/0123456789abcdef.fw', 'vnet/bad-name'],
    ['a vnet that is a folder', 'etc/pve/sdn/firewall/...fw', 'vnet/bad-name'],
    ['a guest that clears the screen', `etc/pve/nodes/pve1/qemu-server/100${ESCAPE}.conf`, null],
    ['a guest that is a word', 'etc/pve/nodes/pve1/qemu-server/1e2.conf', null],
    ['a guest with 300 digits', `etc/pve/nodes/pve1/lxc/${'9'.repeat(300)}.conf`, null],
    ['a guest number that starts with zero', 'etc/pve/nodes/pve1/lxc/0100.conf', null],
  ])('%s', async (_name, path, code) => {
    const files = { ...hostOnly, 'etc/pve/firewall/100.fw': firewall, [path]: firewall };
    const plain = contextOn(files);
    await check(plain.context, { strict: false });
    if (code !== null) expect(plain.said.out).toContain(`[${code}]`);
    await compile(plain.context, { out: '/out' });
    expect(plain.said.out + plain.said.err).not.toMatch(HARMFUL);
    const written = [...plain.files.dump().keys()].filter((name) => name.startsWith('/out/'));
    expect(written.sort()).toEqual(['/out/guests', '/out/host.nft', '/out/links.batch', '/out/sysctl.conf']);
  });

  test('a sourced file that clears the screen', async () => {
    site.write('etc/network/interfaces', 'auto lo\niface lo inet loopback\nsource interfaces.d/*\n');
    site.write(
      `etc/network/interfaces.d/${ESCAPE}`,
      'auto rw0\niface rw0 inet manual\n\tbridge-ports absent0\n\tpre-up touch $(reboot)\nauto rw1\niface rw1 inet manual\n\tbridge-fd x\n',
    );
    const planned = await run('plan', ...here());
    expect(planned.code).toBe(2);
    expect(planned.out).toContain('␛]0;owned␇␛[2J:4  rw0  pre-up: touch $(reboot)');
    expect(planned.err).toContain('␛]0;owned␇␛[2J');
    expect(existsSync(join(site.folder, '$(reboot)'))).toBe(false);
  });

  test.each(['../../../../../../etc/passwd', '/../../etc/passwd', 'interfaces.d/../../../../../etc/passwd'])(
    'source %s stays below the root',
    async (path) => {
      site.write('etc/network/interfaces', `source ${path}\n`);
      site.write('etc/passwd', 'auto inside\niface inside inet manual\n\tbridge-ports none\n');
      const { out } = await run('compile', ...here(), '--json');
      expect(JSON.parse(out).links.map(({ name }: { name: string }) => name)).toEqual(['inside']);
    },
  );

  test('text is written in the place of a symbolic link and not through it', async () => {
    const victim = join(site.folder, 'victim');
    site.write('../victim', 'precious\n');
    mkdirSync(join(site.folder, 'out/guests'), { recursive: true });
    symlinkSync(victim, join(site.folder, 'out/host.nft'));
    expect(await run('compile', ...here(), '--out', join(site.folder, 'out'))).toMatchObject({ code: 0 });
    expect(readFileSync(victim, 'utf8')).toBe('precious\n');
  });
});

describe('what others named in the kernel', () => {
  const names = ["e'\x1b[2J", 'x";reboot;"', '$(reboot)', '-x', 'a\u0085b', '\u202ex', '{}'];

  test('names of interfaces and their other names', async () => {
    for (const [index, name] of names.entries()) {
      netns.ip('link', 'add', 'name', name, 'type', 'bridge');
      netns.ip('link', 'property', 'add', 'dev', name, 'altname', `alt${index}${ESCAPE}"`);
      netns.ip('link', 'set', 'dev', name, 'up', 'alias', ESCAPE);
    }
    site.write(
      'etc/network/interfaces',
      'auto rw0\niface rw0 inet static\n\taddress 192.0.2.77/24\n\tbridge-ports alt0 -x $(reboot)\n',
    );
    for (const command of ['check', 'plan', 'apply', 'status', 'history', 'counters', 'plan']) {
      for (const json of [[], ['--json']]) {
        const { code, out } = await run(command, ...here(), ...(command === 'apply' ? ['--tolerant'] : []), ...json);
        expect([0, 1, 2]).toContain(code);
        if (json.length > 0) JSON.parse(out);
      }
    }
    expect(
      netns
        .ip('-o', 'link')
        .split('\n')
        .filter((line) => line.includes('rw0:')),
    ).toHaveLength(1);
    for (const name of names) expect(() => netns.ip('link', 'show', 'dev', name)).not.toThrow();
  });

  test('comments, chains and sets in our table', async () => {
    await run('apply', ...here());
    const good = netns.nft('list', 'ruleset');
    netns.load(`add rule inet ringwall host-in accept comment "${ESCAPE}\u202e\u0085"`);
    netns.load('add chain inet ringwall x; add set inet ringwall y { type ifname; comment "\x1b[31m"; }');
    const { out } = await run('status', ...here());
    expect(out).toContain('␛]0;owned␇␛[2J');
    const { out: planned } = await run('plan', ...here(), '--json');
    const texts: string[] = JSON.parse(planned).changes.map(({ text }: { text: string }) => text);
    expect(texts.join()).toContain(ESCAPE);
    expect(await run('apply', ...here())).toMatchObject({ code: 0 });
    expect(netns.nft('list', 'ruleset')).toBe(good);
  });
});

test('who applied is shown as it is and does nothing to the terminal', async () => {
  const before = process.env['SUDO_USER'];
  process.env['SUDO_USER'] = `anna${ESCAPE}`;
  try {
    await run('apply', ...here());
  } finally {
    if (before === undefined) delete process.env['SUDO_USER'];
    else process.env['SUDO_USER'] = before;
  }
  expect((await run('history', ...here())).out).toContain('anna␛]0;owned␇␛[2J');
  const { out } = await run('history', ...here(), '--json');
  expect(JSON.parse(out)[0].user).toBe(`anna${ESCAPE}`);
});

describe('records of another user', () => {
  const NOBODY = 65_534;
  const commands = [['apply'], ['rollback', '2'], ['status'], ['history'], ['plan'], ['counters']];

  test('each file and folder, whatever the command: it is refused or not read', async () => {
    await run('apply', ...here());
    site.write('etc/pve/nodes/pve1/host.fw', hostOnly['etc/pve/nodes/pve1/host.fw'].replace('443', '8443'));
    await run('apply', ...here());
    const entries = readdirSync(site.state, { recursive: true, withFileTypes: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    );
    const kernel = netns.nft('list', 'ruleset');
    const refusals = new Map<string, string[]>();
    for (const path of [site.state, ...entries]) {
      chownSync(path, NOBODY, NOBODY);
      for (const command of commands) {
        const { code, err } = await run(...command, ...here());
        if (code !== 1) continue;
        expect(err).toContain(path === site.state ? `${path} belongs to another user` : path);
        if (path !== site.state) expect(err).toMatch(/is not a (file|directory) of this user/);
        refusals.set(path, [...(refusals.get(path) ?? []), command.join(' ')]);
      }
      chownSync(path, 0, 0);
      expect(netns.nft('list', 'ruleset')).toBe(kernel);
    }
    const told = Object.fromEntries([...refusals].map(([path, who]) => [relative(site.state, path), who]));
    expect(told).toMatchInlineSnapshot(`
      {
        "": [
          "apply",
          "rollback 2",
          "status",
          "history",
          "plan",
          "counters",
        ],
        "generations": [
          "apply",
          "rollback 2",
          "status",
          "history",
          "plan",
          "counters",
        ],
        "generations/1": [
          "history",
        ],
        "generations/1/meta.json": [
          "history",
        ],
        "generations/2": [
          "apply",
          "rollback 2",
          "status",
          "history",
          "plan",
          "counters",
        ],
        "generations/2/meta.json": [
          "apply",
          "rollback 2",
          "status",
          "history",
          "plan",
          "counters",
        ],
        "generations/2/ruleset.json": [
          "apply",
          "rollback 2",
          "status",
          "plan",
          "counters",
        ],
        "generations/2/settings.json": [
          "apply",
          "rollback 2",
          "status",
          "plan",
          "counters",
        ],
        "generations/2/sources.json": [
          "counters",
        ],
        "lock": [
          "apply",
          "rollback 2",
        ],
        "position.json": [
          "apply",
          "rollback 2",
          "status",
          "history",
          "plan",
          "counters",
        ],
      }
    `);
  });
});

describe('no shell', () => {
  beforeAll(build, 120_000);

  /** The programs that were started, by the system call and not by anybody's word. */
  function started(...args: string[]): string[] {
    const log = join(site.folder, 'calls');
    const traced = ['-f', '-qq', '-s', '4096', '-e', 'trace=execve,execveat', '-o', log, process.execPath, program];
    try {
      execFileSync('strace', [...traced, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      // plan answers 2 when there are changes.
      if (!(error instanceof Error && 'status' in error && error.status === 2)) throw error;
    }
    return readFileSync(log, 'utf8')
      .split('\n')
      .flatMap((line) => /execve(?:at)?\((?:\w+, )?"([^"]*)"/.exec(line)?.[1] ?? []);
  }

  test('a run starts no program at all', () => {
    site.write(
      'etc/network/interfaces',
      'auto rw0\niface rw0 inet static\n\taddress 192.0.2.77/24\n\tbridge-ports none\n\tpost-up echo `reboot` $(reboot) > /dev/null\n',
    );
    site.write('etc/pve/nodes/pve1/host.fw', '[RULES]\nIN ACCEPT -p tcp -dport 22 # `reboot` $(reboot) ; reboot\n');
    for (const command of ['check', 'compile', 'plan', 'apply', 'status', 'history', 'counters', 'clear', 'rollback']) {
      expect([command, started(command, ...here())]).toEqual([command, [process.execPath]]);
    }
    expect(netns.ip('-o', 'address')).toContain('rw0    inet 192.0.2.77/24');
  }, 180_000);
});
