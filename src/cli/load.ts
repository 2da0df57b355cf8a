import { hostname } from 'node:os';
import type { Desired } from '../apply/index.js';
import { type DesiredLinks, desiredLinks, type GoalNote, type Links } from '../bridges/index.js';
import { type Compiled, compile } from '../compiler/index.js';
import {
  type Diagnostic,
  Failure,
  harmless,
  render,
  type Summary,
  sortDiagnostics,
  summarize,
} from '../diagnostics/index.js';
import type { Files } from '../ports/index.js';
import { spellOrigin } from '../ruleset/index.js';
import { readSite, type Site } from '../site/index.js';
import type { Context, Output } from './context.js';

/** A node's files as they were read. */
interface Read {
  readonly site: Site;
  /** Every file that was read, by its path relative to the root. */
  readonly sources: ReadonlyMap<string, Uint8Array>;
}

/** With what is wrong in them, in the order of the files. */
export interface Judged extends Read {
  readonly diagnostics: readonly Diagnostic[];
  readonly summary: Summary;
}

/** A node's files, read and compiled. */
export interface Loaded extends Judged {
  readonly compiled: Compiled;
  readonly links: Links;
}

/** A node's files, read and compiled as far as the command line asks for them. */
export interface LoadedDesired extends Judged {
  readonly desired: Desired;
}

/** Reads and compiles both halves; of what is wrong only that in the half which `--only` names is told. */
export function load(context: Context): Loaded {
  const read = readFiles(context);
  const compiled = compile(read.site);
  const desired = desiredLinks(read.site);
  const { only } = context.options;
  const judged = judge(read, only === 'network' ? null : compiled, only === 'firewall' ? null : desired);
  return { ...judged, compiled, links: desired.links };
}

/** As `load`, for commands that look at the rules in the kernel. */
export function loadForKernel(context: Context): Loaded {
  refuseUnmounted(context);
  return load(context);
}

/**
 * For commands that bring the kernel to what the files say: both halves, or the one `--only` names, and then the other one
 * is not compiled. A site without an interfaces file says nothing about links; taking that for "none" would take all of them
 * away.
 */
export function loadDesired(context: Context): LoadedDesired {
  refuseUnmounted(context);
  const { root, only } = context.options;
  const read = readFiles(context);
  const compiled = only === 'network' ? null : compile(read.site);
  const links = only === 'firewall' ? null : desiredLinks(read.site);
  const silent = read.site.interfaces.files.length === 0;
  if (silent && only === 'network') {
    throw new Failure('no-site', `there is no interfaces file under ${root}: no link is desired`, {
      help: 'check --root',
    });
  }
  return {
    ...judge(read, compiled, links),
    desired: {
      firewall: compiled && { ruleset: compiled.ruleset, sysctls: compiled.sysctls },
      links: silent || links === null ? null : links.links,
    },
  };
}

function readFiles({ options, files, clock }: Context): Read & { readonly diagnostics: readonly Diagnostic[] } {
  if (files.list(options.root) === null) {
    throw new Failure('no-such-root', `there is no directory ${options.root}`, { help: 'check --root' });
  }
  if (!holdsNames(files, options.root, 'etc/pve') && !holdsNames(files, options.root, 'etc/network')) {
    throw new Failure(
      'no-site',
      `there is no site under ${options.root}: neither etc/pve nor etc/network holds a file`,
      {
        help: 'check --root',
      },
    );
  }
  return readSite(files, {
    root: options.root,
    ...(options.node === undefined ? {} : { node: options.node }),
    // Proxmox names a node after the host name without its domain.
    hostname: hostname().split('.')[0] ?? '',
    now: Math.floor(clock.now() / 1000),
  });
}

/** What is wrong with one half is no reason to refuse the other one: null for a half that nobody asked for. */
function judge(
  { site, sources, diagnostics }: ReturnType<typeof readFiles>,
  compiled: Compiled | null,
  desired: DesiredLinks | null,
): Judged {
  const all = sortDiagnostics([...diagnostics, ...(compiled?.diagnostics ?? []), ...(desired?.diagnostics ?? [])]);
  return { site, sources, diagnostics: all, summary: summarize(all) };
}

/**
 * For the rules `etc/pve` must hold something. On a host whose cluster file system is not mounted it is an empty directory,
 * and taking that for a site without rules would open every guest.
 */
function refuseUnmounted({ files, options }: Context): void {
  if (options.only === 'network' || holdsNames(files, options.root, 'etc/pve')) return;
  const path = inRoot(options.root, 'etc/pve');
  throw new Failure('no-site', `${path} is empty or not there: there is no site to apply`, {
    help: 'is pve-cluster running? the rules in force stay; --root reads a site from another place',
  });
}

const inRoot = (root: string, path: string): string => (root === '/' ? `/${path}` : `${root}/${path}`);

/** Is it a directory that is not empty? */
const holdsNames = (files: Files, root: string, path: string): boolean =>
  (files.list(inRoot(root, path)) ?? []).length > 0;

/** Shows diagnostics with their source lines. */
export function showDiagnostics(output: Output, diagnostics: readonly Diagnostic[], sources: Judged['sources']): void {
  const textOf = (file: string): string | null => {
    const bytes = sources.get(file);
    return bytes === undefined ? null : new TextDecoder().decode(bytes);
  };
  output.write(render(diagnostics, textOf, { color: output.color }));
}

/** Errors of a site, for commands whose answer is something else; of warnings only how many there are. */
export function showProblems({ err }: Context, { diagnostics, sources, summary }: Judged): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) showDiagnostics(err, errors, sources);
  if (summary.warnings === 0) return;
  err.write(
    `${summary.warnings === 1 ? '1 warning' : `${summary.warnings} warnings`}: \`ringwall check\` shows them\n`,
  );
}

/** What the kernel has to do without. */
export function showWarnings({ err }: Context, warnings: readonly string[]): void {
  for (const warning of warnings) err.write(`warning: ${harmless(warning)}\n`);
}

/** For commands that ask questions of a site: lines with errors are inert, so the answer may surprise. */
export function mentionErrors({ err }: Context, { summary: { errors } }: Judged): void {
  if (errors > 0) err.write('some lines have errors and do nothing: `ringwall check` shows them\n');
}

/** What is desired of links and cannot be had, a line for each. */
export function showNotes({ err }: Context, notes: readonly GoalNote[]): void {
  for (const { name, text, origin } of notes) {
    err.write(`${harmless(`${origin === null ? '' : `${spellOrigin(origin)}: `}${name} ${text}`)}\n`);
  }
}
