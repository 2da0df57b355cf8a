import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../diagnostics/index.js';
import { openNftables } from '../netlink/index.js';
import { commentOf, type Origin, spellOrigin } from '../ruleset/index.js';
import { internet } from './cast.js';
import { readDesired } from './desired.js';
import type { Outcome, Target } from './station-protocol.js';
import { dim, heading, plain, prompt, type Ran, ringwall, say } from './transcript.js';
import { deciding, type Sighting, witness } from './witness.js';
import type { World } from './world.js';

/** Where the story happens: the demo site, a copy of it to edit, a state directory, and a world. */
export interface Stage {
  readonly original: string;
  readonly root: string;
  readonly state: string;
  readonly world: World;
}

/** A connection somebody tries, and how it must end for the story to be true. */
interface Probe {
  readonly what: string;
  readonly from: 'outside' | 'vm100' | 'ct200';
  readonly source?: string;
  readonly target: Target;
  readonly expected: Outcome;
  /** The short name of the file whose line must have decided. */
  readonly file: string;
}

/** How long a connection may take until it counts as blocked, in milliseconds. */
const PATIENCE = 2000;

const visit: Probe = {
  what: 'the Internet opens the web site of VM 100 (tcp 80)',
  from: 'outside',
  source: internet[4],
  target: { address: '192.0.2.100', port: 80 },
  expected: 'open',
  file: 'cluster.fw',
};
const query: Probe = {
  what: 'VM 100 opens the database in container 200 (tcp 5432)',
  from: 'vm100',
  target: { address: '192.0.2.200', port: 5432 },
  expected: 'open',
  file: '200.fw',
};
const attack: Probe = {
  what: 'the Internet tries the same database, over IPv6',
  from: 'outside',
  source: internet[6],
  target: { address: '2001:db8::200', port: 5432 },
  expected: 'timeout',
  file: '200.fw',
};
const mail: Probe = {
  what: 'VM 100 tries to send mail (tcp 25)',
  from: 'vm100',
  target: { address: internet[4], port: 25 },
  expected: 'refused',
  file: '100.fw',
};

/** The one line the story edits; it stands once in its file. */
const edit = {
  file: 'etc/pve/firewall/100.fw',
  before: 'OUT REJECT -p tcp -dport 25 # a web server sends no mail: say so at once',
  after: 'OUT ACCEPT -p tcp -dport 25 # it may send mail after all',
};

/** Tells the whole story. A `demo` failure names what was not as it should be. */
export async function tell(stage: Stage): Promise<void> {
  await openDoors(stage.world);

  heading('The site: a Proxmox node with a web server in a VM and its database in a container');
  say('  outside ──eth0── vmbr0 ─┬─tap100i0── VM 100');
  say('                          └─veth200i0─ container 200\n');
  for (const file of filesOf(stage.root)) say(`  ${file}`);
  await run(stage, 'check', 0);

  heading('What the kernel would get');
  await run(stage, 'plan', 2, abridge);
  await run(stage, 'apply --yes', 0, (lines) => lines.slice(-1));

  heading('Real packets, and the line that decided');
  for (const probe of [visit, query, attack, mail]) await tryIt(stage.world, stage.root, probe);

  heading(`One rule is edited in ${edit.file}`);
  say(`  - ${edit.before}`);
  say(`  + ${edit.after}`);
  editRule(stage.root);
  const { lines } = await run(stage, 'plan', 2);
  expect(
    lines.filter((line) => /^[+~-] /.test(plain(line))).length === 1,
    'the plan of one edited rule is not one line',
  );
  await run(stage, 'apply --yes', 0, (all) => all.slice(-1));
  await tryIt(stage.world, stage.root, { ...mail, expected: 'open' });

  heading('And back');
  await run(stage, 'rollback', 0);
  // In force is again what the site said before the edit, and so are the numbers of its lines.
  await tryIt(stage.world, stage.original, mail);
  await run(stage, 'clear', 0);
}

/** Every server the probes ask for is there: what does not answer was stopped by a rule. */
async function openDoors(world: World): Promise<void> {
  await world.station('vm100').perform({ kind: 'listen', transport: 'tcp', port: 80 });
  await world.station('ct200').perform({ kind: 'listen', transport: 'tcp', port: 5432 });
  await world.station('outside').perform({ kind: 'listen', transport: 'tcp', port: 25 });
}

async function run(
  { root, state, world }: Stage,
  command: string,
  expected: number,
  shown: (lines: readonly string[]) => readonly string[] = (lines) => lines,
): Promise<Ran> {
  prompt(command);
  const ran = await ringwall(command, ['--root', root, '--state', state, '--netns', world.netns]);
  const right = ran.code === expected;
  for (const line of right ? shown(ran.lines) : ran.lines) say(line);
  expect(right, `\`ringwall ${command}\` ended with ${ran.code} and not with ${expected}`);
  return ran;
}

/** How many lines of a long plan are shown. */
const PLAN_LINES = 8;

/** Of a long plan the guests' rules that somebody wrote, and how many lines there are beside them. */
function abridge(lines: readonly string[]): readonly string[] {
  const written = lines.filter((line) => /^. rule (cluster|\d+)\.fw:/.test(plain(line))).slice(0, PLAN_LINES);
  const more = lines.length - 1 - written.length;
  return [...written, dim(`… and ${more} more: chains, sets, and what Proxmox implies`), ...lines.slice(-1)];
}

async function tryIt(world: World, root: string, probe: Probe): Promise<void> {
  const desired = readDesired(root);
  const nftables = openNftables(world.netns);
  try {
    const { target, source } = probe;
    const { result, seen } = await witness(nftables, desired.ruleset, () =>
      world.station(probe.from).perform({
        kind: 'connect',
        target,
        ...(source === undefined ? {} : { source: { address: source } }),
        patience: PATIENCE,
      }),
    );
    const by = deciding(seen, result === 'open');
    say(`  ${probe.what}: ${words[result]}`);
    say(`    ${by === null ? 'no rule counted it' : describe(by, desired.line)}`);
    expect(result === probe.expected, `${probe.what}: ${words[result]}, and should be ${words[probe.expected]}`);
    expect(by?.rule.origin?.file.endsWith(`/${probe.file}`) === true, `no line of ${probe.file} decided this`);
  } finally {
    nftables.close();
  }
}

const words: Readonly<Record<Outcome, string>> = {
  open: 'it passes',
  refused: 'it is rejected, with an answer',
  timeout: 'it is blocked, without an answer',
  answered: 'it is answered',
  silent: 'nothing comes back',
  listening: 'it listens',
};

/** `100.fw:7  OUT REJECT -p tcp -dport 25`, or what an implied rule is for. */
function describe({ rule, chain }: Sighting, line: (origin: Origin) => string): string {
  const { origin } = rule;
  return origin === null
    ? `${commentOf(rule) ?? 'a rule'} in chain ${chain}, implied by Proxmox`
    : `${spellOrigin(origin)}  ${line(origin)}`;
}

function editRule(root: string): void {
  const path = join(root, edit.file);
  const parts = readFileSync(path, 'utf8').split(edit.before);
  expect(parts.length === 2, `${edit.file} does not hold \`${edit.before}\` once`);
  writeFileSync(path, parts.join(edit.after));
}

const filesOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();

function expect(so: boolean, otherwise: string): void {
  if (!so) throw new Failure('demo', `the demo did not go as it should: ${otherwise}`);
}
