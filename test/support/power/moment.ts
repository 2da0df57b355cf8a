import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../agreement/random.js';
import type { Change } from './changes.js';
import type { Heard, Machine, Which } from './machine.js';
import type { VolatileDisk } from './volatile-disk.js';

/** When the power goes. Shares are from 0 to 1, of what such a command needed when it was run to its end. */
export type Moment =
  /** With one of the writes and flushes of a command, which does not get to the disk. */
  | { readonly kind: 'request'; readonly of: Which; readonly share: number }
  | { readonly kind: 'time'; readonly of: Which; readonly share: number }
  /** So many milliseconds after the last command has ended. */
  | { readonly kind: 'after'; readonly of: Which; readonly delay: number };

/** `ordered` are the numbers of its commands. */
export function drawMoment(random: Random, { kind }: Change, ordered: readonly number[]): Moment {
  const [first = 'boot'] = ordered;
  const last: Which = ordered.at(-1) ?? 'boot';
  const share = random.below(1000) / 1000;
  const of = random.below(4) === 0 ? first : last;
  const turn = random.below(10);
  if (turn < (kind === 'expired' ? 8 : 3)) {
    return { kind: 'after', of: last, delay: random.below(kind === 'expired' ? 6000 : 300) };
  }
  return { kind: turn < 8 ? 'request' : 'time', of, share };
}

/** `word` stands for its command. */
export function spellMoment(moment: Moment, word: string): string {
  switch (moment.kind) {
    case 'request':
      return `with a write or flush of ${word}, at ${Math.round(moment.share * 100)} %`;
    case 'time':
      return `during ${word}, at ${Math.round(moment.share * 100)} %`;
    case 'after':
      return `${moment.delay} ms after ${word}`;
  }
}

/** Milliseconds, and writes and flushes of the disk. */
interface Need {
  readonly time: number;
  readonly requests: number;
}

/** What commands needed that ran to their end. */
export class Needs {
  readonly #needs = new Map<string, Need>();

  learn(command: string, which: Which, heard: readonly Heard[]): void {
    const [began, ended] = ['began', 'ended'].map((kind) =>
      heard.find((one) => one.event === kind && one.number === which),
    );
    if (began === undefined || ended === undefined) return;
    this.#needs.set(command, { time: ended.at - began.at, requests: ended.requests - began.requests });
  }

  of(command: string): Need {
    return this.#needs.get(command) ?? { time: 4000, requests: 100 };
  }
}

/** Waits for the moment; a command that ends before it ends the waiting. */
export async function reach(moment: Moment, machine: Machine, disk: VolatileDisk, need: Need): Promise<void> {
  const { of } = moment;
  await machine.began(of);
  switch (moment.kind) {
    case 'after':
      await machine.ended(of);
      await sleep(moment.delay);
      return;
    case 'request':
      await Promise.race([disk.powerOffAt(1 + Math.floor(moment.share * need.requests)), machine.ended(of)]);
      return;
    case 'time':
      await Promise.race([sleep(moment.share * need.time), machine.ended(of)]);
      return;
  }
}
