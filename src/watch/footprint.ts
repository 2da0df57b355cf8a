import { createHash } from 'node:crypto';
import { Failure } from '../diagnostics/index.js';
import type { Clock, Files } from '../ports/index.js';

/**
 * A file that was written this short a time ago may be written again without its stamp showing it: pmxcfs tells times
 * in whole seconds, and a digit that is replaced by another changes no length. Milliseconds.
 */
const FRESH = 3000;

/** What was found at a path. */
interface Sight {
  /** Of the content of a file or the names in a directory; or why there is neither. */
  readonly digest: string;
  /** As long as the file has it, its content is the same; null when only looking tells. */
  readonly stamp: string | null;
}

export interface Changes {
  readonly paths: readonly string[];
  /** The same for the same changes. */
  readonly state: string;
}

/** What answers for a path, and the sight of it. */
interface Look<T> {
  readonly answer: () => T;
  readonly sight: Sight;
}

/**
 * All that a reading of files looked at, also where there was nothing, and whether it is another by now. Files are looked
 * at and not waited for: inotify tells nothing of what other nodes of a cluster write, because a file system in user
 * space, as the one at /etc/pve is, has no way to say so.
 */
export class Footprint {
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #sights = new Map<string, { readonly look: () => Look<unknown>; readonly sight: Sight }>();

  constructor(files: Files, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** As `files`, and remembers what is read and listed. */
  following<F extends Files>(files: F): F {
    return {
      ...files,
      read: (path: string) => this.#remember(path, () => this.#file(path)),
      list: (path: string) => this.#remember(`${path}/`, () => this.#directory(path)),
    };
  }

  /** Where something else is found than when it was read. */
  changes(): Changes {
    const changed: (readonly [path: string, digest: string])[] = [];
    for (const [path, { look, sight: before }] of this.#sights) {
      if (before.stamp !== null && this.#stampOf(path)?.identity === before.stamp) continue;
      const { sight } = look();
      if (sight.digest === before.digest) this.#sights.set(path, { look, sight });
      else changed.push([path, sight.digest]);
    }
    return { paths: changed.map(([path]) => path), state: JSON.stringify(changed) };
  }

  #remember<T>(key: string, look: () => Look<T>): T {
    const { answer, sight } = look();
    this.#sights.set(key, { look, sight });
    return answer();
  }

  /** The stamp is taken first: what is written in between makes another one. */
  #file(path: string): Look<Uint8Array | null> {
    const before = this.#clock.now();
    const stamp = this.#stampOf(path);
    const fresh = stamp === null || stamp.modified > before - FRESH;
    return sighted(
      () => this.#files.read(path),
      (bytes) => ({ digest: bytes === null ? 'absent' : digestOf(bytes), stamp: fresh ? null : stamp.identity }),
    );
  }

  #directory(path: string): Look<string[] | null> {
    return sighted(
      () => this.#files.list(path),
      (names) => ({ digest: names === null ? 'absent' : digestOf(JSON.stringify(names)), stamp: null }),
    );
  }

  #stampOf(path: string): ReturnType<Files['stamp']> {
    try {
      return this.#files.stamp(path);
    } catch (error) {
      // Reading it says the same, and to whom it matters.
      if (error instanceof Failure) return null;
      throw error;
    }
  }
}

function sighted<T>(act: () => T, see: (found: T) => Sight): Look<T> {
  try {
    const found = act();
    return { answer: () => found, sight: see(found) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fail = (): never => {
      throw error;
    };
    return { answer: fail, sight: { digest: error.code, stamp: null } };
  }
}

const digestOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('base64');
