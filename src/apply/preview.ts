import type { GoalNote } from '../bridges/index.js';
import { fitFirewall } from './fitted.js';
import { desiredInForce, earlierOf } from './in-force.js';
import { changesOf, type Desired, makePlan, type PlannedChange } from './plan.js';
import { nowhere, readPosition } from './position.js';
import { checkStateDirectory } from './state-directory.js';
import type { World } from './world.js';

export interface Preview {
  readonly changes: readonly PlannedChange[];
  /** What this kernel has to do without. */
  readonly warnings: readonly string[];
  /** What is desired of links and cannot be had. */
  readonly notes: readonly GoalNote[];
}

/** What `apply` would do now. Changes nothing. `session` is the own address of the administrator's connection. */
export async function preview(world: World, desired: Desired, session?: string): Promise<Preview> {
  const { firewall, warnings } = await fitFirewall(desired.firewall, world.nftables);
  const position = checkStateDirectory(world.state) ? readPosition(world.state) : nowhere;
  const earlier = { ...earlierOf(position, desiredInForce(world.state, position)), session };
  const plan = await makePlan(world, { firewall, links: desired.links }, earlier);
  return { changes: changesOf(plan), warnings, notes: plan.links?.notes ?? [] };
}
