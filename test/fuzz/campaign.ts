import { desiredLinks, printLinks } from '../../src/bridges/index.js';
import { memoryFiles } from '../../src/ports/index.js';
import { readSite } from '../../src/site/index.js';
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
  /** Milliseconds of processor time the slowest input took. */
  readonly slowest: number;
  /** The first failures, each with the input that shows it. */
  readonly failures: readonly string[];
}

const MOST_FAILURES = 5;
/** More processor time than this, in milliseconds, is a hang. Time on the clock would also count the load of the machine. */
const HANG = 1000;

/** Reads mutated files; counts as failure an exception, a hang, lost bytes, and a finding outside of its file. */
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
    const before = process.cpuUsage();
    const found = problemWith(subject.kind, bytes);
    const { user, system } = process.cpuUsage(before);
    const spent = (user + system) / 1000;
    slowest = Math.max(slowest, spent);
    const problem = found ?? (spent > HANG ? `took ${spent} ms` : null);
    done += 1;
    if (problem !== null) {
      failures.push(`${subject.path}: ${problem}\n  input in base64: ${Buffer.from(bytes).toString('base64')}`);
    }
  }
  return { inputs: done, slowest, failures };
}

function problemWith(kind: FileKind, bytes: Uint8Array): string | null {
  try {
    const problem = readingProblem(bytes, parseAny(kind, bytes, 'file'));
    return problem ?? (kind.kind === 'interfaces' ? linksProblem(bytes) : null);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

const INTERFACES = 'etc/network/interfaces';

/** Reads an interfaces file as that of a site, whose links are desired and printed. */
function linksProblem(bytes: Uint8Array): string | null {
  const files = memoryFiles({ [`/${INTERFACES}`]: bytes });
  const { site, diagnostics } = readSite(files, { root: '/', hostname: 'pve1', now: 0 });
  const desired = desiredLinks(site);
  printLinks(desired.links);
  const found = [...diagnostics, ...desired.diagnostics].filter(({ span }) => span.file === INTERFACES);
  return readingProblem(bytes, { printed: bytes, diagnostics: found });
}
