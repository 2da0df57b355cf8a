import {
  type Applied,
  type Author,
  apply,
  type Desired,
  describeChanges,
  forgetCommits,
  recordCommits,
  replug,
  type Sources,
  startRecord,
  type World,
} from '../apply/index.js';
import { type Diagnostic, Failure } from '../diagnostics/index.js';
import type { Way } from '../guard/index.js';
import type { KernelMonitor, KernelNews } from '../netlink/index.js';
import type { StateFiles } from '../ports/index.js';
import type { Cause, WatchEvent } from './event.js';
import { type Changes, Footprint } from './footprint.js';

/** What the files say at one time. */
export interface Reading {
  readonly desired: Desired;
  readonly sources: Sources;
  readonly node: string;
  readonly errors: number;
  readonly diagnostics: readonly Diagnostic[];
  /** When the same files say something else, in milliseconds since the epoch; null for never. */
  readonly validUntil: number | null;
}

export interface Watched {
  readonly world: World;
  readonly monitor: KernelMonitor;
  /** The process this is: its own commits are no news. */
  readonly pid: number;
  /** Reads the site through these files; throws a Failure when that cannot be done. */
  readonly read: (files: StateFiles) => Reading;
  readonly ways: readonly Way[];
  readonly author: Author;
  readonly tell: (event: WatchEvent) => void;
  /** Waits for so many milliseconds, or for the end. */
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly ended: () => boolean;
}

/** Milliseconds between two looks at the files. A look that takes long is made less often: a twentieth of the time. */
const INTERVAL = 1000;
const SHARE = 20;
/** Files that change together are read when they are the same for so long. */
const QUIET = 200;
const LONGEST_UNREST = 5000;
/** Whoever makes a port also plugs it in. */
const PLUGGING = 2000;
const RETRY = 30_000;
/** Failures of whoever has to wait. */
const busy: ReadonlySet<string> = new Set(['locked', 'pending']);

/**
 * Keeps the kernel at what the files say, until the end: each change of the files becomes a generation of its own. Errors
 * in files leave their lines inert. Whatever goes wrong is told, and what is in force stays.
 */
export async function watch(watched: Watched): Promise<void> {
  const lock = startRecord(watched.world.state);
  try {
    watched.tell({ event: 'started' });
    const follower = new Follower(watched);
    while (!watched.ended()) {
      await follower.turn();
      await watched.pause(Math.max(INTERVAL, follower.lookTook * SHARE));
    }
    watched.tell({ event: 'stopped' });
  } finally {
    lock.release();
  }
}

class Follower {
  readonly #watched: Watched;
  #footprint: Footprint;
  /** What is to be done; null when there is nothing. */
  #due: Cause | null = 'start';
  /** When something failed that no file is to blame for: when to try again. */
  #retryAt: number | null = null;
  #validUntil: number | null = null;
  #guestPorts: ReadonlySet<string> = new Set();
  readonly #there = new Set<string>();
  /** When the ports that came are plugged in. */
  #portsAt: number | null = null;
  #waiting = false;
  #lookTook = 0;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#footprint = this.#newFootprint();
  }

  /** How long the last look at the files took, in milliseconds. What was done about it is no reason to look less often. */
  get lookTook(): number {
    return this.#lookTook;
  }

  async turn(): Promise<void> {
    const { clock } = this.#watched.world;
    this.#hear(this.#watched.monitor.news());
    if (await this.#filesChanged()) this.#due = 'files';
    else if (this.#validUntil !== null && clock.now() >= this.#validUntil) this.#due ??= 'time';
    else if (this.#retryAt !== null && clock.now() >= this.#retryAt) this.#due ??= 'retry';
    if (this.#due !== null) {
      const cause = this.#due;
      if (await this.#attempt(cause, () => this.#applyFiles())) this.#due = null;
    } else if (this.#portsAt !== null && clock.now() >= this.#portsAt) {
      const { author, ways, world } = this.#watched;
      if (await this.#attempt('links', () => replug(world, { author, ways }))) this.#portsAt = null;
    }
  }

  #newFootprint = (): Footprint => new Footprint(this.#watched.world.state.files, this.#watched.world.clock);

  #look(): Changes {
    const { clock } = this.#watched.world;
    const before = clock.sinceBoot();
    const changes = this.#footprint.changes();
    this.#lookTook = clock.sinceBoot() - before;
    return changes;
  }

  /** Waits for the end of a row of changes. */
  async #filesChanged(): Promise<boolean> {
    const { pause, world, ended } = this.#watched;
    let last = this.#look();
    const until = world.clock.now() + LONGEST_UNREST;
    while (last.paths.length > 0 && world.clock.now() < until && !ended()) {
      await pause(QUIET);
      const next = this.#look();
      if (next.state === last.state) break;
      last = next;
    }
    return last.paths.length > 0;
  }

  async #applyFiles(): Promise<Applied> {
    const { world, read, ways, author, tell } = this.#watched;
    this.#footprint = this.#newFootprint();
    this.#validUntil = null;
    const { desired, sources, node, errors, diagnostics, validUntil } = read(
      this.#footprint.following(world.state.files),
    );
    this.#validUntil = validUntil;
    this.#guestPorts = new Set(desired.links?.guestPorts.map(({ name }) => name));
    if (errors > 0 && !this.#waiting) tell({ event: 'site', errors, diagnostics });
    return apply(world, { ...desired, sources, node, author, ways });
  }

  /** Does it, and tells how it went; false when it has to wait. */
  async #attempt(cause: Cause, act: () => Promise<Applied>): Promise<boolean> {
    const { tell, world } = this.#watched;
    try {
      const { generation, changes, warnings } = await act();
      this.#retryAt = null;
      this.#waiting = false;
      if (changes.length > 0 || cause === 'start') {
        const summary = describeChanges(changes);
        tell({ event: 'applied', cause, generation, changed: changes.length, summary, warnings });
      }
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (busy.has(error.code)) {
        if (!this.#waiting) tell({ event: 'waiting', cause, reason: error.message });
        this.#waiting = true;
        return false;
      }
      this.#waiting = false;
      const { code, message, help } = error;
      const refused = error.exit === 3;
      // What is refused for safety stays refused until the files change.
      this.#retryAt = refused ? null : world.clock.now() + RETRY;
      if (cause !== 'retry') {
        const shown = { code, message, ...(help === undefined ? {} : { help }) };
        tell({ event: refused ? 'refused' : 'failed', cause, error: shown });
      }
      return true;
    }
  }

  #hear({ commits, links, lost }: KernelNews): void {
    const { world, pid, tell } = this.#watched;
    const ours = commits.filter(({ touched }) => touched.length > 0);
    this.#record(() => {
      if (lost) forgetCommits(world.state);
      const time = new Date(world.clock.now()).toISOString();
      if (ours.length > 0)
        recordCommits(
          world.state,
          ours.map((commit) => ({ ...commit, time })),
        );
    });
    if (lost) tell({ event: 'lost' });
    for (const { generation, pid: by, process, touched } of ours) {
      if (by === pid) continue;
      const names = touched.map(({ family, kind, name }) =>
        kind === 'table' ? `${family} ${name}` : `${family}/${name}`,
      );
      tell({ event: 'commit', generation, pid: by, process, touched: names });
    }
    for (const { name, there } of links) {
      if (!there) this.#there.delete(name);
      else if (!this.#there.has(name)) {
        this.#there.add(name);
        if (this.#guestPorts.has(name)) this.#portsAt = world.clock.now() + PLUGGING;
      }
    }
  }

  /** A record that cannot be written keeps nobody from following the files. */
  #record(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, message } = error;
      this.#watched.tell({ event: 'failed', cause: 'commits', error: { code, message } });
    }
  }
}
