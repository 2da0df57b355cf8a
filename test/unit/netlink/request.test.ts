import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { SystemError } from '../../../src/netlink/libc.js';
import { readRuleset } from '../../../src/netlink/nftables/read.js';
import { Requests } from '../../../src/netlink/nftables/request.js';
import type { NetlinkSocket } from '../../../src/netlink/socket.js';
import { NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_MULTI, NLMSG_DONE, NLMSG_ERROR } from '../../../src/netlink/wire.js';

const HEADER = 16;
const GENERATION = 7;

/** A message of nf_tables in this generation, with the sequence number of its request. */
function message(type: number, flags: number, sequence: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER + payload.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  payload.copy(bytes, HEADER);
  return bytes;
}

const objectHeader = Buffer.from([1, 0, 0, GENERATION]);
const attribute = (type: number, value: Buffer): Buffer => {
  const bytes = Buffer.alloc(4 + value.length);
  bytes.writeUInt16LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
};
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([Buffer.from(value), Buffer.alloc(4 - (value.length % 4))]);
const errno = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(-value);
  return bytes;
};

/** What comes instead of the whole answer to a dump. */
type Trouble = 'none' | 'gets lost' | 'is interrupted' | 'ends with EINTR' | 'breaks off';

/** A kernel with an empty table, whose dumps go wrong the first `times` times. */
function kernel(trouble: Trouble, times: number): NetlinkSocket & { readonly dumps: () => number } {
  let left = times;
  let dumps = 0;
  let queue: (Buffer | Error)[] = [];
  const answer = (request: Buffer): (Buffer | Error)[] => {
    const type = request.readUInt16LE(4);
    const flags = request.readUInt16LE(6);
    const sequence = request.readUInt32LE(8);
    if (type === 0xa10) {
      return [message(0xa0f, 0, sequence, Buffer.concat([objectHeader, attribute(1, number(GENERATION))]))];
    }
    if ((flags & NLM_F_DUMP) !== NLM_F_DUMP) {
      if (request.readUInt8(HEADER) === 1) {
        return [message(0xa00, 0, sequence, Buffer.concat([objectHeader, attribute(1, text('ringwall'))]))];
      }
      const refused = Buffer.concat([errno(constants.errno.ENOENT), request.subarray(0, HEADER)]);
      return [message(NLMSG_ERROR, 0, sequence, refused)];
    }
    dumps += 1;
    const done = message(NLMSG_DONE, NLM_F_MULTI, sequence, errno(0));
    if (left <= 0) return [done];
    left -= 1;
    switch (trouble) {
      case 'none':
        return [done];
      case 'gets lost':
        return [new SystemError('recv', constants.errno.ENOBUFS), done];
      case 'is interrupted':
        return [message(NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, sequence, errno(0))];
      case 'ends with EINTR':
        return [message(NLMSG_DONE, NLM_F_MULTI, sequence, errno(constants.errno.EINTR))];
      case 'breaks off':
        return [];
    }
  };
  return {
    dumps: () => dumps,
    send: () => Promise.reject(new Error('questions are small')),
    sendHere: (bytes) => {
      queue = [...queue, ...answer(bytes)];
    },
    receive: () => {
      const next = queue.shift() ?? null;
      if (next instanceof Error) throw next;
      return next;
    },
    close: () => {},
  };
}

const troubles: readonly Exclude<Trouble, 'none'>[] = ['gets lost', 'is interrupted', 'ends with EINTR', 'breaks off'];

describe('a dump that', () => {
  test.each(troubles)('%s once is made again', async (trouble) => {
    const socket = kernel(trouble, 1);
    const whole = kernel('none', 0);
    expect(await readRuleset(new Requests(socket))).toEqual(await readRuleset(new Requests(whole)));
    expect(socket.dumps()).toBe(whole.dumps() + 1);
  });

  test.each(troubles)('%s each time is given up with a word on what to do', async (trouble) => {
    const read = readRuleset(new Requests(kernel(trouble, Number.POSITIVE_INFINITY)));
    await expect(read).rejects.toMatchObject({
      code: 'ruleset-busy',
      message: 'the ruleset changed during each of 20 attempts to read it',
      help: 'find out what keeps changing it: `nft monitor`',
    });
  });
});
