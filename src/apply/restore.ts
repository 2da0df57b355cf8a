import { linkFates, linksFromJson, noLinks, planDhcp } from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import { readJson, rulesetFromJson } from '../ruleset/index.js';
import { carryOutSysctls, planSysctls, type Replaced, readSysctls } from '../sysctl/index.js';
import { bring } from './bring.js';
import { bringLinks } from './bring-links.js';
import { dhcpCommands, runDhcp } from './dhcp-client.js';
import { fitFirewall } from './fitted.js';
import { findGeneration } from './generation.js';
import type { StoredGeneration } from './generation-files.js';
import { planLinksOf, planRuleset } from './plan.js';
import type { Position } from './position.js';
import { storedBatch } from './whole-batch.js';
import type { World } from './world.js';

/** False when the kernel did not take them. By the stored batch; by a plan where this kernel does not take it, or it is damaged. */
export async function restoreRules(world: World, stored: StoredGeneration, warnings: string[]): Promise<boolean> {
  const { nftables } = world;
  if (!stored.halves.includes('firewall')) return true;
  const batch = orWarn(warnings, () => storedBatch(stored));
  if (batch !== null) {
    const result = await nftables.load(batch);
    if (result.ok) return true;
    const reason = result.reason === 'refused' ? (result.errors[0]?.errno ?? 'no reason') : result.reason;
    warnings.push(`the kernel does not take rules.batch of generation ${stored.meta.generation} (${reason})`);
  }
  try {
    const ruleset = stored.text('ruleset.json', rulesetFromJson);
    const fitted = await fitFirewall({ ruleset, sysctls: [] }, nftables);
    warnings.push(...fitted.warnings);
    const wanted = fitted.firewall?.ruleset ?? ruleset;
    const brought = await bring(nftables, wanted, await planRuleset(nftables, wanted));
    if (brought.committed) return true;
    warnings.push(brought.failure.message);
  } catch (error) {
    warnings.push(messageOf(error));
  }
  return false;
}

/** What is owed to the kernel for settings once those of the generation are set. */
export function restoreSettings(
  { sysctls }: World,
  stored: StoredGeneration,
  replaced: Replaced,
  warnings: string[],
): Replaced {
  if (!stored.halves.includes('firewall')) return replaced;
  const owed = orWarn(warnings, () => {
    const wanted = stored.text('settings.json', (text, file) => readJson(text, file, readSysctls));
    const plan = planSysctls(wanted, replaced, sysctls);
    const set = carryOutSysctls(plan.changes, sysctls);
    if (!set.done) throw set.failure;
    return plan.replaced;
  });
  return owed ?? replaced;
}

/** Steps may be refused and hardware may come later: what cannot be had is a warning, and the rules stay. */
export async function restoreLinks(
  world: World,
  stored: StoredGeneration,
  position: Position,
  warnings: string[],
): Promise<void> {
  if (!stored.halves.includes('network')) return;
  try {
    await bringStored(world, stored, position, warnings);
  } catch (error) {
    warnings.push(messageOf(error));
  }
}

async function bringStored(
  { state, route, processes }: World,
  stored: StoredGeneration,
  { current, applying }: Position,
  warnings: string[],
): Promise<void> {
  const { generation } = stored.meta;
  const desired = stored.text('links.json', linksFromJson);
  // Where the machine was not started anew, what a run left half done goes.
  const left = applying?.generation ?? current;
  const before = (left === null ? null : findGeneration(state, left)?.links) ?? noLinks;
  const plan = await planLinksOf(route, before, desired);
  warnings.push(...plan.notes.map(({ name, text }) => `${name}: ${text}`));
  const brought = await bringLinks(state, route, { generation, desired }, plan);
  if (!brought.ok) {
    warnings.push(brought.failure.message);
    return;
  }
  const { start } = planDhcp(linkFates(noLinks, desired, plan.current, plan.steps));
  for (const command of dhcpCommands(processes, { release: [], start }).start) {
    const problem = await runDhcp(processes, state.files, command);
    if (problem !== null) warnings.push(problem);
  }
}

/** Null, and a warning, for what fails. */
export function orWarn<T>(warnings: string[], act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    warnings.push(messageOf(error));
    return null;
  }
}

/** Anything but a Failure is a mistake of ours and goes on. */
export function messageOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  throw error;
}
