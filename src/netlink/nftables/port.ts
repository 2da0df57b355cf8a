import type { NftablesPort } from '../port.js';
import { openNetlinkSocket } from '../socket.js';
import { commitOperations } from './commit.js';
import { probeFeatures } from './probe.js';
import { readRuleset } from './read.js';
import { Requests } from './request.js';

export const NETLINK_NETFILTER = 12;

/** The nf_tables of this network namespace, or of a named one. Failures: `no-such-netns`, `no-permission`. */
export function openNftables(netns?: string): NftablesPort {
  const socket = openNetlinkSocket(NETLINK_NETFILTER, netns);
  const requests = new Requests(socket);
  // One conversation at a time: two on one socket would take each other's answers.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(conversation: () => Promise<T>): Promise<T> => {
    const result = last.then(conversation);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    read: () => inTurn(() => readRuleset(requests)),
    commit: (operations, generation) => inTurn(() => commitOperations(socket, requests, operations, generation)),
    probe: () => inTurn(() => probeFeatures(socket, requests)),
    close: () => socket.close(),
  };
}
