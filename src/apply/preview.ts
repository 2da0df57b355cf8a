import type { GoalNote, HookRun } from '../bridges/index.js';
import { type ClosedWay, closedWays, type Way } from '../guard/index.js';
import { fitFirewall } from './fitted.js';
import { desiredInForce, earlierOf } from './in-force.js';
import { outlookOf } from './outlook.js';
import { changesOf, type Desired, makePlan, type Plan, type PlannedChange } from './plan.js';
import { nowhere, readPosition } from './position.js';
import { checkStateDirectory } from './state-directory.js';
import type { World } from './world.js';

export interface Preview {
  readonly changes: readonly PlannedChange[];
  /** What this kernel has to do without. */
  readonly warnings: readonly string[];
  /** What is desired of links and cannot be had. */
  readonly notes: readonly GoalNote[];
  /** The ways in that are open now and would be closed. */
  readonly closed: readonly ClosedWay[];
  /** Commands of interfaces files that would run if they were asked for, in their order. */
  readonly hooks: readonly HookRun[];
}

/** How the administrator comes. */
export interface Administrator {
  /** The own address of the connection. */
  readonly session: string | undefined;
  readonly ways: readonly Way[];
}

const somebody: Administrator = { session: undefined, ways: [] };

/** What `apply` would do now. Changes nothing. */
export async function preview(
  world: World,
  desired: Desired,
  { session, ways }: Administrator = somebody,
): Promise<Preview> {
  const { firewall, warnings } = await fitFirewall(desired.firewall, world.nftables);
  const position = checkStateDirectory(world.state) ? readPosition(world.state) : nowhere;
  const before = desiredInForce(world.state, position);
  const earlier = { ...earlierOf(position, before), session };
  const plan = await makePlan(world, { firewall, links: desired.links }, earlier);
  const outlook = await outlookOf(world, { before, desired: { firewall, links: desired.links }, plan });
  return { changes: changesOf(plan), warnings, closed: closedWays(ways, outlook), ...shownLinks(plan) };
}

/** What a plan of links shows beside its changes. */
export function shownLinks({ links }: Plan): Pick<Preview, 'notes' | 'hooks'> {
  if (links === null) return { notes: [], hooks: [] };
  const { notes, hooks } = links;
  return { notes, hooks: [...hooks.before, ...hooks.after] };
}
