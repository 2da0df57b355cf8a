// The machine whose power is cut: does what a boot does, then what it is told, and waits for its end. Runs in the test
// kernel with a disk (lab/README.md); prints one JSON object in a line for each thing that happens. Orders come as
// files in the shared folder, 0.json first; machine.ts has the form of both.
import { execFile } from 'node:child_process';
import { existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const { RINGWALL_LAB_DISK: disk, RINGWALL_LAB_RESULTS: shared } = process.env;
const [vendor] = process.argv.slice(2);
const program = fileURLToPath(new URL('../../../bin/ringwall', import.meta.url));
const site = '/tmp/site';
const state = '/var/lib/ringwall';

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const run = (file, ...args) =>
  new Promise((resolve) => {
    const options = { maxBuffer: 1 << 28 };
    const child = execFile(file, args, options, (_error, out, err) => resolve({ code: child.exitCode, out, err }));
    child.stdin.end();
  });

async function must(file, ...args) {
  const { code, out, err } = await run(file, ...args);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${code}: ${err}`);
  return out;
}

/** What stands before a command that runs in a namespace. */
const within = (namespace) => (namespace === null ? [] : ['ip', 'netns', 'exec', namespace]);

async function addCards(namespace) {
  for (const at of [0, 1, 2]) {
    const card = ['link', 'add', `en${at}`, 'address', `${vendor}:00:00:0${at}`, 'type', 'veth'];
    const far = ['peer', 'name', `en${at}-far`, 'address', `${vendor}:ff:00:0${at}`];
    await must(...within(namespace), 'ip', ...card, ...far);
  }
}

/** What the kernel holds, as its tools say it. */
async function dump(namespace) {
  const tool = (...line) => must(...within(namespace), ...line);
  const orNothing = async (...line) => {
    const { code, out } = await run(...within(namespace), ...line);
    return code === 0 ? out : '';
  };
  const timeouts = ['established', 'syn_recv'].map(
    (name) => `/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_${name}`,
  );
  return {
    ruleset: await tool('nft', '--stateless', 'list', 'ruleset'),
    links: await tool('ip', '-d', '-j', 'address', 'show'),
    routes4: await tool('ip', '-4', '-j', 'route', 'show', 'table', 'all'),
    routes6: await tool('ip', '-6', '-j', 'route', 'show', 'table', 'all'),
    // Neither is there before the module it belongs to is.
    vlans: await orNothing('bridge', '-d', '-j', 'vlan', 'show'),
    settings: await orNothing('cat', ...timeouts),
  };
}

/** Two files in each run of the machine: one is flushed with its directory, the other is not. */
function leaveTraces() {
  const number = readdirSync(disk).filter((name) => name.startsWith('flushed-')).length;
  const flushed = openSync(join(disk, `flushed-${number}`), 'w');
  writeFileSync(flushed, 'flushed');
  fsyncSync(flushed);
  fsyncSync(openSync(disk, 'r'));
  writeFileSync(join(disk, `unflushed-${number}`), 'not flushed');
}

/** How many of them have their content still. */
function countTraces() {
  const whole = (kind, content) =>
    readdirSync(disk).filter((name) => name.startsWith(kind) && readFileSync(join(disk, name), 'utf8') === content)
      .length;
  return { flushed: whole('flushed-', 'flushed'), unflushed: whole('unflushed-', 'not flushed') };
}

async function ringwall(number, args) {
  say({ event: 'began', number });
  say({ event: 'ended', number, ...(await run(process.execPath, program, ...args)) });
}

/** A machine that has nothing but its state directory: no cluster, and its cards as hardware is. */
async function boot() {
  if (existsSync('/etc/pve')) await must('mount', '-t', 'tmpfs', 'tmpfs', '/etc/pve');
  mkdirSync(join(disk, 'ringwall'), { recursive: true, mode: 0o700 });
  mkdirSync(state, { recursive: true });
  await must('mount', '--bind', join(disk, 'ringwall'), state);
  await addCards(null);
  const traces = countTraces();
  const position = join(state, 'position.json');
  await ringwall('boot', ['recover', '--boot']);
  const record = existsSync(position) ? JSON.parse(readFileSync(position, 'utf8')) : null;
  say({ event: 'booted', number: 'boot', dump: await dump(null), record, traces });
  leaveTraces();
}

async function order(number) {
  const file = join(shared, `${number}.json`);
  while (!existsSync(file)) await sleep(50);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function writeSite(files) {
  rmSync(site, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text);
  }
}

/** What a kernel holds that was brought to a site, or to nothing, from nothing: in a namespace, which leaves no trace. */
async function refer(number, files) {
  const namespace = `reference-${number}`;
  await must('ip', 'netns', 'add', namespace);
  await must('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
  await addCards(namespace);
  if (files !== null) {
    writeSite(files);
    const places = ['--root', site, '--state', `/tmp/${namespace}`, '--netns', namespace];
    await must(process.execPath, program, 'apply', '--yes', '--force', ...places);
  }
  say({ event: 'referred', number, dump: await dump(namespace) });
  await must('ip', 'netns', 'delete', namespace);
}

async function carryOut(number, { kind, files, args }) {
  if (kind === 'refer') return refer(number, files);
  if (files !== null) writeSite(files);
  return ringwall(number, args);
}

await boot();
for (let number = 0; ; number += 1) await carryOut(number, await order(number));
