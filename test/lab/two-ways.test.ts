import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NftablesPort, openNftables, readDecoded } from '../../src/netlink/index.js';
import { diffRuleset, printRuleset } from '../../src/ruleset/index.js';
import { canonicalLines } from '../support/canonical-ruleset.js';
import { compileSite } from '../support/golden.js';
import { nft } from '../support/libnftables.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { goldenSites, randomSites } from '../support/sites.js';

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

  it.each([...goldenSites(), ...randomSites()].map((site) => [site.name, site] as const))('%s', async (_, site) => {
    const { ruleset } = compileSite(site.root).compiled;
    // From the site before: the batch changes what differs, the text replaces everything.
    const current = await kernel.read();
    expect(await kernel.commit(diffRuleset(ruleset, current).operations, current.generation)).toEqual({ ok: true });
    nft(theirs.name, `flush ruleset\n${printRuleset(ruleset)}`);

    expect(nft(ours.name, 'list ruleset')).toBe(nft(theirs.name, 'list ruleset'));
    expect(canonicalLines(await readDecoded(ours.name))).toEqual(canonicalLines(await readDecoded(theirs.name)));
    expect(diffRuleset(ruleset, await kernel.read()).operations).toEqual([]);
  });
});
