import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { compile } from '../../src/compiler/index.js';
import { nodeFiles } from '../../src/ports/index.js';
import type { Query, Simulation } from '../../src/simulate/index.js';
import { readQuery, simulate } from '../../src/simulate/index.js';
import type { Site } from '../../src/site/index.js';
import { readSite } from '../../src/site/index.js';

/** One packet that pve-firewall decided on, and what we say of it. */
export interface ReferenceCase {
  /** The test site and the number of the entry in its `tests.yaml`, from 1. */
  readonly name: string;
  readonly site: Site;
  readonly query: Query;
  readonly expected: string;
  readonly found: Simulation;
  /** The text of the line our verdict comes from, or null. */
  readonly line: string | null;
}

export const randomSites = fileURLToPath(new URL('../data/random-sites', import.meta.url));
/** Data of the Proxmox project, so not part of this repository. */
export const proxmoxSites = fileURLToPath(new URL('../../../shared/reference/pve-tests', import.meta.url));

export const isThere = (directory: string): boolean => existsSync(directory);

/** Simulates every packet of every site below `directory`. */
export function referenceCases(directory: string): ReferenceCase[] {
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const root = join(directory, name);
      const { site } = readSite(nodeFiles, { root, hostname: 'localhost', now: 0 });
      const { ruleset } = compile(site);
      return readEntries(join(root, 'tests.yaml')).map(({ query, expected }, index): ReferenceCase => {
        const found = simulate(ruleset, site, query);
        return { name: `${name}/${index + 1}`, site, query, expected, found, line: textOf(root, found.origin) };
      });
    });
}

function readEntries(file: string): { query: Query; expected: string }[] {
  const entries = load(readFileSync(file, 'utf8'));
  if (!Array.isArray(entries)) throw new Error(`${file} is no list`);
  return entries.map((entry: Record<string, unknown>) => {
    const { expect: expected, id: _, ...query } = entry;
    return { query: readQuery(query), expected: String(expected) };
  });
}

function textOf(root: string, origin: Simulation['origin']): string | null {
  if (origin === null) return null;
  return readFileSync(join(root, origin.file), 'utf8').split('\n')[origin.line - 1] ?? null;
}
