import { parseAny, readingProblem } from '../support/parse-any.js';
import { type FileKind, kindOf, type SiteFile } from '../support/site-files.js';
import { mutate, seededRandom } from './mutate.js';

export interface Campaign {
  readonly files: readonly SiteFile[];
  readonly seed: number;
  /** Ends after this many inputs, or this many milliseconds. */
  readonly inputs: number;
  readonly milliseconds: number;
}

export interface CampaignResult {
  readonly inputs: number;
  /** Milliseconds the slowest input took. */
  readonly slowest: number;
  /** The first failures, each with the input that shows it. */
  readonly failures: readonly string[];
}

const MOST_FAILURES = 5;

/** Reads mutated files; counts as failure an exception, lost bytes, and a finding outside of its file. */
export function runCampaign({ files, seed, inputs, milliseconds }: Campaign): CampaignResult {
  const random = seededRandom(seed);
  const subjects = files.flatMap(({ path, bytes }) => {
    const kind = kindOf(path);
    return kind === null ? [] : [{ path, bytes, kind }];
  });
  const pick = () => subjects[Math.floor(random() * subjects.length)];
  const failures: string[] = [];
  const begin = performance.now();
  let done = 0;
  let slowest = 0;
  while (done < inputs && performance.now() - begin < milliseconds && failures.length < MOST_FAILURES) {
    const [subject, other] = [pick(), pick()];
    if (subject === undefined || other === undefined) throw new Error('there are no files to mutate');
    const bytes = mutate(subject.bytes, other.bytes, random);
    const before = performance.now();
    const problem = problemWith(subject.kind, bytes);
    slowest = Math.max(slowest, performance.now() - before);
    done += 1;
    if (problem !== null) {
      failures.push(`${subject.path}: ${problem}\n  input in base64: ${Buffer.from(bytes).toString('base64')}`);
    }
  }
  return { inputs: done, slowest, failures };
}

function problemWith(kind: FileKind, bytes: Uint8Array): string | null {
  try {
    return readingProblem(bytes, parseAny(kind, bytes, 'file'));
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
