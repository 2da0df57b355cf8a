import { Failure } from '../diagnostics/index.js';
import type { NftablesPort } from '../netlink/index.js';
import type { Change, Ruleset } from '../ruleset/index.js';
import { planRuleset, type RulesetPlan } from './plan.js';
import { refusal } from './refusal.js';

/** How often a plan is made again after somebody else committed in between. */
const REPLANS = 3;

/** `changes` is what was sent last; a failure means that the kernel certainly took nothing of ours. */
export type Brought =
  | { readonly committed: true; readonly changes: readonly Change[] }
  | { readonly committed: false; readonly failure: Failure };

/**
 * Commits a plan, guarded by the generation it was made from. When another program was faster, or the kernel's answer
 * got lost, the kernel is read and planned again. An exception means that it is not known whether anything happened.
 */
export async function bring(nftables: NftablesPort, desired: Ruleset, first: RulesetPlan): Promise<Brought> {
  let plan = first;
  let changes: readonly Change[] = first.changes;
  for (let attempt = 0; ; attempt += 1) {
    // After a lost answer this means that the commit did happen: `changes` are still those that were sent.
    if (plan.operations.length === 0) return { committed: true, changes };
    if (attempt > REPLANS) break;
    changes = plan.changes;
    const result = await nftables.commit(plan.operations, plan.current.generation);
    if (result.ok) return { committed: true, changes };
    if (result.reason === 'refused') return { committed: false, failure: refusal(plan.operations, result.errors) };
    plan = await planRuleset(nftables, desired);
  }
  return {
    committed: false,
    failure: new Failure(
      'ruleset-busy',
      `another program changed the ruleset each of the ${REPLANS + 1} times a commit was tried`,
      { help: 'nothing was changed; find the program with `nft monitor`, then run again' },
    ),
  };
}
