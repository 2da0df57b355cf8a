import type { NftablesPort } from '../netlink/index.js';
import { type Change, type CurrentRuleset, diffRuleset, type Ruleset, type RulesetDiff } from '../ruleset/index.js';
import { planSysctls, type Replaced, type Sysctl, type SysctlChange, type SysctlPlan } from '../sysctl/index.js';
import type { Kernel } from './world.js';

/** What a kernel is to hold. */
export interface Desired {
  readonly ruleset: Ruleset;
  readonly sysctls: readonly Sysctl[];
}

/** What would bring the kernel's tables to a desired ruleset, and the dump it was made from. */
export interface RulesetPlan extends RulesetDiff {
  readonly current: CurrentRuleset;
}

export interface Plan {
  readonly ruleset: RulesetPlan;
  readonly sysctls: SysctlPlan;
}

/** One difference between what is desired and what the kernel holds, as people see it. */
export type PlannedChange = Change | SysctlChange;

/** Looks at the kernel's tables and changes nothing. */
export async function planRuleset(nftables: NftablesPort, desired: Ruleset): Promise<RulesetPlan> {
  const current = await nftables.read();
  return { current, ...diffRuleset(desired, current) };
}

/** Looks at the kernel and changes nothing. `replaced` is what its settings were before ours. */
export async function makePlan({ nftables, sysctls }: Kernel, desired: Desired, replaced: Replaced): Promise<Plan> {
  return {
    ruleset: await planRuleset(nftables, desired.ruleset),
    sysctls: planSysctls(desired.sysctls, replaced, sysctls),
  };
}

/** In the order in which they are made. */
export const changesOf = ({ ruleset, sysctls }: Plan): PlannedChange[] => [...sysctls.changes, ...ruleset.changes];

/** Does the kernel hold all of it already? */
export const isDone = ({ ruleset, sysctls }: Plan): boolean =>
  ruleset.operations.length === 0 && sysctls.changes.length === 0;
