import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { desiredLinks, type Links, printLinks } from '../../src/bridges/index.js';
import type { Compiled } from '../../src/compiler/index.js';
import { compile, printGuest, printHost } from '../../src/compiler/index.js';
import type { Diagnostic } from '../../src/diagnostics/index.js';
import { render, sortDiagnostics } from '../../src/diagnostics/index.js';
import { type Files, nodeFiles } from '../../src/ports/index.js';
import { readSite } from '../../src/site/index.js';
import { printSysctls } from '../../src/sysctl/index.js';

export const goldenRoot = fileURLToPath(new URL('../../golden', import.meta.url));

export const goldenCases = (): string[] => readdirSync(goldenRoot).sort();

export interface CompiledSite {
  readonly compiled: Compiled;
  readonly links: Links;
  readonly diagnostics: readonly Diagnostic[];
  /** The text of a file that was read, by its path relative to the root. */
  readonly source: (file: string) => string | null;
}

/** Reads and compiles the site below `root`, at a fixed time, as `check` and `compile` do. */
export function compileSite(root: string, files: Files = nodeFiles): CompiledSite {
  const { site, diagnostics, sources } = readSite(files, { root, hostname: 'pve1', now: 1_800_000_000 });
  const compiled = compile(site);
  const desired = desiredLinks(site);
  const decoder = new TextDecoder();
  return {
    compiled,
    links: desired.links,
    diagnostics: sortDiagnostics([...diagnostics, ...compiled.diagnostics, ...desired.diagnostics]),
    source: (file) => {
      const bytes = sources.get(file);
      return bytes === undefined ? null : decoder.decode(bytes);
    },
  };
}

/** What a case gives: the expected files by their path below `expected/`. */
export function goldenOutput(name: string): Map<string, string> {
  const { compiled, links, diagnostics, source } = compileSite(join(goldenRoot, name, 'site'));
  const guests = [...compiled.units.keys()].map((id): [string, string] => [
    `guests/${id}.nft`,
    printGuest(compiled, id) ?? '',
  ]);
  return new Map([
    ['host.nft', printHost(compiled)],
    ...guests,
    ['links.batch', printLinks(links)],
    // Most sites ask for no setting.
    ...(compiled.sysctls.length === 0 ? [] : [['sysctl.conf', printSysctls(compiled.sysctls)] as const]),
    ['diagnostics.txt', render(diagnostics, source, { color: false })],
  ]);
}

export function readExpected(name: string): Map<string, string> {
  const directory = join(goldenRoot, name, 'expected');
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path): [string, string] => [relative(directory, path), readFileSync(path, 'utf8')]),
  );
}

export function writeExpected(name: string, output: ReadonlyMap<string, string>): void {
  const directory = join(goldenRoot, name, 'expected');
  rmSync(directory, { recursive: true, force: true });
  for (const [file, text] of output) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
}
