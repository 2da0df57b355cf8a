import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { goldenCases, goldenRoot } from './golden.js';
import { isThere, proxmoxSites, randomSites as randomRoot } from './reference-verdicts.js';

/** A site to try things on: a golden case, a random site, or one of pve-firewall's own tests. */
export interface TestSite {
  readonly name: string;
  readonly root: string;
}

export const goldenSites = (): TestSite[] =>
  goldenCases().map((name) => ({ name: `golden/${name}`, root: join(goldenRoot, name, 'site') }));

export const randomSites = (): TestSite[] => sitesBelow(randomRoot, 'random');

/** The sites of pve-firewall's own tests; none where `../shared` is not there. */
export const referenceSites = (): TestSite[] => (isThere(proxmoxSites) ? sitesBelow(proxmoxSites, 'pve-tests') : []);

const sitesBelow = (directory: string, kind: string): TestSite[] =>
  readdirSync(directory)
    .sort()
    .map((name) => ({ name: `${kind}/${name}`, root: join(directory, name) }));
