import { LinkIndexes } from './indexes.js';
import { move, rename } from './move.js';
import { perform, type RouteWorld } from './perform.js';
import { read } from './read.js';
import { answerBytes, RouteRequests } from './requests.js';
import type { RoutePort } from './types.js';

/** rtnetlink of this network namespace, or of a named one. Failures: `no-such-netns`, `no-permission`. */
export function openRoute(netns?: string): RoutePort {
  const reading = new RouteRequests(netns, answerBytes.dump);
  const requests = new RouteRequests(netns, answerBytes.change);
  const indexes = new LinkIndexes(requests);
  const world: RouteWorld = { requests, indexes, netns };
  return {
    read: () => read(reading, netns, indexes),
    perform: (operations, excuse = () => false) => perform(world, operations, excuse),
    async apply(operation) {
      const { refusal } = await perform(world, [operation], () => false);
      if (refusal !== null) throw refusal.failure;
    },
    rename: (link, name) => rename(world, link, name),
    move: (link, to) => move(world, link, to),
    close() {
      reading.close();
      requests.close();
    },
  };
}
