import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { SystemError } from '../../../src/netlink/libc.js';
import { type RouteRequest, RouteRequests } from '../../../src/netlink/route/requests.js';
import { linkIndex } from '../../../src/netlink/route/schema.js';
import type { NetlinkSocket } from '../../../src/netlink/socket.js';
import {
  NLM_F_ACK,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseMessages,
} from '../../../src/netlink/wire.js';

const NEW_LINK = 16;

function message(type: number, flags: number, sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, payload]);
}

const errno = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(-value);
  return bytes;
};
const verdict = (value: number, sequence: number): Buffer =>
  message(NLMSG_ERROR, 0, sequence, Buffer.concat([errno(value), Buffer.alloc(16)]));
const linkWith = (index: number, flags: number, sequence: number): Buffer => {
  const payload = Buffer.alloc(16);
  payload.writeInt32LE(index, 4);
  return message(NEW_LINK, flags, sequence, payload);
};
const done = (sequence: number, flags = 0): Buffer => message(NLMSG_DONE, NLM_F_MULTI | flags, sequence, errno(0));

interface Sent {
  readonly sequence: number;
  readonly wantsAnswer: boolean;
}

/** A kernel that answers what is sent at once with `answers`. */
function requestsTo(answers: (sent: readonly Sent[]) => readonly (Buffer | Error)[]): {
  readonly requests: RouteRequests;
  readonly sent: Sent[][];
} {
  const queue: (Buffer | Error)[] = [];
  const sent: Sent[][] = [];
  const socket: NetlinkSocket = {
    send: () => Promise.reject(new Error('requests are small')),
    sendHere(bytes) {
      const all = parseMessages(bytes).map(({ sequence, flags }) => ({
        sequence,
        wantsAnswer: (flags & NLM_F_ACK) !== 0,
      }));
      sent.push(all);
      queue.push(...answers(all));
    },
    receive() {
      const next = queue.shift() ?? null;
      if (next instanceof Error) throw next;
      return next;
    },
    close: () => {},
  };
  return { requests: new RouteRequests(socket), sent };
}

const named = (what: string): RouteRequest => ({ what, type: NEW_LINK, flags: 0, write: (out) => out.u32(0) });
const empty = { header: { family: 0, type: 0, index: 0, flags: 0, change: 0 }, attributes: {} };
const dumpOf = (requests: RouteRequests): number[] =>
  requests.dump('reading links', 18, linkIndex, empty, linkIndex).map(({ header }) => header.index);

test('what was added goes in one piece, and the last alone is asked to answer', () => {
  const { requests, sent } = requestsTo((all) => [verdict(0, all.at(-1)?.sequence ?? 0)]);
  const heard: string[] = [];
  for (const what of ['a', 'b', 'c']) requests.add(named(what), { refused: () => heard.push(what) });
  requests.send();
  requests.send();
  expect(sent.map((all) => all.map(({ wantsAnswer }) => wantsAnswer))).toEqual([[false, false, true]]);
  expect(heard).toEqual([]);
});

test('each hears of its own refusal, also when the last one is refused', () => {
  const { requests } = requestsTo((all) =>
    all.filter((_, place) => place !== 1).map(({ sequence }) => verdict(constants.errno.EEXIST, sequence)),
  );
  const heard: string[] = [];
  for (const what of ['a', 'b', 'c']) requests.add(named(what), { refused: ({ message: text }) => heard.push(text) });
  requests.send();
  expect(heard).toEqual(['a: EEXIST', 'c: EEXIST']);
});

test('a question among changes is answered, and its acknowledgement disturbs nothing', () => {
  const { requests } = requestsTo(([first, last]) => [
    linkWith(7, 0, first?.sequence ?? 0),
    verdict(0, last?.sequence ?? first?.sequence ?? 0),
  ]);
  const found: number[] = [];
  const answered = (bytes: Buffer, start: number): number => found.push(bytes.readInt32LE(start + 4));
  requests.add(named('question'), { refused: () => {}, answered });
  requests.add(named('change'), { refused: () => {} });
  requests.send();
  requests.add(named('question'), { refused: () => {}, answered });
  requests.send();
  expect(found).toEqual([7, 7]);
});

test('a value that no message can carry leaves the others as they are', () => {
  const { requests, sent } = requestsTo((all) => [verdict(0, all.at(-1)?.sequence ?? 0)]);
  const bad: RouteRequest = { ...named('bad'), write: (out) => out.u32be(-1) };
  requests.add(named('good'), { refused: () => {} });
  expect(() => requests.add(bad, { refused: () => {} })).toThrow(RangeError);
  requests.send();
  expect(sent).toEqual([[{ sequence: 1, wantsAnswer: true }]]);
});

test('silence of the last one is a failure', () => {
  const { requests } = requestsTo(() => []);
  requests.add(named('a'), { refused: () => {} });
  expect(() => requests.send()).toThrow(expect.objectContaining({ code: 'no-answer' }));
});

test('a dump comes in parts, and what belongs to another question is left out', () => {
  const { requests } = requestsTo(([{ sequence } = { sequence: 0 }]) => [
    linkWith(99, NLM_F_MULTI, sequence + 1000),
    Buffer.concat([linkWith(1, NLM_F_MULTI, sequence), linkWith(2, NLM_F_MULTI, sequence)]),
    linkWith(3, NLM_F_MULTI, sequence),
    done(sequence),
  ]);
  expect(dumpOf(requests)).toEqual([1, 2, 3]);
});

type Trouble = (sequence: number) => readonly (Buffer | Error)[];
const troubles: readonly [string, Trouble][] = [
  ['interrupted', (sequence) => [linkWith(1, NLM_F_MULTI | NLM_F_DUMP_INTR, sequence), done(sequence)]],
  ['interrupted at its end', (sequence) => [linkWith(1, NLM_F_MULTI, sequence), done(sequence, NLM_F_DUMP_INTR)]],
  [
    'lost in part',
    (sequence) => [new SystemError('recv', constants.errno.ENOBUFS), linkWith(1, NLM_F_MULTI, sequence)],
  ],
  ['broken off', (sequence) => [linkWith(1, NLM_F_MULTI, sequence)]],
];

test.each(troubles)('a dump that is %s is taken again', (_what, trouble) => {
  let left = 1;
  const { requests, sent } = requestsTo(([{ sequence } = { sequence: 0 }]) =>
    left-- > 0 ? trouble(sequence) : [linkWith(1, NLM_F_MULTI, sequence), done(sequence)],
  );
  expect(dumpOf(requests)).toEqual([1]);
  expect(sent).toHaveLength(2);
});

test.each(troubles)('a dump that is %s each time is given up', (_what, trouble) => {
  const { requests } = requestsTo(([{ sequence } = { sequence: 0 }]) => trouble(sequence));
  expect(() => dumpOf(requests)).toThrow(expect.objectContaining({ code: 'network-busy' }));
});

test('a refused dump says what was asked', () => {
  const { requests } = requestsTo(([{ sequence } = { sequence: 0 }]) => [verdict(constants.errno.EPERM, sequence)]);
  expect(() => dumpOf(requests)).toThrow(expect.objectContaining({ errno: 'EPERM' }));
});
