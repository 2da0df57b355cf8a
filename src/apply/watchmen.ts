import { Failure } from '../diagnostics/index.js';
import type { Processes, Start, Started } from '../ports/index.js';
import { PATH } from './hooks.js';
import { type StateDirectory, takeOwnLock } from './state-directory.js';
import type { World } from './world.js';

/** The command line of a watchman: `ringwall recover --await` with the options of the command that starts it. */
export interface Watchman {
  readonly program: string;
  readonly args: readonly string[];
  /** May it be a unit of systemd? Not where this process is in a network namespace that systemd does not know. */
  readonly unit: boolean;
}

/** There when systemd runs this machine (sd_booted(3)). */
const SYSTEMD = '/run/systemd/system';
const SYSTEMD_RUN = ['/usr/bin/systemd-run', '/bin/systemd-run'];
/** Milliseconds. */
const LIMIT = 10_000;

/**
 * Starts who takes a pending change back. With systemd that is a transient unit, which it starts anew whenever it is
 * killed. Without, two processes, each in a session of its own, of which each starts the other one anew.
 */
export async function startWatchmen(
  { state, processes }: World,
  watchman: Watchman,
  generation: number,
): Promise<void> {
  if (watchman.unit && state.files.list(SYSTEMD) !== null && (await startUnit(processes, watchman, generation))) return;
  const paired = pairedStart(watchman);
  await processes.start(paired);
  await processes.start(paired);
}

async function startUnit(processes: Processes, watchman: Watchman, generation: number): Promise<boolean> {
  const program = processes.find(SYSTEMD_RUN);
  if (program === null) return false;
  const args = unitArguments(watchman, generation);
  const end = await processes.run({ program, args, environment: { PATH }, limit: LIMIT });
  return end.kind === 'exited' && end.code === 0;
}

/**
 * Of systemd-run(1). A watchman that was killed comes back at once and as often as it takes; a signal that otherwise ends
 * a service in good order does not end this one (systemd.service(5), RestartForceExitStatus).
 */
export const unitArguments = ({ program, args }: Watchman, generation: number): string[] => [
  `--unit=ringwall-confirm-${generation}`,
  `--description=ringwall: takes generation ${generation} back unless it is confirmed`,
  '--collect',
  '--quiet',
  '--property=Type=exec',
  '--property=Restart=on-failure',
  '--property=RestartSec=100ms',
  '--property=RestartForceExitStatus=SIGHUP SIGINT SIGTERM SIGPIPE',
  '--property=StartLimitIntervalSec=0',
  program,
  ...args,
];

const pairedStart = ({ program, args }: Watchman): Start => ({
  program,
  args: [...args, '--paired'],
  environment: { PATH },
});

/** A watchman that has no seat yet. */
interface Newcomer extends Pick<Started, 'ended'> {
  /** When another one is started, in milliseconds since boot. */
  readonly expected: number;
}

const nobody: Newcomer = { ended: () => true, expected: 0 };

/** How long the other watchman may need to take its seat, in milliseconds: a twin of this one, and one that it started. */
const TWIN = 500;
const TO_SIT_DOWN = 5000;
/** How often a watchman looks for a free seat, and how long it waits in between, in milliseconds. */
const TRIES = 20;
const BETWEEN = 50;

/** One of two watchmen, each of which starts the other anew. */
export interface Companion {
  /** Starts the other one if it is gone. */
  tick(): Promise<void>;
}

/** Takes one of the two seats; null when there are two already. A seat is a lock, so it is free when its holder dies. */
export async function sitDown({ state, clock, processes }: World, watchman: Watchman): Promise<Companion | null> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    for (const [own, other] of [
      [1, 2],
      [2, 1],
    ] as const) {
      if (!takeOwnLock(state, seat(own)).held) continue;
      // Two are started at a time: the other one may be about to sit down.
      let newcomer: Newcomer = { ended: () => false, expected: clock.sinceBoot() + TWIN };
      return {
        tick: async () => {
          if (isTaken(state, other)) newcomer = nobody;
          else if (newcomer.ended() || clock.sinceBoot() > newcomer.expected) {
            const started = await startOrNot(processes, watchman);
            newcomer = started === null ? nobody : { ended: started.ended, expected: clock.sinceBoot() + TO_SIT_DOWN };
          }
        },
      };
    }
    // The other watchman holds a seat for a moment to see whether it is free.
    await clock.wait(BETWEEN);
  }
  return null;
}

/** Null when there is no room for another process now: it is tried again. */
async function startOrNot(processes: Processes, watchman: Watchman): Promise<Started | null> {
  try {
    return await processes.start(pairedStart(watchman));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return null;
  }
}

const seat = (number: 1 | 2): string => `watchman-${number}.lock`;

/**
 * Where the lock cannot be tried at all, another watchman could not sit down either. A lock that is not there is not
 * made: somebody may be removing the directory.
 */
function isTaken(state: StateDirectory, number: 1 | 2): boolean {
  try {
    if (state.files.attributes(`${state.path}/${seat(number)}`) === null) return false;
    const lock = takeOwnLock(state, seat(number));
    if (lock.held) lock.release();
    return !lock.held;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return true;
  }
}
