#!/usr/bin/env node
// Times what takes a host's links from its interfaces file to the kernel: ringwall, `ip -batch` and ifupdown2's
// `ifreload -a`, in one run on one kernel.
//
//   npm run bench:links -- [--vlans 200] [--runs 3] [--quick]
//
// The site of make-site.mjs: VLAN devices with addresses on a bond, and the bond a port of a VLAN-aware bridge with the ids
// 2-4094. Each figure is the median of the runs, wall clock of the whole process; ifreload, which is slow, runs once.
// Writes outside of its folder, so it runs in the test kernel alone, whose writes are gone afterwards.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    vlans: { type: 'string', default: '200' },
    runs: { type: 'string', default: '3' },
    // Without ifreload, which takes minutes.
    quick: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
if (process.env.RINGWALL_LAB_RESULTS === undefined)
  throw new Error('this runs in the test kernel: npm run bench:links');

const directory = mkdtempSync(join(tmpdir(), 'ringwall-bench-'));
const site = join(directory, 'site');
const state = join(directory, 'state');
const namespace = 'rwbench';
const interfaces = join(site, 'etc/network/interfaces');

/** Runs a program; an exit code among `accepted` is no failure. */
function run(program, args, { accepted = [0], input = '' } = {}) {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      input,
      maxBuffer: 1 << 28,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    if (accepted.includes(error.status)) return error.stdout;
    throw new Error(`${program} ${args.join(' ')}: ${error.stderr}`, { cause: error });
  }
}
const ip = (args, input) => run('/usr/sbin/ip', ['-n', namespace, ...args], { input });
const inNamespace = (args, more) => run('/usr/sbin/ip', ['netns', 'exec', namespace, ...args], more);
const timed = (work) => {
  const start = performance.now();
  const value = work();
  return { value, milliseconds: performance.now() - start };
};
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** A host that has two cards and nothing else. */
function clear() {
  for (const link of ['vmbr0', 'bond0', 'eth0', 'eth1']) {
    run('/usr/sbin/ip', ['-n', namespace, 'link', 'delete', link], { accepted: [0, 1] });
  }
  for (const card of ['eth0', 'eth1']) ip(['link', 'add', card, 'type', 'dummy']);
  for (const path of [state, '/run/network', '/var/tmp/network']) rmSync(path, { recursive: true, force: true });
  mkdirSync('/run/network', { recursive: true });
}

/** The site with one address of one VLAN device changed, or as it was. */
const written = {};
const write = (text) => {
  writeFileSync(interfaces, text);
  writeFileSync(`/etc/netns/${namespace}/network/interfaces`, text);
};

/** What all ways must lead to: devices, addresses, ids. Not whether a link runs: the kernel finds that out a moment later. */
function result() {
  const links = JSON.parse(ip(['-j', '-d', 'address']));
  const ids = JSON.parse(inNamespace(['/usr/sbin/bridge', '-j', '-c', 'vlan', 'show', 'dev', 'bond0']));
  const lines = links.flatMap(({ ifname, master, flags, linkinfo, addr_info: addresses }) => {
    const own = addresses
      .filter(({ family }) => family === 'inet')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    const up = flags.includes('UP');
    return [`${ifname} ${linkinfo?.info_kind} ${linkinfo?.info_data?.id} ${master} ${up} ${own.join(' ')}`];
  });
  return [...lines.sort(), JSON.stringify(ids)].join('\n');
}

function mustBe(expected, who) {
  const found = result();
  if (found === expected) return;
  const before = new Set(expected.split('\n'));
  const other = found.split('\n').filter((line) => !before.has(line));
  throw new Error(`${who} leads to something else:\n${other.slice(0, 5).join('\n')}`);
}

const ringwall = (command, ...options) =>
  run(process.execPath, [here('../bin/ringwall'), command, '--root', site, '--only', 'network', ...options]);
const kernel = ['--netns', namespace, '--state', state];

/** Three commands, each with what must hold after it, and `ip -batch` before them: a machine is not equally busy all the time. */
function measure({ first, idle, edited }, { expected, expectedEdited, who, times }) {
  const all = Array.from({ length: times }, () => {
    write(written.site);
    clear();
    const batch = timed(ipBatch);
    clear();
    const one = timed(first);
    mustBe(expected, who);
    const two = timed(idle);
    write(written.edited);
    const three = timed(edited);
    mustBe(expectedEdited, who);
    return { batch, first: one, idle: two, edited: three };
  });
  const of = (step) => ({
    milliseconds: median(all.map((each) => each[step].milliseconds)),
    values: all.map((each) => each[step].value),
  });
  return { batch: of('batch'), first: of('first'), idle: of('idle'), edited: of('edited') };
}

const none = ['--guests', '0', '--rules', '0', '--groups', '0', '--ipsets', '0', '--aliases', '0', '--bridges', '1'];
run(process.execPath, [here('make-site.mjs'), site, ...none, '--vlans', values.vlans]);
rmSync(join(site, 'etc/pve'), { recursive: true });
written.site = readFileSync(interfaces, 'utf8');
written.edited = written.site.replace('172.16.1.1/24', '172.16.1.9/24');

// ifupdown2 reads /etc/network, which `ip netns exec` puts in the place of the host's, and itself from /usr/share.
const unpacked = here('../.cache/ifupdown2');
mkdirSync('/etc/network', { recursive: true });
mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
cpSync(`${unpacked}/etc/network`, `/etc/netns/${namespace}/network`, { recursive: true });
mkdirSync('/var/lib/ifupdown2', { recursive: true });
for (const name of ['policy.d', 'hooks']) mkdirSync(`/var/lib/ifupdown2/${name}`, { recursive: true });
rmSync('/usr/share/ifupdown2', { recursive: true, force: true });
symlinkSync(`${unpacked}/usr/share/ifupdown2`, '/usr/share/ifupdown2');
const ifreload = () => inNamespace(['/usr/bin/python3', `${unpacked}/sbin/ifreload`, '-a']);

run('/usr/sbin/ip', ['netns', 'add', namespace]);
ip(['link', 'set', 'lo', 'up']);

ringwall('compile', '--out', join(directory, 'text'));
const batch = readFileSync(join(directory, 'text/links.batch'), 'utf8');
const ids = [...batch.matchAll(/^#bridge (.*)$/gm)].map(([, line]) => `${line}\n`).join('');
const ipBatch = () => {
  ip(['-batch', '-'], batch);
  run('/usr/sbin/bridge', ['-n', namespace, '-batch', '-'], { input: ids });
};

const steps = { first: 'first apply', idle: 'nothing to do', edited: 'one line changed' };
const say = (text) => process.stderr.write(`${text}\n`);
const node = median(Array.from({ length: runs }, () => timed(() => run(process.execPath, ['-e', '0'])).milliseconds));
say(`node -e 0: ${Math.round(node)} ms`);

// Loads the kernel's modules.
clear();
ipBatch();
const batches = Array.from({ length: runs }, () => {
  clear();
  return timed(ipBatch).milliseconds;
});
const base = median(batches);
const expected = result();
const expectedEdited = expected.replace('172.16.1.1/24', '172.16.1.9/24');
say(`ip -batch: ${Math.round(base)} ms`);

const apply = () => ringwall('apply', '--yes', ...kernel);
const whole = measure(
  { first: apply, idle: () => ringwall('plan', ...kernel), edited: apply },
  { expected, expectedEdited, who: 'ringwall', times: runs },
);
for (const step of Object.keys(steps)) say(`ringwall, ${step}: ${Math.round(whole[step].milliseconds)} ms`);

const parts = (command) => () =>
  JSON.parse(run(process.execPath, [here('run-parts.mjs'), command, site, namespace, state]));
const inside = measure(
  { first: parts('apply'), idle: parts('plan'), edited: parts('apply') },
  { expected, expectedEdited, who: 'ringwall', times: runs },
);

const rows = [];
const row = (name, milliseconds, beside) =>
  rows.push(
    `| ${name} | ${Math.round(milliseconds).toLocaleString('en-US')} | ${(milliseconds / beside).toFixed(2)} |`,
  );
row('`node -e 0`', node, base);
for (const [who, { batch }] of [
  ['the processes', whole],
  ['the parts', inside],
]) {
  row(`\`ip -batch\` and \`bridge -batch\`, beside ${who} of ringwall`, batch.milliseconds, batch.milliseconds);
}
for (const [step, name] of Object.entries(steps)) {
  row(`ringwall, ${name}, whole process`, whole[step].milliseconds, whole.batch.milliseconds);
}
for (const [step, name] of Object.entries(steps)) {
  const runsOf = inside[step].values;
  const part = (title, read) => row(title, median(runsOf.map(read)), inside.batch.milliseconds);
  const files = 'files read and checked';
  part(`ringwall, ${name}, the ${files}, and all behind it`, ({ proper, parts }) => proper + parts[files]);
  part(`ringwall, ${name}, from the kernel's read to its verification`, ({ proper }) => proper);
  for (const title of Object.keys(runsOf[0].parts)) part(`… ${title}`, ({ parts }) => parts[title] ?? 0);
}
if (!values.quick) {
  const reload = measure(
    { first: ifreload, idle: ifreload, edited: ifreload },
    { expected, expectedEdited, who: 'ifreload', times: 1 },
  );
  for (const [step, name] of Object.entries(steps)) {
    row(`\`ifreload -a\`, ${name}`, reload[step].milliseconds, reload.batch.milliseconds);
  }
}
process.stdout.write(`| | ms | beside ip -batch |\n|---|---|---|\n${rows.join('\n')}\n`);
rmSync(directory, { recursive: true, force: true });
