import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/ports/index.js';
import { ringwall } from '../support/cli.js';
import { repository } from '../support/docs.js';
import { deadlineIn, kill, position, runsFor, until } from '../support/pending.js';
import { Init } from '../support/systemd.js';

const STATE = '/var/lib/ringwall';
const UNITS = '/run/lab-units';
const PACKAGE = '/opt/ringwall';
const PROGRAM = '/usr/sbin/ringwall';
const WITNESS = '/run/lab-witness';
/** What the units write, where a journal would have it. */
const SAID = '/run/lab-said';

const BOOT = 'ringwall-boot.service';
const WATCH = 'ringwall-watch.service';

const HOST = '/etc/pve/nodes/lab/host.fw';
const INTERFACES = '/etc/network/interfaces';
const CONNTRACK_MAX = '/proc/sys/net/netfilter/nf_conntrack_max';

/** The most that a cold start of Node and the way back may take after the last kill, in milliseconds of this slow kernel. */
const OVERRUN = 60_000;

/** Only units of ours and those that they stand on: none of this machine's is started. */
const units = {
  'sysinit.target': '[Unit]\nDefaultDependencies=no\n',
  'basic.target': '[Unit]\nDefaultDependencies=no\n',
  'shutdown.target': '[Unit]\nDefaultDependencies=no\n',
  'network-pre.target': '[Unit]\nDefaultDependencies=no\n',
  'lab-network.service': `[Unit]
DefaultDependencies=no
After=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'nft list tables > ${WITNESS}'
`,
  'lab.target': `[Unit]
DefaultDependencies=no
Wants=${BOOT} lab-network.service
After=${BOOT} lab-network.service
`,
  ...Object.fromEntries(
    [BOOT, WATCH].map((unit) => [`${unit}.d/said.conf`, `[Service]\nStandardOutput=append:${SAID}\n`]),
  ),
};

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function host(port: number, connections: number): void {
  write(HOST, `[OPTIONS]\nnf_conntrack_max: ${connections}\n\n[RULES]\nIN ACCEPT -p tcp -dport ${port}\n`);
}

/** A bridge with a VLAN and a bond without a card: there is none in the lab. */
const interfaces = (...more: readonly string[]): string =>
  [
    'auto bond0\niface bond0 inet manual\n\tbond-slaves none\n\tbond-mode active-backup\n',
    'auto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports none\n\tbridge-vlan-aware yes\n\tmtu 1400\n',
    'auto vmbr0.5\niface vmbr0.5 inet static\n\taddress 198.51.100.10/24\n',
    ...more.map((name) => `auto ${name}\niface ${name} inet manual\n\tbridge-ports none\n`),
  ].join('\n');

function installPackage(): void {
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(repository, part), join(PACKAGE, part), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(PACKAGE, 'node_modules'));
  for (const unit of [BOOT, WATCH]) cpSync(join(repository, 'units', unit), join(UNITS, unit));
}

function removePackage(): void {
  for (const path of [PACKAGE, join(UNITS, BOOT), join(UNITS, WATCH)]) rmSync(path, { recursive: true, force: true });
}

const nft = (...args: string[]): string => execFileSync('nft', args, { encoding: 'utf8' });
const rules = (): string => nft('-s', 'list', 'table', 'inet', 'ringwall');
const links = (): string[] =>
  execFileSync('ip', ['-br', 'link'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(/[ @]/)[0] ?? '');
const addresses = (): string => execFileSync('ip', ['-br', 'address'], { encoding: 'utf8' });
const connectionsAllowed = (): number => Number(readFileSync(CONNTRACK_MAX, 'utf8'));
const said = (): string => (existsSync(SAID) ? readFileSync(SAID, 'utf8') : '');

function dropTables(): void {
  for (const line of nft('list', 'tables').trim().split('\n')) {
    if (line.endsWith(' ringwall')) nft('delete', ...line.split(' '));
  }
}

const MODULES = /^(nft?_|nf_|nfnetlink|bridge$|bonding$|8021q$|stp$|garp$|mrp$)/;
const modules = (): string[] =>
  readFileSync('/proc/modules', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => MODULES.test(name));

/** What a machine that is started anew does not have: rules, links, and the kernel's modules for them. */
function dropKernelState(): void {
  dropTables();
  for (const link of ['vmbr0.5', 'vmbr0', 'vmbr9', 'bond0']) {
    if (links().includes(link)) execFileSync('ip', ['link', 'delete', link]);
  }
  for (let before = -1; modules().length !== before; ) {
    before = modules().length;
    for (const name of modules()) {
      try {
        execFileSync('rmmod', [name], { stdio: 'ignore' });
      } catch {
        // Another one uses it, and goes first.
      }
    }
  }
}

async function killRuns(): Promise<void> {
  for (let left = runsFor(STATE); left.length > 0; left = runsFor(STATE)) {
    for (const { pid } of left) kill(pid);
    await sleep(100);
  }
}

const apply = (prefix: readonly string[], ...options: string[]) =>
  ringwall(['apply', '--yes', '--force', ...options], prefix);

// The names of capabilities(7) by their bits: CAP_NET_ADMIN is 12, CAP_NET_RAW 13.
const NETWORK_CAPABILITIES = (1n << 12n) | (1n << 13n);

/** The most exposure that systemd-analyze may find, in tenths; docs/units.md says why it is not less. */
const EXPOSURE = 24;

describe('the units under systemd', () => {
  let init: Init | null = null;
  const running = (): Init => {
    if (init === null) throw new Error('systemd was not started');
    return init;
  };
  const mainPid = (unit: string): string => running().show(unit, 'MainPID');
  /** Starts `watch`, and waits until it looks at the files. */
  const startWatch = async (): Promise<void> => {
    rmSync(SAID, { force: true });
    running().systemctl('start', WATCH);
    await until(() => said().includes('watching'), 'it watches', OVERRUN);
  };

  beforeAll(async () => {
    mkdirSync(UNITS);
    installPackage();
    symlinkSync(join(PACKAGE, 'bin/ringwall'), PROGRAM);
    for (const [name, text] of Object.entries(units)) write(join(UNITS, name), text);
    write('/etc/pve/firewall/cluster.fw', '[OPTIONS]\nenable: 1\n');
    write('/etc/pve/firewall/100.fw', '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p tcp -dport 80\n');
    write('/etc/pve/nodes/lab/qemu-server/100.conf', 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n');

    write(INTERFACES, interfaces());
    host(8001, 40_001);
    expect(apply([])).toMatchObject({ code: 0 });
    write(INTERFACES, interfaces('vmbr9'));
    host(8002, 40_002);
    expect(apply([], '--confirm', '900')).toMatchObject({ code: 0 });
    expect(links()).toContain('vmbr9');
    // As a machine that is switched off leaves it: records, no processes, and nothing in the kernel.
    await killRuns();
    dropKernelState();
    expect(modules()).toEqual([]);
    init = await Init.start([UNITS], 'lab.target');
  }, 600_000);

  afterAll(async () => {
    await init?.end();
    await killRuns();
    dropKernelState();
    removePackage();
    for (const path of [STATE, UNITS, PROGRAM, WITNESS, SAID]) rmSync(path, { recursive: true, force: true });
  });

  it('at boot what was confirmed is there before the network is, and nothing that was pending', () => {
    expect(said()).toBe('generation 1 is in force\n');
    expect(running().show(BOOT, 'Result')).toBe('success');
    expect(readFileSync(WITNESS, 'utf8').trim().split('\n').sort()).toEqual([
      'table bridge ringwall',
      'table inet ringwall',
    ]);
    const restored = Number(running().show(BOOT, 'ActiveEnterTimestampMonotonic'));
    const reached = Number(running().show('network-pre.target', 'ActiveEnterTimestampMonotonic'));
    expect(restored).toBeGreaterThan(0);
    expect(reached).toBeGreaterThanOrEqual(restored);
    expect(rules()).toContain('8001');
    expect(rules()).not.toContain('8002');
    expect(position(STATE)).toMatchObject({ current: 1, confirmed: 1, pending: null });
  });

  it('its sandbox lets settings be written and links of all kinds be made', () => {
    expect(connectionsAllowed()).toBe(40_001);
    expect(links()).toEqual(expect.arrayContaining(['bond0', 'vmbr0', 'vmbr0.5']));
    expect(links()).not.toContain('vmbr9');
    expect(addresses()).toMatch(/^vmbr0 .*192\.0\.2\.10\/24/m);
    expect(addresses()).toMatch(/^vmbr0\.5@vmbr0 .*198\.51\.100\.10\/24/m);
    expect(readFileSync('/sys/class/net/vmbr0/bridge/vlan_filtering', 'utf8').trim()).toBe('1');
    expect(readFileSync('/sys/class/net/vmbr0/mtu', 'utf8').trim()).toBe('1400');
  });

  it('a change that is not confirmed goes back, however often its unit is killed', async () => {
    host(8003, 40_003);
    write(INTERFACES, interfaces());
    expect(apply(running().inside, '--confirm', '20')).toMatchObject({ code: 0 });
    const deadline = deadlineIn(STATE);
    const { pending } = position(STATE);
    if (deadline === null || pending === null) throw new Error('nothing is pending');
    expect(rules()).toContain('8003');
    const unit = `ringwall-confirm-${pending.generation}.service`;
    let kills = 0;
    while (systemClock.sinceBoot() < deadline) {
      for (const { pid, awaits } of runsFor(STATE)) {
        if (!awaits) continue;
        kill(pid);
        kills += 1;
      }
      await sleep(100 + Math.random() * 900);
    }
    expect(kills).toBeGreaterThan(3);
    const restarts = Number(running().show(unit, 'NRestarts'));
    await until(() => !rules().includes('8003'), 'the kernel holds the rules of before', OVERRUN);
    await until(() => position(STATE).pending === null, 'the records say so', OVERRUN);
    expect(restarts).toBeGreaterThan(3);
    expect(rules()).toContain('8001');
    expect(connectionsAllowed()).toBe(40_001);
    expect(position(STATE)).toMatchObject({ current: 1, confirmed: 1 });
  }, 300_000);

  it('watch brings what is edited: rules, settings and links', async () => {
    host(8004, 40_004);
    write(INTERFACES, interfaces('vmbr9'));
    await startWatch();
    await until(() => rules().includes('8004') && links().includes('vmbr9'), 'what the files say is in force', OVERRUN);
    host(8005, 40_005);
    await until(() => rules().includes('8005'), 'the edit is in force', OVERRUN);
    await until(() => connectionsAllowed() === 40_005, 'its setting, too', OVERRUN);
    await until(() => /generation \d+ \(files\): .*updated/.test(said()), 'it is told', OVERRUN);
  }, 300_000);

  it('watch holds two capabilities, gets no others, and its system calls are filtered', () => {
    const status = running().run('cat', `/proc/${mainPid(WATCH)}/status`);
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)?.[1] ?? '';
    for (const set of ['CapBnd', 'CapEff', 'CapPrm']) {
      expect(BigInt(`0x${field(set)}`), set).toBe(NETWORK_CAPABILITIES);
    }
    expect(field('NoNewPrivs')).toBe('1');
    expect(field('Seccomp')).toBe('2');
  });

  it('watch can write its records and settings of the network, and nothing else', () => {
    const writable = (path: string): boolean => {
      try {
        running().run('nsenter', `--target=${mainPid(WATCH)}`, '--mount', 'test', '-w', path);
        return true;
      } catch {
        return false;
      }
    };
    const may = [STATE, CONNTRACK_MAX];
    const mayNot = ['/etc/pve', INTERFACES, '/usr', PACKAGE, '/proc/sys/kernel/hostname', '/sys/class/net'];
    expect(may.filter(writable)).toEqual(may);
    expect(mayNot.filter(writable)).toEqual([]);
  });

  it('watch that is killed is started anew, and the rules stay', async () => {
    const before = rules();
    const pid = mainPid(WATCH);
    rmSync(SAID, { force: true });
    running().systemctl('kill', '--signal=KILL', WATCH);
    await until(() => mainPid(WATCH) !== pid, 'its process is gone', OVERRUN);
    expect(rules()).toBe(before);
    await until(() => said().includes('watching'), 'it watches again', OVERRUN);
    expect(Number(running().show(WATCH, 'NRestarts'))).toBe(1);
    expect(rules()).toBe(before);
    host(8006, 40_006);
    await until(() => rules().includes('8006'), 'the edit is in force', OVERRUN);
  }, 300_000);

  it('stopped, taken away and installed anew, the rules, settings and links stay', async () => {
    const kernel = (): unknown => [
      rules(),
      nft('-s', 'list', 'table', 'bridge', 'ringwall'),
      connectionsAllowed(),
      links(),
    ];
    const before = kernel();
    running().systemctl('stop', WATCH);
    expect(running().show(WATCH, 'Result')).toBe('success');
    expect(said()).toContain('stopped: what is in force stays');
    running().systemctl('stop', BOOT);
    expect(kernel()).toEqual(before);

    removePackage();
    running().systemctl('daemon-reload');
    expect(() => running().systemctl('start', WATCH)).toThrow();
    expect(kernel()).toEqual(before);

    installPackage();
    running().systemctl('daemon-reload');
    running().systemctl('start', BOOT);
    expect(kernel()).toEqual(before);
    await startWatch();
    expect(kernel()).toEqual(before);
    host(8007, 40_007);
    await until(() => rules().includes('8007'), 'the edit is in force', OVERRUN);
    running().systemctl('stop', WATCH);
  }, 300_000);

  it('where nothing can be restored the unit fails, and the network is reached all the same', () => {
    running().systemctl('stop', 'lab.target', 'lab-network.service', 'network-pre.target', BOOT);
    expect(nft('list', 'tables')).toContain('table inet ringwall');
    dropTables();
    for (let generation = position(STATE).current ?? 0; generation > 0; generation -= 1) {
      for (const file of ['meta.json', 'rules.batch', 'ruleset.json']) {
        const path = join(STATE, 'generations', String(generation), file);
        if (existsSync(path)) writeFileSync(path, 'damaged');
      }
    }
    running().systemctl('start', 'lab.target');
    expect(running().show(BOOT, 'Result')).toBe('exit-code');
    expect(running().isActive('network-pre.target')).toBe(true);
    expect(readFileSync(WITNESS, 'utf8')).not.toContain('ringwall');
  }, 180_000);

  it.each([BOOT, WATCH])('systemd-analyze finds %s no more exposed than it must be', (unit) => {
    const args = [
      'security',
      '--offline=true',
      `--threshold=${EXPOSURE}`,
      '--no-pager',
      join(repository, 'units', unit),
    ];
    execFileSync('systemd-analyze', args, { stdio: 'pipe' });
  });
});
