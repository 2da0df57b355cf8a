import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { VENDOR } from '../kernel-texts.js';
import type { Files } from '../kills/change.js';
import type { VolatileDisk } from './volatile-disk.js';

const lab = fileURLToPath(new URL('../../../lab/run.sh', import.meta.url));
const guest = fileURLToPath(new URL('guest.mjs', import.meta.url));
const TIME_LIMIT = 400;
/** The exit code of lab/run.sh after a power cut. */
const POWER_CUT = 137;

/** A command line of ringwall, run once the files are the whole site; null leaves the site as it is. */
export interface Command {
  readonly kind: 'ringwall';
  readonly files: Files | null;
  readonly args: readonly string[];
}

/** What a machine is told to do. */
export type Order =
  | Command
  /** Tells what a kernel holds with that site in force; null is no site at all. */
  | { readonly kind: 'refer'; readonly files: Files | null };

/** What the tools of the kernel say, each as it comes. */
export type RawDump = Readonly<Record<'ruleset' | 'links' | 'routes4' | 'routes6' | 'vlans' | 'settings', string>>;

/** Of the command of a boot, or of the order with that number. */
export type Which = 'boot' | number;

export interface Ended {
  readonly event: 'ended';
  readonly number: Which;
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** After `recover --boot`. */
export interface Booted {
  readonly event: 'booted';
  readonly number: 'boot';
  readonly dump: RawDump;
  /** `position.json`. */
  readonly record: PositionRecord | null;
  /** How many files of earlier runs have their content: those that were flushed, and the others. */
  readonly traces: { readonly flushed: number; readonly unflushed: number };
}

export interface PositionRecord {
  readonly current: number | null;
  readonly confirmed: number | null;
  readonly applying: unknown;
  readonly pending: unknown;
}

export type Event =
  | { readonly event: 'began'; readonly number: Which }
  | Ended
  | Booted
  | { readonly event: 'referred'; readonly number: number; readonly dump: RawDump };

/** An event with when it came, in milliseconds, and how many writes and flushes the disk had seen by then. */
export type Heard = Event & { readonly at: number; readonly requests: number };

/** One run of a machine, from its start to the cut of its power. */
export class Machine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ringwall-power-'));
  readonly #disk: VolatileDisk;
  readonly #child: ChildProcess;
  readonly #gone: Promise<number | null>;
  readonly #heard: Heard[] = [];
  readonly #news = new EventEmitter();
  #said = '';
  #orders = 0;

  /** Starts it with that disk. */
  constructor(disk: VolatileDisk) {
    this.#disk = disk;
    this.#child = spawn('bash', [lab, process.execPath, guest, VENDOR], {
      env: {
        ...process.env,
        RINGWALL_LAB_DISK: `nbd+unix:///?socket=${disk.path}`,
        RINGWALL_LAB_RESULTS: this.#folder,
        RINGWALL_LAB_TIMEOUT: String(TIME_LIMIT),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('lab/run.sh has no output');
    createInterface({ input: stdout }).on('line', (line) => this.#hear(line));
    stderr.on('data', (chunk) => {
      this.#said += String(chunk);
    });
    this.#gone = new Promise((resolve) => this.#child.once('close', resolve));
    void this.#gone.then(() => this.#news.emit('news'));
  }

  /** Its number. */
  order(order: Order): number {
    const number = this.#orders;
    this.#orders += 1;
    // The machine must not find half of it.
    writeFileSync(join(this.#folder, 'next'), JSON.stringify(order));
    renameSync(join(this.#folder, 'next'), join(this.#folder, `${number}.json`));
    return number;
  }

  async began(which: Which): Promise<void> {
    await this.#first('began', which);
  }

  ended(which: Which): Promise<Ended> {
    return this.#first('ended', which);
  }

  booted(): Promise<Booted> {
    return this.#first('booted', 'boot');
  }

  async refer(files: Files | null): Promise<RawDump> {
    const { dump } = await this.#first('referred', this.order({ kind: 'refer', files }));
    return dump;
  }

  /**
   * Kills the emulator, and gives all that had happened until then. `survives` says of each sector that was not flushed
   * whether it is on the disk.
   */
  async cutPower(survives: () => boolean): Promise<readonly Heard[]> {
    this.#disk.powerOff();
    this.#child.kill('SIGUSR1');
    const code = await this.#gone;
    if (code !== POWER_CUT) throw new Error(`the machine ended by itself, exit code ${code}: ${this.#said}`);
    this.#disk.emptyCache(survives);
    rmSync(this.#folder, { recursive: true });
    return this.#heard;
  }

  /** For when a test fails; the lab takes its processes along. */
  stop(): void {
    this.#child.kill('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #hear(line: string): void {
    const event = eventIn(line);
    if (event === null) return;
    this.#heard.push({ ...event, at: performance.now(), requests: this.#disk.requests });
    this.#news.emit('news');
  }

  /** The event of that kind and number, which may have come already. */
  async #first<K extends Event['event']>(kind: K, which: Which): Promise<Extract<Heard, { event: K }>> {
    const isWanted = (event: Heard): event is Extract<Heard, { event: K }> =>
      event.event === kind && event.number === which;
    for (;;) {
      const event = this.#heard.find(isWanted);
      if (event !== undefined) return event;
      if (this.#child.exitCode !== null) throw new Error(`the machine has ended: ${this.#said}`);
      await once(this.#news, 'news');
    }
  }
}

/** Null for half a line, which is the last one of a machine whose power was cut. */
function eventIn(line: string): Event | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
