import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/ports/index.js';
import { build, hostOnly, makeSite, program, ringwall, type TestSite } from '../support/cli.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { deadlineIn, kill, position, runsFor, until, watchmenOf } from '../support/pending.js';

const HOST = 'etc/pve/nodes/pve1/host.fw';
/** How many pending changes are made; `npm run timers` makes 50. */
const CHANGES = Number(process.env['RINGWALL_TIMERS'] ?? 5);
const SECONDS = 4;
const SEED = Number(process.env['RINGWALL_TIMERS_SEED'] ?? 1);
/** What a change may need beyond its deadline on a machine that does nothing else, in milliseconds. */
const PROMISED = 1000;
/** As long as the machine runs other tests at the same time, processes wait for their turn. */
const ALLOWED = PROMISED + (process.env['RINGWALL_TIMERS'] === undefined ? 9000 : 0);

let site: TestSite;
let netns: TestNamespace;
let child: ChildProcess | undefined;
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite({
    ...hostOnly,
    'etc/network/interfaces': 'auto br1\niface br1\n\tbridge-ports none\n\taddress 192.0.2.1/24\n',
  });
  netns = makeNamespace();
});
afterEach(() => {
  for (const { pid } of runsFor(site.state)) kill(pid);
  netns.remove();
  site.remove();
});

const options = (): string[] => ['--root', site.root, '--state', site.state, '--netns', netns.name];

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the kernel holds: rules with their texts, links with their addresses. */
const kernel = (): string =>
  netns.nft('-s', 'list', 'ruleset') +
  netns
    .ip('-brief', 'address', 'show')
    .replace(/ fe80::\S+/g, '')
    .replace(/@\S+/g, '')
    .replace(/ +/g, ' ');

test(
  `${CHANGES} pending changes are taken back although all of ours is killed at random moments`,
  async () => {
    expect(ringwall(['apply', ...options()]).code).toBe(0);
    const old = kernel();
    const random = randomFrom(SEED);
    const overruns: number[] = [];
    let killed = 0;
    for (let change = 0; change < CHANGES; change += 1) {
      site.write(HOST, `${hostOnly[HOST]}IN ACCEPT -p tcp -dport ${2000 + change}\n`);
      site.write(
        'etc/network/interfaces',
        `auto br1\niface br1\n\tbridge-ports none\n\taddress 192.0.2.${2 + change}/24\n`,
      );
      // A session of its own, which is killed whole, as a connection that breaks takes all its processes along.
      child = spawn(process.execPath, [program, 'apply', '--yes', '--confirm', String(SECONDS), ...options()], {
        detached: true,
        stdio: 'ignore',
      });
      const { pid = 0 } = child;
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      // Every second run is killed while it works, every other after it has done.
      if (change % 2 === 0) {
        await Promise.race([gone, sleep(200 + random() * 2500)]);
      } else {
        await gone;
      }
      kill(-pid);
      await gone;
      killed += 1;
      // Killed before it had started anybody, it had not touched the kernel either: the next run settles the records.
      if (runsFor(site.state).length === 0 && position(site.state).pending?.deadline === null) {
        expect(kernel(), `change ${change + 1}`).toBe(old);
        expect(ringwall(['recover', ...options()]).code).toBe(0);
      }
      // Until it is over, one watchman after the other is killed, each when both seats are taken again.
      const ending = until(() => position(site.state).pending === null, 'the change is taken back', 60_000);
      let over = false;
      // A run that was killed half way has no deadline: it must be over within the time it had asked for.
      let deadline = deadlineIn(site.state) ?? systemClock.sinceBoot() + SECONDS * 1000;
      const ended = ending.then((at) => {
        over = true;
        return at;
      });
      while (!over) {
        await Promise.race([ended, sleep(random() * 500)]);
        deadline = deadlineIn(site.state) ?? deadline;
        const seated = watchmenOf(site.state);
        const victim = seated[Math.floor(random() * seated.length)];
        if (over || seated.length < 2 || victim === undefined) continue;
        kill(victim);
        killed += 1;
        // It dies a moment later, and would count as the other one's company until then.
        await until(() => !watchmenOf(site.state).includes(victim), 'the watchman is dead');
      }
      overruns.push((await ended) - deadline);
      expect(kernel(), `change ${change + 1}`).toBe(old);
      expect(position(site.state)).toMatchObject({ current: 1, confirmed: 1, pending: null });
      await until(() => runsFor(site.state).length === 0, 'the watchmen went home');
    }
    const worst = Math.max(0, ...overruns);
    process.stdout.write(
      `${overruns.length} of ${CHANGES} pending changes were taken back, ${killed} processes killed; worst overrun ${worst} ms\n`,
    );
    expect(worst).toBeLessThan(ALLOWED);
  },
  60_000 + CHANGES * 60_000,
);
