import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('victim.mjs', import.meta.url));
/** Processes that are started before they are needed: a start costs as much as a run. */
const SPARE = 2;
/** What no run takes, in milliseconds. */
const LIMIT = 120_000;

/** How a run ended by itself. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The boundaries it passed, such as `rename position.json`. */
  readonly passed: readonly string[];
}

/** Runs command lines of ringwall, each of those that are killed in a process of its own. */
export class Victims {
  #runner = new Victim();
  readonly #spare = Array.from({ length: SPARE }, () => new Victim());

  /** Runs a command line to its end. */
  async run(args: readonly string[]): Promise<Ended> {
    const end = await this.#runner.order(args, null);
    if (typeof end !== 'string') return end;
    this.#runner = new Victim();
    throw new Error(`ringwall ${args.join(' ')} ended by ${end}`);
  }

  /** Runs a command line that kills itself at a boundary: of a number from 1, or the first whose name begins so. */
  async kill(args: readonly string[], boundary: number | string): Promise<void> {
    const victim = this.#spare.shift() ?? new Victim();
    this.#spare.push(new Victim());
    const end = await victim.order(args, boundary);
    victim.close();
    if (end === 'SIGKILL') return;
    const how = typeof end === 'string' ? end : `exit code ${end.code}: ${end.err}`;
    throw new Error(`ringwall ${args.join(' ')} was not killed at boundary ${boundary}: ${how}`);
  }

  close(): void {
    for (const victim of [this.#runner, ...this.#spare]) victim.close();
  }
}

/** A process that carries out orders (see victim.mjs). */
class Victim {
  readonly #orders: Writable;
  readonly #answers: AsyncIterator<string>;
  readonly #process: ChildProcess;
  readonly #gone: Promise<string>;

  constructor() {
    this.#process = spawn(process.execPath, [program], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
    });
    const [, , , orders, answers] = this.#process.stdio;
    if (!(orders instanceof Writable) || !(answers instanceof Readable)) throw new Error('no pipes to victim.mjs');
    // One that is dead takes no orders; `order` says how it ended.
    this.#orders = orders.on('error', () => {});
    this.#answers = createInterface({ input: answers })[Symbol.asyncIterator]();
    this.#gone = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** How a command line ended, or how this process did before that. */
  async order(args: readonly string[], killAt: number | string | null): Promise<Ended | string> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#process.kill('SIGKILL');
    }, LIMIT);
    try {
      this.#orders.write(`${JSON.stringify({ args, killAt })}\n`);
      const answer = await this.#answers.next();
      if (answer.done !== true) return readEnded(JSON.parse(answer.value));
      const end = await this.#gone;
      return late ? `no end within ${LIMIT} ms` : end;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#orders.end();
  }
}

function readEnded(answer: unknown): Ended {
  if (isEnded(answer)) return answer;
  throw new Error(`victim.mjs answers ${JSON.stringify(answer)}`);
}

const isEnded = (value: unknown): value is Ended => typeof value === 'object' && value !== null && 'passed' in value;
