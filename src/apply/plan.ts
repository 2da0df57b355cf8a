import type { NftablesPort } from '../netlink/index.js';
import { type CurrentRuleset, diffRuleset, type Ruleset, type RulesetDiff } from '../ruleset/index.js';

/** What would bring the kernel to a desired ruleset, and the dump it was made from. */
export interface Plan extends RulesetDiff {
  readonly current: CurrentRuleset;
}

/** Looks at the kernel and changes nothing. */
export async function makePlan(nftables: NftablesPort, desired: Ruleset): Promise<Plan> {
  const current = await nftables.read();
  return { current, ...diffRuleset(desired, current) };
}
