import {
  type CurrentLinks,
  type LinkOperation,
  type LinkStep,
  type Links,
  linkDifferences,
  mergeGoal,
  planLinks,
  spellOperation,
} from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import type { Excuse, RoutePort } from '../netlink/index.js';
import { spellOrigin } from '../ruleset/index.js';
import { type LinkJournal, writeLinkJournal } from './link-journal.js';
import type { StateDirectory } from './state-directory.js';

/** How often the links are read back and brought closer, when the kernel took along more than was foreseen. */
const REPAIRS = 2;

export interface LinkGoal {
  readonly generation: number;
  readonly desired: Links;
}

/** `failure` means that every step was undone, or says what could not be. */
export type LinksBrought = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

/**
 * Performs steps, each of which has its inverse on disk by then, and reads back what they led to. When the kernel
 * refuses one, or is not in the end what was wanted, all are undone in reverse. So they are when `last`, which is called
 * then, fails.
 */
export async function bringLinks(
  state: StateDirectory,
  route: RoutePort,
  goal: LinkGoal,
  first: { readonly current: CurrentLinks; readonly steps: readonly LinkStep[] },
  last: () => Promise<Failure | null> = async () => null,
): Promise<LinksBrought> {
  const done: LinkStep[] = [];
  let steps = first.steps;
  for (let round = 0; ; round += 1) {
    if (steps.length === 0) {
      const failure = await last();
      return failure === null
        ? { ok: true }
        : { ok: false, failure: await takeBack(route, done, first.current, failure) };
    }
    if (round > REPAIRS) break;
    writeLinkJournal(state, { generation: goal.generation, inverses: inversesOf(first.current, [...done, ...steps]) });
    const failure = await perform(route, done, steps);
    if (failure !== null) return { ok: false, failure: await takeBack(route, done, first.current, failure) };
    const current = await route.read();
    // What the first steps removed is gone: only the goal itself is looked for now.
    ({ steps } = planLinks(mergeGoal(goal.desired, goal.desired, current), current));
  }
  const wanted = steps.map(({ operation }) => spellOperation(operation)).join('; ');
  const failure = new Failure('links-differ', `the kernel does not keep what was set; it would still need: ${wanted}`, {
    help: 'another program may be changing the links',
  });
  return { ok: false, failure: await takeBack(route, done, first.current, failure) };
}

/** Null when all steps were done; `done` gets each step that may have had an effect. */
async function perform(route: RoutePort, done: LinkStep[], steps: readonly LinkStep[]): Promise<Failure | null> {
  const { tried, refusal } = await route.perform(
    steps.map(({ operation }) => operation),
    isThere,
  );
  // A message that is refused can have had a part of its effect, and some after it were on their way.
  done.push(...steps.slice(0, tried));
  const refused = steps[refusal?.place ?? steps.length];
  return refusal === null || refused === undefined ? null : refusalOf(refused, refusal.failure);
}

/** An address or route that a flap was thought to take along, and did not. */
const isThere: Excuse = ({ kind }, error) =>
  (kind === 'add address' || kind === 'add route') && 'errno' in error && error.errno === 'EEXIST';

function refusalOf({ operation, origin }: LinkStep, error: Failure): Failure {
  const place = origin === null ? '' : `${spellOrigin(origin)}: `;
  return new Failure('link-refused', `${place}the kernel refused \`${spellOperation(operation)}\`: ${error.message}`, {
    ...adviceOf(error),
    cause: error,
  });
}

/** Undoes steps and says in the failure whether everything is as it was. */
async function takeBack(
  route: RoutePort,
  done: readonly LinkStep[],
  before: CurrentLinks,
  failure: Failure,
): Promise<Failure> {
  await undo(route, inversesOf(before, done));
  const lost = linkDifferences(before, await route.read());
  const outcome =
    lost.length === 0 ? 'every step was undone' : `not everything is as it was before:\n${lost.join('\n')}`;
  return new Failure(failure.code, `${failure.message}; ${outcome}`, { ...adviceOf(failure), cause: failure });
}

const adviceOf = ({ help }: Failure): { help?: string } => (help === undefined ? {} : { help });

/** RTPROT_* of routes that come and go by themselves: 1 redirect, 2 kernel, 9 router advertisement (uapi rtnetlink.h). */
const OWN_PROTOCOLS: ReadonlySet<number> = new Set([1, 2, 9]);
/** RT_SCOPE_LINK: IPv6 addresses the kernel makes from the MAC address of a link. */
const SCOPE_LINK = 253;

/**
 * What undoes steps. What comes first is performed last: the addresses and routes there were, because the kernel may take
 * some along that no step foresaw, such as the further addresses of a network with its first one (net/ipv4/devinet.c).
 */
function inversesOf({ addresses, routes }: CurrentLinks, steps: readonly LinkStep[]): LinkJournal['inverses'] {
  const there: LinkOperation[] = [
    ...addresses
      .filter(({ permanent, scope }) => permanent && scope !== SCOPE_LINK)
      .map(({ link, permanent: _, ...address }) => ({ kind: 'add address', link, address }) as const),
    ...routes
      .filter(({ protocol }) => !OWN_PROTOCOLS.has(protocol))
      .map((route) => ({ kind: 'add route', route }) as const),
  ];
  return [there, ...steps.map(({ inverse }) => inverse)];
}

/** Performs the inverses of steps, the last step's first. What is refused is as it should be, or cannot be helped. */
export async function undo(route: RoutePort, inverses: LinkJournal['inverses']): Promise<void> {
  await route.perform([...inverses].reverse().flat(), () => true);
}
