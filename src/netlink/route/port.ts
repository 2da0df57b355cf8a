import { openNetlinkSocket } from '../socket.js';
import { LinkIndexes } from './indexes.js';
import { move, rename } from './move.js';
import { perform, type RouteWorld } from './perform.js';
import { read } from './read.js';
import { RouteRequests } from './requests.js';
import type { RoutePort } from './types.js';

const NETLINK_ROUTE = 0;

/** rtnetlink of this network namespace, or of a named one. Failures: `no-such-netns`, `no-permission`. */
export function openRoute(netns?: string): RoutePort {
  const requests = new RouteRequests(openNetlinkSocket(NETLINK_ROUTE, netns));
  const indexes = new LinkIndexes(requests);
  const world: RouteWorld = { requests, indexes, netns };
  return {
    read: async () => read(requests, indexes),
    perform: async (operations, excuse = () => false) => perform(world, operations, excuse),
    async apply(operation) {
      const { refusal } = perform(world, [operation], () => false);
      if (refusal !== null) throw refusal.failure;
    },
    rename: async (link, name) => rename(world, link, name),
    move: async (link, to) => move(world, link, to),
    close: () => requests.close(),
  };
}
