import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NftablesPort, openNftables } from '../../src/netlink/index.js';
import { diffRuleset, type Ruleset, rebuildRuleset } from '../../src/ruleset/index.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { randomRuleset } from '../unit/apply/random-ruleset.js';

interface Kernel {
  readonly netns: TestNamespace;
  readonly port: NftablesPort;
}

let kernels: Kernel[];
const kernel = (): Kernel => {
  const netns = makeNamespace();
  const opened = { netns, port: openNftables(netns.name) };
  kernels.push(opened);
  return opened;
};
beforeEach(() => {
  kernels = [];
});
afterEach(() => {
  for (const { netns, port } of kernels) {
    port.close();
    netns.remove();
  }
});

const dump = ({ netns }: Kernel): string => netns.nft('list', 'ruleset');

async function commit({ port }: Kernel, desired: Ruleset): Promise<void> {
  const current = await port.read();
  const { operations } = diffRuleset(desired, current);
  if (operations.length > 0) expect(await port.commit(operations, current.generation)).toEqual({ ok: true });
}

async function load({ port }: Kernel, desired: Ruleset): Promise<void> {
  expect(await port.load(await port.encode(rebuildRuleset(desired), null))).toEqual({ ok: true });
}

const foreign = `
table inet other { set s { type ipv4_addr; elements = { 192.0.2.1 }; }; chain c { ip saddr @s counter accept; }; }
table bridge other { chain c { type filter hook forward priority 0; ether type arp accept; }; }
table ip ringwall { chain c { accept; }; }`;

test('a kept batch leads to what a commit leads to, from nothing and from any other rules, past foreign tables', async () => {
  const [committed, used, crowded] = [kernel(), kernel(), kernel()];
  crowded.netns.load(foreign);
  const others = dump(crowded);
  await fc.assert(
    fc.asyncProperty(randomRuleset, async (desired) => {
      await load(committed, { tables: [] });
      expect(dump(committed)).toBe('');
      await commit(committed, desired);
      // One kernel for all runs: each batch is loaded over the rules of the one before it.
      await load(used, desired);
      expect(dump(used)).toBe(dump(committed));
      expect(diffRuleset(desired, await used.port.read()).operations).toEqual([]);
      await load(crowded, desired);
      expect(dump(crowded)).toBe(others + dump(committed));
    }),
    { numRuns: 40 },
  );
});
