import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goldenCases, goldenRoot } from './golden.js';

/** A site to try things on: a golden case or one of the random sites. */
export interface TestSite {
  readonly name: string;
  readonly root: string;
}

const randomRoot = fileURLToPath(new URL('../data/random-sites', import.meta.url));

export const goldenSites = (): TestSite[] =>
  goldenCases().map((name) => ({ name: `golden/${name}`, root: join(goldenRoot, name, 'site') }));

export const randomSites = (): TestSite[] =>
  readdirSync(randomRoot)
    .sort()
    .map((name) => ({ name: `random/${name}`, root: join(randomRoot, name) }));
