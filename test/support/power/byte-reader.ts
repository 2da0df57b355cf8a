import type { Readable } from 'node:stream';

/** Takes a stream apart into pieces of known length. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Null when the stream ends before. */
  async take(length: number): Promise<Buffer | null> {
    const parts: Buffer[] = [this.#rest];
    for (let there = this.#rest.length; there < length; ) {
      const next = await this.#chunks.next().catch(() => ({ done: true }) as const);
      if (next.done === true) return null;
      parts.push(next.value);
      there += next.value.length;
    }
    const all = Buffer.concat(parts);
    this.#rest = all.subarray(length);
    return all.subarray(0, length);
  }
}
