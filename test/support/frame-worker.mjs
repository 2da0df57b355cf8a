import { parentPort, workerData } from 'node:worker_threads';
import koffi from 'koffi';

/** Sends and counts the frames of `frame-streams.ts`, which says what `workerData` is, on a thread that nothing else delays. */
const { streams, ethertype, stop, pace, delay } = workerData;
const libc = koffi.load(null);
const send = libc.func('long send(int fd, const void *bytes, size_t length, int flags)');
const recv = libc.func('long recv(int fd, void *bytes, size_t length, int flags)');

const ends = [...new Set(streams.flatMap(({ from, to }) => [from, to]))];
const frames = streams.map(({ frame }) => Buffer.from(frame));
const heard = streams.map(() => new Set());
const stray = streams.map(() => 0);
const buffer = Buffer.alloc(2048);
let sent = 0;

function hear(count) {
  for (const end of ends) {
    for (let length = recv(end, buffer, buffer.length, 0); length > 0; length = recv(end, buffer, buffer.length, 0)) {
      if (!count || length < 14 || buffer.readUInt16BE(12) !== ethertype) continue;
      const [at, number] = [buffer.readUInt16BE(length - 6), buffer.readUInt32BE(length - 4)];
      if (streams[at].to === end && !heard[at].has(number)) heard[at].add(number);
      else stray[at] += 1;
    }
  }
}

hear(false);
parentPort.postMessage('ready');
while (Atomics.load(stop, 0) === 0) {
  for (const [at, { from }] of streams.entries()) {
    const frame = frames[at];
    frame.writeUInt32BE(sent, frame.length - 4);
    if (send(from, frame, frame.length, 0) !== frame.length) throw new Error('a frame could not be sent');
  }
  sent += 1;
  hear(true);
  Atomics.wait(stop, 0, 0, pace);
}
for (let waited = 0; waited < delay && heard.some((numbers) => numbers.size < sent); waited += pace) {
  Atomics.wait(stop, 0, 1, pace);
  hear(true);
}
parentPort.postMessage(heard.map((numbers, at) => ({ sent, lost: sent - numbers.size, stray: stray[at] })));
