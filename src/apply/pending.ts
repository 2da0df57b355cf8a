import { Failure } from '../diagnostics/index.js';
import type { Clock } from '../ports/index.js';
import type { Reader } from '../ruleset/index.js';

/** A generation that is in force and taken back at its deadline, unless somebody confirms it before. */
export interface Pending {
  readonly generation: number;
  /** The generation that comes back; null is none: our tables are taken out. */
  readonly back: number | null;
  /** The run of the machine for which the deadline counts: in another one it has passed. */
  readonly bootId: string;
  /** Milliseconds since that start of the machine; null until the kernel holds the generation. */
  readonly deadline: number | null;
  /** The deadline as the time of day it was when it was set, for people only: ISO 8601 in UTC. */
  readonly until: string | null;
}

export const readPending = (reader: Reader): Pending => ({
  generation: reader.field('generation').integer(),
  back: reader.field('back').nullable((field) => field.integer()),
  bootId: reader.field('bootId').string(),
  deadline: reader.field('deadline').nullable((field) => field.integer()),
  until: reader.field('until').nullable((field) => field.string()),
});

/** The same change with so many seconds from now. */
export const withDeadline = (pending: Pending, seconds: number, clock: Clock): Pending => ({
  ...pending,
  bootId: clock.bootId(),
  deadline: clock.sinceBoot() + seconds * 1000,
  until: new Date(clock.now() + seconds * 1000).toISOString(),
});

/**
 * Milliseconds that are left to confirm it; 0 when it is to be taken back. For who holds the lock: a change without a
 * deadline is under way while its own run holds that, and was cut short otherwise.
 */
export function timeLeft({ bootId, deadline }: Pending, clock: Clock): number {
  if (deadline === null || bootId !== clock.bootId()) return 0;
  return Math.max(0, deadline - clock.sinceBoot());
}

/** `generation 2 goes back to generation 1` */
export const spellWayBack = ({ generation, back }: Pick<Pending, 'generation' | 'back'>): string =>
  `generation ${generation} goes back to ${back === null ? 'no rules of ringwall at all' : `generation ${back}`}`;

/** Why nothing else can be done meanwhile. */
export function refusedWhilePending(pending: Pending, user: string | null, clock: Clock): Failure {
  const seconds = Math.ceil(timeLeft(pending, clock) / 1000);
  const who = user === null ? '' : `, applied by ${user},`;
  const message = `a change is pending: ${spellWayBack(pending).replace(' goes', `${who} goes`)} in ${seconds} s unless confirmed`;
  return new Failure('pending', `${message}; nothing was changed`, {
    help: '`ringwall confirm` keeps it, `ringwall rollback` takes it back at once, `ringwall apply --confirm SECONDS --extend` goes on from it',
    exit: 3,
  });
}
