import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type FrameSocket, mac, tagged } from './raw-frames.js';

/** Local experimental use (IEEE 802). */
const ETHERTYPE = 0x88b5;
const VLAN = 0x8100;
/** Milliseconds between two frames of a stream; how long the last of them may be on their way. */
const PACE = 5;
const DELAY = 2000;

/** Frames from one end to another, each with a number of its own. */
export interface Stream {
  readonly name: string;
  readonly from: FrameSocket;
  readonly source: string;
  readonly to: FrameSocket;
  readonly dest: string;
  /** The tag with which they are sent; null is none. */
  readonly tag: number | null;
}

export interface Counted {
  readonly sent: number;
  /** Numbers that never came. */
  readonly lost: number;
  /** Frames that came twice, or where they were not meant to go. */
  readonly stray: number;
}

/** Lets frames flow on all streams, from a thread of its own, while something is done. */
export async function countWhile(streams: readonly Stream[], work: () => Promise<void>): Promise<Map<string, Counted>> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('frame-worker.mjs', import.meta.url), {
    workerData: {
      streams: streams.map((stream, at) => ({ from: stream.from.fd, to: stream.to.fd, frame: frameOf(stream, at) })),
      ethertype: ETHERTYPE,
      stop,
      pace: PACE,
      delay: DELAY,
    },
  });
  try {
    await once(worker, 'message');
    await work();
  } finally {
    Atomics.store(stop, 0, 1);
  }
  const [counted]: Counted[][] = await once(worker, 'message');
  return new Map(streams.map(({ name }, at) => [name, counted?.[at] ?? { sent: 0, lost: 0, stray: 0 }]));
}

/** At the end, where a tag that is taken off moves nothing, the stream and the number, for which there is room. */
function frameOf({ source, dest, tag }: Stream, at: number): Buffer {
  const payload = Buffer.alloc(48);
  payload.writeUInt16BE(ETHERTYPE, 0);
  payload.writeUInt16BE(at, payload.length - 6);
  return Buffer.concat([mac(dest), mac(source), tag === null ? payload : tagged(VLAN, tag, payload)]);
}
