import type { LinkOperation } from '../../bridges/index.js';
import { Failure } from '../../diagnostics/index.js';
import { changeOf } from './changes.js';
import type { LinkIndexes } from './indexes.js';
import type { RouteRequests } from './requests.js';
import { writeSysctl } from './sysctl.js';
import type { Excuse, Performed, Refusal } from './types.js';

/** What requests of one namespace go through. */
export interface RouteWorld {
  readonly requests: RouteRequests;
  readonly indexes: LinkIndexes;
  readonly netns: string | undefined;
}

/**
 * Sends operations in their order, as many as fit without waiting for answers. An operation on a link that is made here
 * waits until the kernel says its index: chosen by us, it could turn out to be that of a guest's new port, and what follows
 * would hit that.
 */
export async function perform(
  world: RouteWorld,
  operations: readonly LinkOperation[],
  excuse: Excuse,
): Promise<Performed> {
  const answers: Promise<void>[] = [];
  let refusal: Refusal | null = null;
  let broken: unknown = null;
  const hear = async (place: number, answer: Promise<void>): Promise<void> => {
    try {
      await answer;
    } catch (error) {
      const operation = operations[place];
      if (!(error instanceof Failure)) broken ??= error;
      else if (operation !== undefined && !excuse(operation, error) && (refusal?.place ?? place) >= place) {
        refusal = { place, failure: error };
      }
    }
  };
  let tried = 0;
  for (const [place, operation] of operations.entries()) {
    // A file is written at once: what was sent before it comes first.
    if (operation.kind === 'set sysctl') await Promise.all(answers);
    const sending = await start(world, operation, () => refusal === null && broken === null);
    if (sending === null) break;
    tried = place + 1;
    answers.push(hear(place, sending.answer));
  }
  await Promise.all(answers);
  if (broken !== null) throw broken;
  return { tried, refusal };
}

/** The answer to an operation that was sent, or null when it should not be sent any more. */
async function start(
  { requests, indexes, netns }: RouteWorld,
  operation: LinkOperation,
  isWanted: () => boolean,
): Promise<{ readonly answer: Promise<void> } | null> {
  if (operation.kind === 'set sysctl') {
    if (!isWanted()) return null;
    return { answer: (async () => writeSysctl(netns, operation.link, operation.name, operation.value))() };
  }
  try {
    const change = await changeOf(indexes, operation);
    await requests.room();
    if (!isWanted()) return null;
    const answer = requests.change(change);
    if (operation.kind === 'delete link') indexes.forget(operation.link);
    if (operation.kind === 'create link') indexes.ask(operation.link);
    return { answer };
  } catch (error) {
    return isWanted() ? { answer: Promise.reject(error) } : null;
  }
}
