import { type Diagnostic, type DiagnosticCode, diagnose, type Related, type Span } from '../diagnostics/index.js';
import { originOf } from '../ruleset/index.js';
import type { Unmanaged } from './links.js';

type Left = Omit<Unmanaged, 'origin'>;
type LeftAt = Left & { readonly span: Span };

/** What turns up while the links are read. */
export class Findings {
  readonly #diagnostics: Diagnostic[] = [];
  readonly #unmanaged: LeftAt[] = [];
  readonly #known = new Set<string>();

  /** The same finding at the same place, such as an option that counts for many ports, is one. */
  report(code: DiagnosticCode, span: Span, message: string, help: string, related: readonly Related[] = []): void {
    const key = JSON.stringify([code, message, span.file, span.line]);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#diagnostics.push(diagnose(code, span, message, { help, ...(related.length === 0 ? {} : { related }) }));
  }

  /** Has an option of this link a value that says nothing? */
  isRefused(link: string): boolean {
    return this.#unmanaged.some((left) => left.link === link && left.reason === 'wrong value');
  }

  leave(left: Left, span: Span): void {
    const key = JSON.stringify([left, span.file, span.line]);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#unmanaged.push({ ...left, span });
  }

  /** In the order of the files. */
  unmanaged(files: readonly string[]): Unmanaged[] {
    return this.#sorted(files).map(({ link, option, value, reason, span }) => {
      return { link, option, value, reason, origin: originOf(span) };
    });
  }

  /** What was reported, and one hint for each file that says something no link holds. */
  diagnostics(files: readonly string[]): Diagnostic[] {
    const sorted = this.#sorted(files);
    const hints = files.flatMap((file): Diagnostic[] => {
      const found = sorted.filter(({ span, reason }) => span.file === file && SAID_TOGETHER.has(reason));
      const [first] = found;
      return first === undefined ? [] : [notManaged(first.span, found)];
    });
    return [...this.#diagnostics, ...hints];
  }

  #sorted(files: readonly string[]): LeftAt[] {
    return [...this.#unmanaged].sort(
      (a, b) => files.indexOf(a.span.file) - files.indexOf(b.span.file) || a.span.line - b.span.line,
    );
  }
}

/** What is left for another reason has a finding of its own. */
const SAID_TOGETHER: ReadonlySet<Left['reason']> = new Set(['not yet', 'repeated', 'on a port'] as const);

/** More names than this are no help. */
const SHOWN = 8;

function notManaged(span: Span, found: readonly Left[]): Diagnostic {
  const names = [...new Set(found.map(({ option }) => option))];
  const shown = [...names.slice(0, SHOWN), ...(names.length > SHOWN ? ['…'] : [])].join(', ');
  const count = found.length === 1 ? '1 option of this file is' : `${found.length} options of this file are`;
  return diagnose('links/not-managed', span, `${count} read, but not managed: ${shown}`, {
    help: '`ringwall compile --out DIR` lists them with their lines in links.batch',
  });
}
