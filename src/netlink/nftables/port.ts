import { SystemError } from '../libc.js';
import type { NftablesPort } from '../port.js';
import { type NetlinkSocket, openNetlinkSocket } from '../socket.js';
import { commitOperations, loadBatch } from './commit.js';
import { encodeInTurns } from './encode.js';
import { probeFeatures, probeHelper } from './probe.js';
import { readRuleset } from './read.js';
import { noNftables, Requests } from './request.js';

const NETLINK_NETFILTER = 12;

/** A socket to the kernel's netfilter. Throws Failure: `no-such-netns`, `no-permission`, `no-nftables`. */
export function openNetfilter(netns?: string): NetlinkSocket {
  try {
    return openNetlinkSocket(NETLINK_NETFILTER, netns);
  } catch (error) {
    if (error instanceof SystemError && error.errno === 'EPROTONOSUPPORT') throw noNftables(error);
    throw error;
  }
}

/** The nf_tables of this network namespace, or of a named one. Throws what `openNetfilter` throws. */
export function openNftables(netns?: string): NftablesPort {
  const socket = openNetfilter(netns);
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
    encode: async (operations, generation) =>
      (await encodeInTurns(operations, { firstSequence: 0, generation, end: 'commit' })).bytes,
    load: (bytes) => inTurn(() => loadBatch(socket, requests, bytes)),
    probe: () => inTurn(() => probeFeatures(socket, requests)),
    hasHelper: (helper) => inTurn(() => probeHelper(socket, requests, helper)),
    close: () => socket.close(),
  };
}
