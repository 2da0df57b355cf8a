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
 * Sends operations in their order, as many at once as can be written. An operation on a link that is made here
 * needs the index the kernel gave it: one chosen by us could turn out to be that of a guest's new port, and what follows
 * would hit that.
 */
export function perform(
  { requests, indexes, netns }: RouteWorld,
  operations: readonly LinkOperation[],
  excuse: Excuse,
): Performed {
  const refusals: Refusal[] = [];
  let tried = 0;
  try {
    for (const [place, operation] of operations.entries()) {
      const refused = (failure: Failure): void => {
        if (!excuse(operation, failure)) refusals.push({ place, failure });
      };
      // A file is written at once: what was added before it comes first.
      if (requests.isFull || operation.kind === 'set sysctl') requests.send();
      if (refusals.length > 0) break;
      try {
        if (operation.kind === 'set sysctl') writeSysctl(netns, operation.link, operation.name, operation.value);
        else {
          const change = changeOf(indexes, operation);
          // To know an index, what was added may have been sent.
          if (refusals.length > 0) break;
          requests.add(change, { refused });
          if (operation.kind === 'delete link') indexes.forgetAll();
          if (operation.kind === 'create link') indexes.expect(operation.link);
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (refusals.length > 0) break;
        refused(error);
      }
      tried = place + 1;
    }
  } finally {
    // What was added is performed, however the loop ended.
    requests.send();
  }
  return { tried, refusal: refusals.toSorted((a, b) => a.place - b.place)[0] ?? null };
}
