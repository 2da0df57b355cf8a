import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('victim.mjs', import.meta.url));
const SIGKILL = 9;

/** How a run ended by itself. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The boundaries it passed, such as `fsync position.json`. */
  readonly passed: readonly string[];
}

/** Runs command lines of ringwall in processes that can be killed at a boundary (see victim.mjs). */
export class Victims {
  readonly #orders: Writable;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor() {
    // A fork has the calling thread only, so V8 must not count on others.
    const args = ['--single-threaded', '--expose-gc', '--v8-pool-size=0', program];
    const { stdio } = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'] });
    const [, , , orders, answers] = stdio;
    if (!(orders instanceof Writable) || !(answers instanceof Readable)) throw new Error('no pipes to victim.mjs');
    this.#orders = orders;
    this.#reader = createInterface({ input: answers });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Runs a command line to its end. */
  async run(args: readonly string[]): Promise<Ended> {
    const [said, end] = await this.#order(args, null);
    if (said === null || end.signal !== 0) {
      throw new Error(`ringwall ${args.join(' ')} ended by signal ${end.signal}, code ${end.code}`);
    }
    return { ...said, code: end.code };
  }

  /** Runs a command line that kills itself at a boundary, counted from 1. */
  async kill(args: readonly string[], boundary: number): Promise<void> {
    const [said, end] = await this.#order(args, boundary);
    if (said !== null || end.signal !== SIGKILL) {
      const how = said === null ? `signal ${end.signal}` : said.err;
      throw new Error(`ringwall ${args.join(' ')} was not killed at boundary ${boundary}: ${how}`);
    }
  }

  close(): void {
    this.#orders.end();
    this.#reader.close();
  }

  async #order(args: readonly string[], killAt: number | null): Promise<[Said | null, End]> {
    this.#orders.write(`${JSON.stringify({ args, killAt })}\n`);
    const first = await this.#line();
    if (isEnd(first)) return [null, first];
    const second = await this.#line();
    if (!isSaid(first) || !isEnd(second)) throw new Error(`victim.mjs answers ${JSON.stringify([first, second])}`);
    return [first, second];
  }

  async #line(): Promise<unknown> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error('victim.mjs has ended');
    return JSON.parse(next.value);
  }
}

type Said = Omit<Ended, 'code'>;
interface End {
  readonly signal: number;
  readonly code: number;
}

const isEnd = (value: unknown): value is End => typeof value === 'object' && value !== null && 'signal' in value;
const isSaid = (value: unknown): value is Said => typeof value === 'object' && value !== null && 'passed' in value;
