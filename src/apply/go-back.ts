import { Failure } from '../diagnostics/index.js';
import { carryOutSysctls } from '../sysctl/index.js';
import { bring } from './bring.js';
import { bringLinks, undo } from './bring-links.js';
import { dhcpCommands, runDhcp } from './dhcp-client.js';
import { fitFirewall } from './fitted.js';
import { findGeneration, nothingDesired, removeGeneration, storedGenerations } from './generation.js';
import { openGeneration } from './generation-files.js';
import { runHooks } from './hooks.js';
import { readLinkJournal, removeLinkJournal } from './link-journal.js';
import { type Pending, timeLeft, withDeadline } from './pending.js';
import { makePlan, planRuleset } from './plan.js';
import { desiredBack, linksOf, rulesetOf } from './plan-way-back.js';
import { type Position, writePosition } from './position.js';
import type { StateDirectory } from './state-directory.js';
import { findWayBack, removeWayBack, type WayBack } from './way-back.js';
import { storedBatch } from './whole-batch.js';
import type { World } from './world.js';

export type PendingPosition = Position & { readonly pending: Pending };

/** Is a change pending there? */
export const isPending = (position: Position): position is PendingPosition => position.pending !== null;

/** `warnings` are what failed and held nothing up. */
export interface WentBack {
  readonly position: Position;
  readonly warnings: readonly string[];
}

/** Takes a pending change back, in the kernel and then in the records. The caller holds the lock. */
export async function goBack(world: World, position: PendingPosition): Promise<WentBack> {
  endTime(world, position);
  const went = await goBackInKernel(world, position, findWayBack(world.state, position.pending.generation));
  recordBack(world.state, position, went.position);
  return went;
}

/** Makes this moment the deadline, so that who finds the change taken back in part goes on with it, and nobody confirms it. */
function endTime({ state, clock }: World, position: PendingPosition): void {
  if (timeLeft(position.pending, clock) === 0) return;
  try {
    writePosition(state, { ...position, pending: withDeadline(position.pending, 0, clock) });
  } catch (error) {
    // The kernel comes first.
    if (!(error instanceof Failure)) throw error;
  }
}

/**
 * Takes a pending change back in the kernel, over the way that is there, or by a plan where it cannot be read. Links go
 * first, so that no port is ever on a bridge unfiltered, and nothing keeps the rest from being tried. Writes no record.
 */
export async function goBackInKernel(world: World, position: PendingPosition, way: WayBack | null): Promise<WentBack> {
  const went = way === null ? await goBackByPlan(world, position) : await goBackOver(world, position, way);
  const { back, generation } = position.pending;
  // One that was cut short was never in force as a whole: nobody can go to it.
  const kept = position.applying === null ? [...position.unconfirmed, generation] : position.unconfirmed;
  return {
    ...went,
    position: {
      ...went.position,
      current: back,
      applying: null,
      pending: null,
      unconfirmed: [...new Set(kept)].sort((a, b) => a - b),
    },
  };
}

/** The records of a change that was taken back. On a full disk they make room for themselves. */
export function recordBack(state: StateDirectory, from: PendingPosition, to: Position): void {
  // While the position still names it: nobody finds it afterwards.
  if (from.applying?.action === 'apply') removeGeneration(state, from.applying.generation);
  const stored = storedGenerations(state);
  const record = { ...to, unconfirmed: to.unconfirmed.filter((number) => stored.includes(number)) };
  try {
    writePosition(state, record);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    removeWayBack(state);
    removeLinkJournal(state);
    writePosition(state, record);
  }
  removeWayBack(state);
  removeLinkJournal(state);
}

async function goBackOver(world: World, position: PendingPosition, way: WayBack): Promise<WentBack> {
  const { state, route, sysctls, processes } = world;
  const journal = position.applying === null ? null : readLinkJournal(state);
  const steps = journal?.generation === position.applying?.generation ? (journal?.inverses ?? []) : [];
  const failures: Failure[] = [];
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  };
  await attempt(() => undo(route, [...way.inverses, ...steps]));
  await attempt(() => putRulesBack(world, position, way));
  const settings = [...way.settings].map(([name, to]) => settingChange(world, name, to));
  const set = carryOutSysctls(settings.flat(), sysctls);
  const [first] = failures;
  if (first !== undefined) {
    throw new Failure(
      'not-back',
      `generation ${position.pending.generation} could not be taken back: ${failures.map(({ message }) => message).join('; ')}`,
      {
        help: 'it is tried again; `ringwall recover` does so, too',
        cause: first,
      },
    );
  }
  const warnings = set.done ? [] : [set.failure.message];
  warnings.push(...(await askClient(world, way)), ...(await runHooks(processes, way.hooks)));
  return { position: { ...position, replaced: way.replaced, owedHooks: way.owedHooks }, warnings };
}

/** Nothing where the setting has that value already or is not there. */
function settingChange({ sysctls }: World, name: Parameters<World['sysctls']['read']>[0], to: number) {
  const current = sysctls.read(name);
  if (current === null || current.value === to) return [];
  return [{ action: 'update', kind: 'setting', name, from: current.value, to, origin: null } as const];
}

/**
 * By the inverse of the transaction. Where somebody committed since, by what differs from the generation that comes back;
 * where that cannot be told or done, by all its rules.
 */
async function putRulesBack(
  { state, nftables }: World,
  position: PendingPosition,
  { from, rules }: WayBack,
): Promise<void> {
  const { back } = position.pending;
  if (rules === null) return;
  if (rules.batch !== null && (await nftables.load(rules.batch)).ok) return;
  try {
    const { firewall } = await fitFirewall({ ruleset: rulesetOf(state, back), sysctls: [] }, nftables);
    const ruleset = firewall?.ruleset ?? { tables: [] };
    const plan = await planRuleset(nftables, ruleset);
    // Cut short before the kernel took anything: the rules are those of before, with whatever others had changed.
    if (from.length === 1 && plan.current.generation === position.applying?.rules?.ruleset) return;
    const brought = await bring(nftables, ruleset, plan);
    if (!brought.committed) throw brought.failure;
  } catch (error) {
    if (back === null || !(error instanceof Failure)) throw error;
    if (!(await nftables.load(storedBatch(openGeneration(state, back)))).ok) throw error;
  }
}

async function askClient({ processes, state }: World, { dhcp }: WayBack): Promise<string[]> {
  try {
    const { release, start } = dhcpCommands(processes, dhcp);
    const problems: string[] = [];
    for (const command of [...release, ...start]) {
      const problem = await runDhcp(processes, state.files, command);
      if (problem !== null) problems.push(problem);
    }
    return problems;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [error.message];
  }
}

/** As a rollback: what was lost with the way back is where foreign things were changed. */
async function goBackByPlan(world: World, position: PendingPosition): Promise<WentBack> {
  const { state, nftables, route } = world;
  const { generation, back } = position.pending;
  const left = findGeneration(state, generation) ?? nothingDesired;
  const target = desiredBack(state, back);
  const { firewall } = await fitFirewall(target.firewall ?? { ruleset: { tables: [] }, sysctls: [] }, nftables);
  const links = left.links === null && target.links === null ? null : linksOf(state, back);
  const plan = await makePlan(world, { firewall, links }, { ...position, links: left.links ?? linksOf(state, null) });
  const warnings: string[] = [];
  if (links !== null && plan.links !== null) {
    const brought = await bringLinks(state, route, { generation, desired: links }, plan.links);
    if (!brought.ok) warnings.push(brought.failure.message);
  }
  if (firewall !== null && plan.firewall !== null) {
    const brought = await bring(nftables, firewall.ruleset, plan.firewall.ruleset);
    if (!brought.committed) throw brought.failure;
    const set = carryOutSysctls(plan.firewall.sysctls.changes, world.sysctls);
    if (!set.done) warnings.push(set.failure.message);
  }
  const replaced = plan.firewall?.sysctls.replaced ?? position.replaced;
  return { position: { ...position, replaced }, warnings };
}
