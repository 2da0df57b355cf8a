import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NftablesPort, openNftables, readDecoded } from '../../src/netlink/index.js';
import { diffRuleset, printRuleset, rebuildRuleset } from '../../src/ruleset/index.js';
import { canonicalLines } from '../support/canonical-ruleset.js';
import { compileSite } from '../support/golden.js';
import { nft } from '../support/libnftables.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { goldenSites, randomSites, referenceSites } from '../support/sites.js';

/** The first line that is not the same in both, or null. */
function firstDifference(
  ours: readonly string[],
  theirs: readonly string[],
): { ours: string | undefined; theirs: string | undefined } | null {
  const at = Array.from({ length: Math.max(ours.length, theirs.length) }, (_, index) => index).find(
    (index) => ours[index] !== theirs[index],
  );
  return at === undefined ? null : { ours: ours[at], theirs: theirs[at] };
}

// The codec and the printer are written apart. What one loads and what the other loads must be one ruleset.
describe('our netlink batch and nft of our text give the same ruleset', () => {
  let ours: TestNamespace;
  let theirs: TestNamespace;
  let kernel: NftablesPort;

  beforeAll(() => {
    ours = makeNamespace();
    theirs = makeNamespace();
    kernel = openNftables(ours.name);
  });

  afterAll(() => {
    kernel.close();
    ours.remove();
    theirs.remove();
  });

  it.runIf(referenceSites().length > 0 || process.env['CI'] === 'true')(
    "covers pve-firewall's own test sites, for which ../shared must be there",
    () => {
      expect(referenceSites()).not.toEqual([]);
    },
  );

  it.each([...goldenSites(), ...randomSites(), ...referenceSites()].map((site) => [site.name, site] as const))(
    '%s',
    async (_, site) => {
      const { ruleset } = compileSite(site.root).compiled;
      nft(ours.name, 'flush ruleset');
      nft(theirs.name, 'flush ruleset');
      const current = await kernel.read();
      expect(await kernel.commit(diffRuleset(ruleset, current).operations, current.generation)).toEqual({ ok: true });
      nft(theirs.name, printRuleset(ruleset));

      // Compared here and not by the matcher, whose difference of long texts takes minutes under emulation.
      expect(
        firstDifference(nft(ours.name, 'list ruleset').split('\n'), nft(theirs.name, 'list ruleset').split('\n')),
      ).toBeNull();
      expect(
        firstDifference(canonicalLines(await readDecoded(ours.name)), canonicalLines(await readDecoded(theirs.name))),
      ).toBeNull();
      expect(diffRuleset(ruleset, await kernel.read()).operations).toEqual([]);

      // Kept as bytes and loaded over what is there already it is the same once more.
      const committed = nft(ours.name, 'list ruleset').split('\n');
      expect(await kernel.load(await kernel.encode(rebuildRuleset(ruleset), null))).toEqual({ ok: true });
      expect(firstDifference(nft(ours.name, 'list ruleset').split('\n'), committed)).toBeNull();
    },
  );
});
