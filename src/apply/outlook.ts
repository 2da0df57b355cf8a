import { closedWays, type Outlook, refuseClosed, type Way } from '../guard/index.js';
import { recallRuleset } from '../ruleset/index.js';
import { lineOf, type Sources } from './generation.js';
import type { Desired, Plan } from './plan.js';
import type { World } from './world.js';

/** A plan, what is in force until it is carried out, and what then. */
export interface PlannedTransition {
  readonly before: Desired;
  readonly desired: Desired;
  readonly plan: Plan;
}

/** What the kernel holds now and what it would hold. Rules that are left as they are count as what was applied last. */
export async function outlookOf(
  { route }: Pick<World, 'route'>,
  { before, desired, plan: { firewall, links } }: PlannedTransition,
): Promise<Outlook> {
  const inForce = before.firewall?.ruleset ?? { tables: [] };
  const wanted = desired.firewall?.ruleset ?? inForce;
  const current = links?.current ?? (await route.read());
  const held = firewall === null ? inForce : recallRuleset(firewall.ruleset.current, [inForce, wanted]);
  return {
    before: { ruleset: held, links: current },
    after: { ruleset: firewall === null ? inForce : wanted, links: links?.after ?? current },
  };
}

/** Refuses a change that would close one of these ways, or one of the management set; undefined is no guard at all. */
export async function guard(
  world: World,
  change: PlannedTransition,
  ways: readonly Way[] | undefined,
  sources: () => Sources,
): Promise<void> {
  if (ways === undefined) return;
  refuseClosed(closedWays(ways, await outlookOf(world, change)), (origin) => lineOf(sources(), origin));
}
