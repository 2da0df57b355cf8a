import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { desiredLinks, type Links } from '../../src/bridges/index.js';
import { nodeFiles } from '../../src/ports/index.js';
import { readSite } from '../../src/site/index.js';

const folder = fileURLToPath(new URL('../data/interfaces', import.meta.url));

/** Interfaces files with the state ifupdown2 made of each, on a host with `en0`, `en1` and `en2`. */
export const interfacesCases: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

export const hardware = ['en0', 'en1', 'en2'] as const;

/** Prints the links of the namespace it runs in. */
export const dumpState = join(folder, 'dump-state.mjs');

export const caseRoot = (name: string): string => join(folder, name);

export const linksOfCase = (name: string): Links =>
  desiredLinks(readSite(nodeFiles, { root: caseRoot(name), hostname: 'pve1', now: 0 }).site).links;

export const stateOfCase = (name: string): unknown =>
  JSON.parse(readFileSync(join(folder, name, 'state.json'), 'utf8'));
