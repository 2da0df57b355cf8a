import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NftablesPort, openNftables } from '../../src/netlink/index.js';
import { diffRuleset, type Ruleset } from '../../src/ruleset/index.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { randomRuleset } from '../unit/apply/random-ruleset.js';

let netns: TestNamespace;
let kernel: NftablesPort;
beforeEach(() => {
  netns = makeNamespace();
  kernel = openNftables(netns.name);
});
afterEach(() => {
  kernel.close();
  netns.remove();
});

test('the kernel takes the way from any ruleset to any other, and then nothing differs', async () => {
  const bring = async (desired: Ruleset): Promise<void> => {
    const current = await kernel.read();
    const { operations } = diffRuleset(desired, current);
    if (operations.length > 0) expect(await kernel.commit(operations, current.generation)).toEqual({ ok: true });
    expect(diffRuleset(desired, await kernel.read())).toEqual({ operations: [], changes: [] });
  };
  // One kernel for all runs: each ruleset is reached from the one before it.
  await fc.assert(fc.asyncProperty(randomRuleset, bring), { numRuns: 150 });
});
