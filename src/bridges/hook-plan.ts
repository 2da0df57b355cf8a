import { spellOrigin } from '../ruleset/index.js';
import type { LinkFate } from './link-changes.js';
import type { Hook, HookPhase, Link } from './links.js';
import { isSameMeaning } from './meaning.js';

/** A command of an interfaces file, to be run for its link. */
export interface HookRun {
  readonly link: string;
  readonly hook: Hook;
}

/**
 * By link, the commands that lower it, for links whose commands that raise them ran: what is owed. So they run in pairs
 * also when nobody asked for them in between.
 */
export type OwedHooks = ReadonlyMap<string, readonly Hook[]>;

export interface HookPlan {
  /** Before the first step of the links. */
  readonly before: readonly HookRun[];
  /** When all steps are done. */
  readonly after: readonly HookRun[];
  /** In place of `after`, when the steps were undone. */
  readonly undo: readonly HookRun[];
  /** What is owed after `after`. */
  readonly owed: OwedHooks;
}

const LOWERING = ['pre-down', 'down', 'post-down'] as const;
const RAISING = ['pre-up', 'up', 'post-up'] as const;

/**
 * The commands to run for links that come, change and go, as `ifdown` and then `ifup` would: a link that changes, by a step on
 * it or by what its lines say, is lowered whole, by the commands its file had when it was raised, before it is raised again.
 * Links are lowered uppers first and raised lowers first.
 */
export function planHooks(fates: readonly LinkFate[], owed: OwedHooks): HookPlan {
  const isFirst = fates.every(({ before }) => before === null);
  const moved = fates.filter((fate) => hasCommands(fate, owed) && !isKept(fate, isFirst));
  const raised = moved.flatMap(({ link }) => link ?? []);
  const lowered = moved.flatMap(({ before }) => (before !== null && owed.has(before.name) ? [before] : []));
  const going = lowered.filter(({ name }) => !raised.some((link) => link.name === name));
  const staying = lowered.filter((link) => !going.includes(link));
  const debts = (links: readonly Link[], phases: readonly HookPhase[]): HookRun[] =>
    runsOf([...links].reverse(), phases, ({ name }) => owed.get(name));
  const own = ({ hooks }: Link) => hooks;
  return {
    before: [...debts(going, ['pre-down', 'down']), ...debts(staying, LOWERING), ...runsOf(raised, ['pre-up'], own)],
    after: [...debts(going, ['post-down']), ...runsOf(raised, ['up', 'post-up'], own)],
    undo: [...runsOf([...raised].reverse(), LOWERING, own), ...runsOf(lowered, RAISING, own)],
    owed: new Map([
      ...[...owed].filter(([name]) => !lowered.some((link) => link.name === name)),
      ...raised.flatMap(({ name, hooks = [] }): [string, readonly Hook[]][] =>
        hooks.length === 0 ? [] : [[name, hooks.filter(({ phase }) => isOneOf(LOWERING, phase))]],
      ),
    ]),
  };
}

const hasCommands = ({ link, before }: LinkFate, owed: OwedHooks): boolean =>
  link?.hooks !== undefined || (before !== null && owed.has(before.name));

function isKept({ kind, link, before }: LinkFate, isFirst: boolean): boolean {
  if (kind !== 'untouched') return false;
  // The first generation takes over what another program set up.
  return before === null ? isFirst : isSameMeaning(before, link);
}

/** Link by link, by phase, then in the order of the file. */
const runsOf = (
  links: readonly Link[],
  phases: readonly HookPhase[],
  hooksOf: (link: Link) => readonly Hook[] | undefined,
): HookRun[] =>
  links.flatMap((link) => {
    const hooks = hooksOf(link);
    if (hooks === undefined) return [];
    return phases.flatMap((phase) =>
      hooks.flatMap((hook) => (hook.phase === phase ? [{ link: link.name, hook }] : [])),
    );
  });

const isOneOf = (phases: readonly HookPhase[], phase: HookPhase): boolean => phases.includes(phase);

/** `> hook interfaces:8  vmbr0  post-up: ip route add 203.0.113.0/24 dev vmbr0` */
export const spellHookRun = ({ link, hook: { phase, command, origin } }: HookRun): string =>
  `> hook ${spellOrigin(origin)}  ${link}  ${phase}: ${command}`;

/** MODE and PHASE of a command's environment: `up` is another word for `post-up` there, `down` for `pre-down` (interfaces(5)). */
export const hookEnvironment: Readonly<Record<HookPhase, { readonly MODE: string; readonly PHASE: string }>> = {
  'pre-up': { MODE: 'start', PHASE: 'pre-up' },
  up: { MODE: 'start', PHASE: 'post-up' },
  'post-up': { MODE: 'start', PHASE: 'post-up' },
  'pre-down': { MODE: 'stop', PHASE: 'pre-down' },
  down: { MODE: 'stop', PHASE: 'pre-down' },
  'post-down': { MODE: 'stop', PHASE: 'post-down' },
};
