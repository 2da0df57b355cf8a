import { noLinks } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { diffRuleset } from '../ruleset/index.js';
import { carryOutSysctls, planSysctls, type Replaced, type SysctlPlan } from '../sysctl/index.js';
import { bring } from './bring.js';
import { undo } from './bring-links.js';
import { findGeneration, removeGeneration } from './generation.js';
import { goBack, isPending } from './go-back.js';
import { desiredInForce, rulesBefore } from './in-force.js';
import { readLinkJournal, removeLinkJournal } from './link-journal.js';
import { timeLeft } from './pending.js';
import { type Desired, type Firewall, planLinksOf, planRuleset } from './plan.js';
import { type Applying, mendPosition, type Position, readPosition, writePosition } from './position.js';
import { removeWayBack } from './way-back.js';
import type { World } from './world.js';

/**
 * Finishes what is left to do since the last run: a pending change whose deadline has passed is taken back, and so is one
 * whose run was cut short. Any other run that was cut short is finished or undone: when the kernel holds all it was to
 * bring, that generation is the current one; else links, rules and settings are taken back, and an unused new generation
 * is removed. The caller holds the lock.
 */
export async function settle(world: World): Promise<Position> {
  const { state, clock } = world;
  const position = readPosition(state);
  mendPosition(state, position);
  if (isPending(position)) {
    if (timeLeft(position.pending, clock) === 0) return (await goBack(world, position)).position;
    removeLinkJournal(state);
    return position;
  }
  removeWayBack(state);
  if (position.applying !== null) return settleCutShort(world, position, position.applying);
  removeLinkJournal(state);
  return position;
}

async function settleCutShort(world: World, position: Position, applying: Applying): Promise<Position> {
  const { state } = world;
  const before = changedHalves(desiredInForce(state, position), applying);
  const stored = findGeneration(state, applying.generation);
  const goal = stored === null ? null : changedHalves(stored, applying);
  const arrived = goal !== null && (await holds(world, goal, before, position.replaced));
  if (!arrived) await takeBack(world, applying, before, position.replaced);
  if (!arrived && applying.action !== 'rollback') removeGeneration(state, applying.generation);
  const { firewall } = arrived ? goal : before;
  const settings = applying.rules === null ? null : planSettings(world, firewall, position.replaced);
  const settled: Position = {
    ...position,
    ...(arrived ? { current: applying.generation, confirmed: applying.generation } : {}),
    unconfirmed: position.unconfirmed.filter((number) => !arrived || number !== applying.generation),
    applying: null,
    replaced: settings?.replaced ?? position.replaced,
  };
  writePosition(state, settled);
  removeLinkJournal(state);
  return settled;
}

/** What a change has to do with; null for a half that it leaves as it is. */
const changedHalves = ({ firewall, links }: Desired, { rules, links: changesLinks }: Applying): Desired => ({
  firewall: rules === null ? null : firewall,
  links: changesLinks ? links : null,
});

/** Does the kernel hold all of it, and nothing of what it takes away? */
async function holds(
  world: World,
  { firewall, links }: Desired,
  before: Desired,
  replaced: Replaced,
): Promise<boolean> {
  if (firewall !== null) {
    if (diffRuleset(firewall.ruleset, await world.nftables.read()).operations.length > 0) return false;
    if (planSettings(world, firewall, replaced)?.changes.length !== 0) return false;
  }
  return links === null || (await planLinksOf(world.route, before.links ?? noLinks, links)).steps.length === 0;
}

/** Undoes what may have been done of a change. What the kernel refuses is left: `status` shows it, `apply` repairs it. */
async function takeBack(world: World, applying: Applying, before: Desired, replaced: Replaced): Promise<void> {
  const { state, nftables, sysctls, route } = world;
  const journal = readLinkJournal(state);
  if (journal?.generation === applying.generation) await undo(route, journal.inverses);
  if (applying.rules === null) return;
  const ruleset = rulesBefore(before, applying.rules.none);
  if (ruleset !== null) {
    const plan = await planRuleset(nftables, ruleset);
    // In the same kernel ruleset as at the beginning the rules are those of before, with whatever others had changed.
    if (plan.current.generation !== applying.rules.ruleset) await bring(nftables, ruleset, plan);
  }
  carryOutSysctls(planSettings(world, before.firewall, replaced)?.changes ?? [], sysctls);
}

/** Null when this kernel has not what it had when they were applied, as after a boot. */
function planSettings({ sysctls }: World, firewall: Firewall | null, replaced: Replaced): SysctlPlan | null {
  try {
    return planSysctls(firewall?.sysctls ?? [], replaced, sysctls);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
