import type { CurrentLinks } from '../current.js';
import type { Goal, GoalLink, GoalNote } from '../goal.js';
import { addAddresses, deleteAddresses } from './addresses.js';
import { lowerMtus, settleAttributes, settleOwnVlans, settleSysctls } from './attributes.js';
import { settleDevice } from './device.js';
import { Draft } from './draft.js';
import { createLink, createLinks, deleteLinks } from './exist.js';
import { enslave, releaseLinks, settlePort } from './port.js';
import { settleForwarding, settleRoutes } from './routes.js';
import type { LinkStep } from './step.js';
import { settleState } from './up.js';

export interface LinkPlan {
  readonly steps: readonly LinkStep[];
  /** What is desired and cannot be had. */
  readonly notes: readonly GoalNote[];
  /** What the kernel will hold then, as far as it is foreseen. */
  readonly after: CurrentLinks;
}

/** A step can take something along that a later round brings back: a flap IPv6 addresses, these their routes. */
const ROUNDS = 5;

/**
 * The steps from the current links to a goal, in an order the kernel takes. Each is tried on a model of the kernel, and
 * what it takes along is brought back. `session` is the own address of the administrator's connection.
 */
export function planLinks(goal: Goal, current: CurrentLinks, session: string | null = null): LinkPlan {
  const draft = new Draft(goal, current, session);
  for (let round = 0; round < ROUNDS && addRound(draft); round += 1);
  return { steps: draft.steps, notes: goal.notes, after: draft.model.state() };
}

/** One pass over everything; false when nothing was left to do. */
function addRound(draft: Draft): boolean {
  const before = draft.steps.length;
  deleteLinks(draft);
  releaseLinks(draft);
  lowerMtus(draft);
  createLinks(draft);
  for (const link of draft.goal.links) settle(draft, link);
  settleForwarding(draft);
  settleRoutes(draft);
  deleteAddresses(draft);
  return draft.steps.length > before && !draft.refused;
}

function settle(draft: Draft, goal: GoalLink): void {
  const { name, master } = goal;
  if (draft.link(name) === undefined && !createLink(draft, goal)) return;
  settleDevice(draft, goal);
  for (const port of draft.goalPortsOf(name)) enslave(draft, port, name);
  if (master !== undefined && master !== null) enslave(draft, goal, master);
  settleSysctls(draft, goal);
  settleAttributes(draft, goal);
  settlePort(draft, goal);
  settleOwnVlans(draft, goal);
  settleState(draft, goal);
  addAddresses(draft, goal);
}
