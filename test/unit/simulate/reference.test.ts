import { describe, expect, it } from 'vitest';
import { differences } from '../../support/reference-differences.js';
import type { ReferenceCase } from '../../support/reference-verdicts.js';
import { isThere, proxmoxSites, randomSites, referenceCases } from '../../support/reference-verdicts.js';

/** How many cases agree, how many differ for each known reason, and which differ for none. */
function compare(cases: readonly ReferenceCase[]): { counts: Record<string, number>; unexplained: string[] } {
  const counts: Record<string, number> = {};
  const unexplained: string[] = [];
  for (const item of cases) {
    const { name, query, expected, found } = item;
    const kind = found.verdict === expected ? 'equal' : differences.find(({ explains }) => explains(item))?.name;
    if (kind === undefined) {
      unexplained.push(`${name} ${JSON.stringify(query)}: ${expected}, not ${found.verdict} (${found.reason})`);
    } else {
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  return { counts, unexplained };
}

describe('verdicts of pve-firewall', () => {
  it('are ours on the random sites, but for the known differences', { timeout: 60_000 }, () => {
    expect(compare(referenceCases(randomSites))).toEqual({
      counts: { equal: 3029, 'accept mark left over from an earlier zone': 11 },
      unexplained: [],
    });
  });

  const { CI } = process.env;
  const there = isThere(proxmoxSites);
  it.skipIf(!there && CI !== 'true')(
    there
      ? 'are ours on its own test sites'
      : 'did not run on its own test sites: ../shared/reference/pve-tests is not there',
    { timeout: 60_000 },
    () => {
      expect(there, '../shared/reference/pve-tests must be there when CI=true').toBe(true);
      expect(compare(referenceCases(proxmoxSites))).toEqual({ counts: { equal: 167 }, unexplained: [] });
    },
  );
});
