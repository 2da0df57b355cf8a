#!/usr/bin/env node
// Times ringwall on a synthetic site, and nft on the same ruleset, in one run on one kernel.
//
//   npm run bench -- [--guests 100] [--rules 100] [--runs 3]
//
// Guest tables need stateful filtering in the bridge family, so `npm run bench` runs this in the full test kernel.
// Each figure is the median of the runs, wall clock of the whole process, Node's start included.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    guests: { type: 'string', default: '100' },
    rules: { type: 'string', default: '100' },
    runs: { type: 'string', default: '3' },
  },
});
const runs = Number(values.runs);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const ringwall = here('../bin/ringwall');
const directory = mkdtempSync(join(tmpdir(), 'ringwall-bench-'));
const site = join(directory, 'site');
const namespace = `rwbench-${process.pid}`;

/** Runs a program and gives its output; an exit code among `accepted` is no failure. */
function run(program, args, accepted = [0]) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (accepted.includes(error.status)) return error.stdout;
    throw error;
  }
}

const inNamespace = (...args) => run('/usr/sbin/ip', ['netns', 'exec', namespace, ...args]);

/** nft lists map elements before the chains they lead to, and does not load them in that order. */
function loadable(listed) {
  const document = JSON.parse(listed);
  const order = ['metainfo', 'table', 'chain', 'set', 'map', 'rule'];
  const rank = (entry) => order.indexOf(Object.keys(entry)[0]);
  document.nftables.sort((a, b) => rank(a) - rank(b));
  return JSON.stringify(document);
}

/** The median wall time of `work` in milliseconds; `before` puts things back and is not timed. */
function time(work, before = () => {}) {
  const times = Array.from({ length: runs }, () => {
    before();
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

try {
  run(process.execPath, [here('make-site.mjs'), site, '--guests', values.guests, '--rules', values.rules]);
  run('/usr/sbin/ip', ['netns', 'add', namespace]);
  const state = (name) => join(directory, name);
  const command = (name, ...args) => run(process.execPath, [ringwall, name, '--root', site, ...args], [0, 2]);
  const kernel = (name) => ['--netns', namespace, '--state', state(name)];
  const flush = () => {
    inNamespace('/usr/sbin/nft', 'flush', 'ruleset');
    rmSync(state('state'), { recursive: true, force: true });
  };

  const rows = [];
  const row = (name, milliseconds) => {
    rows.push([name, milliseconds]);
    process.stderr.write(`${name}: ${Math.round(milliseconds)} ms\n`);
  };
  row(
    'node -e 0',
    time(() => run(process.execPath, ['-e', '0'])),
  );
  row(
    'ringwall check',
    time(() => command('check')),
  );
  row(
    'ringwall compile',
    time(() => command('compile')),
  );
  row(
    'ringwall apply, nothing there',
    time(() => command('apply', '--yes', ...kernel('state')), flush),
  );
  row(
    'ringwall plan, nothing to do',
    time(() => command('plan', ...kernel('state'))),
  );

  const text = state('ruleset.nft');
  const json = state('ruleset.json');
  writeFileSync(text, command('compile'));
  writeFileSync(json, loadable(inNamespace('/usr/sbin/nft', '-j', 'list', 'ruleset')));
  const rules = inNamespace('/usr/sbin/nft', '-a', 'list', 'ruleset').match(/# handle [0-9]+$/gm)?.length ?? 0;
  row(
    'nft -f, nothing there',
    time(() => inNamespace('/usr/sbin/nft', '-f', text), flush),
  );
  row(
    'nft -j -f, nothing there',
    time(() => inNamespace('/usr/sbin/nft', '-j', '-f', json), flush),
  );

  const base = rows.find(([name]) => name.startsWith('nft -f'))?.[1] ?? 1;
  process.stdout.write(
    `${values.guests} guests × ${values.rules} rules: ${rules} objects, ${statSync(text).size} bytes of text\n`,
  );
  for (const [name, milliseconds] of rows) {
    process.stdout.write(
      `${name.padEnd(32)} ${String(Math.round(milliseconds)).padStart(7)} ms  ${(milliseconds / base).toFixed(2)} × nft -f\n`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
  run('/usr/sbin/ip', ['netns', 'delete', namespace], [0, 1]);
}
