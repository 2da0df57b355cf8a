import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { build, hostOnly, makeSite, ringwall, type TestSite } from '../../support/cli.js';

let site: TestSite;
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite(hostOnly);
});
afterEach(() => site.remove());

const bad = 'IN ACCEPT -dport nonsense -p tcp\n';
const runHere = (...args: string[]) => ringwall([...args, '--root', site.root, '--state', site.state]);

describe('wrong usage is 64, with what is wrong and where help is', () => {
  test.each<[string[], string]>([
    [['plna'], "unknown command 'plna' (Did you mean plan?)"],
    [['check', '--bogus'], "unknown option '--bogus'"],
    [['check', 'extra'], "too many arguments for 'check'. Expected 0 arguments but got 1."],
    [['check', '--root'], "option '--root <dir>' argument missing"],
    [['check', '--root='], 'option --root is empty'],
    [
      ['check', '--color', 'red'],
      "option '--color <when>' argument 'red' is invalid. Allowed choices are auto, always, never.",
    ],
    [
      ['plan', '--only', 'half'],
      "option '--only <part>' argument 'half' is invalid. Allowed choices are firewall, network.",
    ],
    [
      ['rollback', 'two'],
      "command-argument value 'two' is invalid for argument 'generation'. It must be a whole number from 1.",
    ],
    [
      ['rollback', '0'],
      "command-argument value '0' is invalid for argument 'generation'. It must be a whole number from 1.",
    ],
    [
      ['apply', '--confirm', '1.5'],
      "option '--confirm <seconds>' argument '1.5' is invalid. It must be a whole number from 1.",
    ],
  ])('%j', (args, message) => {
    const { code, out, err } = ringwall(args);
    expect(err).toContain(`ringwall: ${message}\n`);
    expect(out).toBe('');
    expect(code).toBe(64);
  });

  test('no command shows the help on stderr', () => {
    const { code, err } = ringwall([]);
    expect(code).toBe(64);
    expect(err).toContain('Usage: ringwall [options] [command]');
  });

  test('with --json the error is the answer', () => {
    const { code, out } = ringwall(['check', '--bogus', '--json']);
    expect(code).toBe(64);
    expect(JSON.parse(out)).toEqual({
      error: { code: 'usage', message: "unknown option '--bogus'", help: '`ringwall --help` shows the commands' },
    });
  });
});

describe('what cannot be done is 1, with the reason and what to do', () => {
  test.each<[string[], string, string]>([
    [['check', '--root', '/nonexistent'], 'there is no directory /nonexistent', 'check --root'],
    [['check', '--root', '/proc/sys/abi'], 'there is no site under /proc/sys/abi', 'check --root'],
    [['plan', '--root', '/proc/sys/abi'], '/proc/sys/abi/etc/pve is empty or not there', 'is pve-cluster running?'],
    [['check', '--node', 'pve9'], 'there is no node `pve9` under etc/pve/nodes', 'use --node with one of: pve1'],
    [['plan', '--only', 'network'], 'there is no interfaces file under ', 'check --root'],
  ])('%j', (args, message, help) => {
    const { code, out, err } = ringwall(args.includes('--root') ? args : [...args, '--root', site.root]);
    expect(err).toContain(`ringwall: ${message}`);
    expect(err).toContain(`  help: ${help}`);
    expect(out).toBe('');
    expect(code).toBe(1);
    const json = JSON.parse(
      ringwall([...(args.includes('--root') ? args : [...args, '--root', site.root]), '--json']).out,
    );
    expect(json.error.message).toContain(message);
  });

  test('a file that cannot be read is named', () => {
    mkdirSync(join(site.root, 'etc/pve/firewall/100.fw'), { recursive: true });
    site.write('etc/pve/nodes/pve1/qemu-server/100.conf', 'net0: virtio=02:00:00:00:00:01,bridge=vmbr0,firewall=1\n');
    const { code, err } = runHere('check');
    expect(err).toBe(`ringwall: Cannot read ${site.root}/etc/pve/firewall/100.fw: it is a directory\n`);
    expect(code).toBe(1);
  });

  test.runIf(process.geteuid?.() === 0)('without the right to change the kernel it says so', () => {
    for (const command of ['plan', 'apply', 'status', 'rollback', 'clear']) {
      const { code, err } = ringwall(
        [command, '--root', site.root, '--state', site.state],
        ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'],
      );
      expect(err).toContain('needs root (CAP_NET_ADMIN)');
      expect(code).toBe(1);
    }
  });

  test.runIf(process.geteuid?.() === 0)('another user’s unreadable file is named', () => {
    for (const folder of [site.folder, site.root]) chmodSync(folder, 0o755);
    chmodSync(join(site.root, 'etc/pve/firewall/cluster.fw'), 0o600);
    const { code, err } = ringwall(
      ['check', '--root', site.root],
      ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
    );
    expect(err).toContain(`Cannot read ${site.root}/etc/pve/firewall/cluster.fw: permission denied`);
    expect(code).toBe(1);
  });
});

describe('check', () => {
  test('a good site is 0', () => {
    expect(runHere('check')).toEqual({ code: 0, out: '2 files read: 0 errors, 0 warnings, 0 hints\n', err: '' });
  });

  test('an error is 1, with place, line and caret', () => {
    site.write('etc/pve/nodes/pve1/host.fw', `[RULES]\n${bad}`);
    const { code, out } = runHere('check');
    expect(code).toBe(1);
    expect(out).toMatch(
      /^etc\/pve\/nodes\/pve1\/host\.fw:2:18: error\[[a-z/-]+\]: .*\n.*IN ACCEPT -dport nonsense -p tcp\n.*\^/,
    );
  });

  test('--json has the contract’s fields', () => {
    site.write('etc/pve/nodes/pve1/host.fw', `[RULES]\n${bad}`);
    const { code, out } = runHere('check', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      diagnostics: [
        expect.objectContaining({
          code: expect.any(String),
          severity: 'error',
          message: expect.any(String),
          file: 'etc/pve/nodes/pve1/host.fw',
          line: 2,
          column: 18,
          endLine: 2,
          endColumn: 26,
        }),
      ],
      summary: { errors: 1, warnings: 0, hints: 0 },
    });
  });

  test('options may stand before the command', () => {
    expect(ringwall(['--root', site.root, '--json', 'check']).code).toBe(0);
  });

  test('loads no native code', () => {
    // V8 writes down every script it has seen.
    const seen = join(site.folder, 'seen');
    const { out } = ringwall(['check', '--root', site.root], ['env', `NODE_V8_COVERAGE=${seen}`]);
    expect(out).toContain('2 files read');
    const scripts = readdirSync(seen).map((name) => readFileSync(join(seen, name), 'utf8'));
    expect(scripts.join()).toContain('program/check.cjs');
    expect(scripts.join()).not.toContain('koffi');
  });
});

describe('compile', () => {
  test('prints one text for nft, also around a line with an error', () => {
    site.write('etc/pve/nodes/pve1/host.fw', `[RULES]\n${bad}IN ACCEPT -p tcp -dport 81\n`);
    const { code, out, err } = runHere('compile');
    expect(code).toBe(0);
    expect(out).toContain('table inet ringwall {');
    expect(out).toContain('tcp dport 81 counter accept comment "host.fw:3"');
    expect(err).toContain('host.fw:2:18: error');
  });

  test('--json gives tables and links', () => {
    site.write(
      'etc/network/interfaces',
      'auto eth0\niface eth0\n\taddress 192.0.2.10/24\n\tpre-up true\n\tgro-offload on\n',
    );
    const { tables, links, guestPorts, unmanaged } = JSON.parse(runHere('compile', '--json').out);
    expect(tables.map(({ family, name }: { family: string; name: string }) => `${family} ${name}`)).toEqual([
      'inet ringwall',
    ]);
    const origin = (line: number) => ({ file: 'etc/network/interfaces', line });
    const environment = { IF_ADDRESS: '192.0.2.10/24', IF_GRO_OFFLOAD: 'on' };
    expect(links).toEqual([
      {
        kind: 'physical',
        name: 'eth0',
        origin: origin(2),
        start: 'auto',
        addresses: [{ address: '192.0.2.10', prefixLength: 24, origin: origin(3) }],
        hooks: [{ phase: 'pre-up', command: 'true', environment, origin: origin(4) }],
        gateways: [],
      },
    ]);
    expect(guestPorts).toEqual([]);
    expect(unmanaged).toEqual([
      { link: 'eth0', option: 'gro-offload', value: 'on', reason: 'not yet', origin: origin(5) },
    ]);
  });

  test('--out writes the files and removes those of guests that are gone', () => {
    const out = join(site.folder, 'out');
    mkdirSync(join(out, 'guests'), { recursive: true });
    writeFileSync(join(out, 'guests/999.nft'), 'old');
    writeFileSync(join(out, 'guests/notes.txt'), 'mine');
    site.write('etc/pve/nodes/pve1/qemu-server/100.conf', 'net0: virtio=02:00:00:00:00:01,bridge=vmbr0,firewall=1\n');
    site.write('etc/pve/firewall/100.fw', '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p tcp -dport 22\n');
    expect(runHere('compile', '--out', out)).toEqual({ code: 0, out: '', err: '' });
    expect(readdirSync(join(out, 'guests')).sort()).toEqual(['100.nft', 'notes.txt']);
    expect(readFileSync(join(out, 'host.nft'), 'utf8')).toContain('comment "host.fw:2"');
    expect(readFileSync(join(out, 'host.nft'), 'utf8')).not.toContain('100.fw');
    expect(readFileSync(join(out, 'guests/100.nft'), 'utf8')).toContain('comment "100.fw:5"');
    expect(readFileSync(join(out, 'links.batch'), 'utf8')).toContain('guest port: tap100i0 on vmbr0 (100.conf:1)');
  });

  test('a closed pipe is no error', () => {
    const { code, err } = ringwall(
      [],
      [
        'bash',
        '-o',
        'pipefail',
        '-c',
        '"$0" "$1" compile --root "$2" | true',
        process.execPath,
        'bin/ringwall',
        site.root,
      ],
    );
    expect(err).toBe('');
    expect(code).toBe(0);
  });
});

describe('without a kernel', () => {
  test('history of nothing is empty', () => {
    expect(runHere('history', '--json')).toEqual({ code: 0, out: '[]\n', err: '' });
    expect(runHere('history').out).toBe(`nothing was applied yet, as far as ${site.state} knows\n`);
    expect(existsSync(site.state)).toBe(false);
  });

  test('help of each command shows its options and those of all', () => {
    for (const command of ['check', 'compile', 'plan', 'apply', 'rollback', 'history', 'status', 'clear']) {
      const { code, out } = ringwall([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: ringwall ${command}`);
      expect(out).toContain('--root <dir>');
    }
  });
});
