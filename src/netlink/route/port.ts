import { apply } from './apply.js';
import { LinkIndexes } from './indexes.js';
import { move, rename } from './move.js';
import { read } from './read.js';
import { RouteRequests } from './requests.js';
import type { RoutePort } from './types.js';

/** rtnetlink of this network namespace, or of a named one. Failures: `no-such-netns`, `no-permission`. */
export function openRoute(netns?: string): RoutePort {
  const requests = new RouteRequests(netns);
  const indexes = new LinkIndexes(requests);
  return {
    read: () => read(requests, netns, indexes),
    apply: (operation) => apply({ requests, indexes, netns }, operation),
    rename: (link, name) => rename({ requests, indexes, netns }, link, name),
    move: (link, to) => move({ requests, indexes, netns }, link, to),
    close: () => requests.close(),
  };
}
