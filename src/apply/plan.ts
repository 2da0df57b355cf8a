import {
  type CurrentLinks,
  dhcpChange,
  type Goal,
  type HookPlan,
  type LinkChange,
  type LinkPlan,
  type LinkStep,
  type Links,
  linkChange,
  linkFates,
  lostIsolation,
  mergeGoal,
  type OwedHooks,
  planDhcp,
  planHooks,
  planLinks,
} from '../bridges/index.js';
import { Failure } from '../diagnostics/index.js';
import type { NftablesPort, RoutePort } from '../netlink/index.js';
import { type Change, type CurrentRuleset, diffRuleset, type Ruleset, type RulesetDiff } from '../ruleset/index.js';
import { planSysctls, type Replaced, type Sysctl, type SysctlChange, type SysctlPlan } from '../sysctl/index.js';
import { type DhcpCommands, dhcpCommands, spellDhcpCommand } from './dhcp-client.js';
import type { Kernel } from './world.js';

/** The rules, and the settings they ask for. */
export interface Firewall {
  readonly ruleset: Ruleset;
  readonly sysctls: readonly Sysctl[];
}

/** What a kernel is to hold; null leaves a half as it is. */
export interface Desired {
  readonly firewall: Firewall | null;
  readonly links: Links | null;
}

/** What would bring the kernel's tables to a desired ruleset, and the dump it was made from. */
export interface RulesetPlan extends RulesetDiff {
  readonly current: CurrentRuleset;
}

/** What would bring the links where they should be, and what they were. */
export interface LinksPlan extends LinkPlan {
  readonly current: CurrentLinks;
  /** In the order in which they are made. */
  readonly changes: readonly LinkChange[];
  /** Commands of the files that these steps are a reason to run. */
  readonly hooks: HookPlan;
  readonly dhcp: DhcpCommands;
}

/** Null for a half that is left as it is. */
export interface Plan {
  readonly firewall: { readonly ruleset: RulesetPlan; readonly sysctls: SysctlPlan } | null;
  readonly links: LinksPlan | null;
}

/** One difference between what is desired and what the kernel holds, as people see it. */
export type PlannedChange = Change | SysctlChange | LinkChange;

/** What was there before: values of settings, and the links that were applied last. */
export interface Earlier {
  readonly replaced: Replaced;
  readonly links: Links;
  readonly owedHooks: OwedHooks;
  /** The own address of the connection the administrator works over. */
  readonly session?: string | undefined;
}

/** Looks at the kernel's tables and changes nothing. */
export async function planRuleset(nftables: NftablesPort, desired: Ruleset): Promise<RulesetPlan> {
  const current = await nftables.read();
  return { current, ...diffRuleset(desired, current) };
}

/** Looks at the kernel's links and changes nothing. */
export async function planLinksOf(
  route: RoutePort,
  before: Links,
  desired: Links,
  session?: string,
): Promise<LinkPlan & { readonly current: CurrentLinks; readonly goal: Goal }> {
  const current = await route.read();
  const goal = mergeGoal(before, desired, current);
  return { current, goal, ...planLinks(goal, current, session ?? null) };
}

/**
 * Looks at the kernel and changes nothing. Failure `guests-would-mix` for links that would end the isolation of guests,
 * `no-dhcp-client` when there is none and one is needed.
 */
export async function makePlan(kernel: Kernel, { firewall, links }: Desired, earlier: Earlier): Promise<Plan> {
  return {
    firewall:
      firewall === null
        ? null
        : {
            ruleset: await planRuleset(kernel.nftables, firewall.ruleset),
            sysctls: planSysctls(firewall.sysctls, earlier.replaced, kernel.sysctls),
          },
    links: links === null ? null : await planSafeLinks(kernel, earlier, links),
  };
}

async function planSafeLinks({ route, processes }: Kernel, earlier: Earlier, links: Links): Promise<LinksPlan> {
  const { links: before, owedHooks, session } = earlier;
  const { goal, ...plan } = await planLinksOf(route, before, links, session);
  const mixed = lostIsolation(goal, plan.current);
  if (mixed.length === 0) {
    const fates = linkFates(before, links, plan.current, plan.steps);
    const dhcp = dhcpCommands(processes, planDhcp(fates));
    return { ...plan, changes: linkChanges(plan.steps, dhcp), hooks: planHooks(fates, owedHooks), dhcp };
  }
  const each = mixed.map(({ bridge, port, vlan }) => `${port} is in VLAN ${vlan} of ${bridge}`).join(', ');
  throw new Failure('guests-would-mix', `${each}: without VLAN filtering they would all be in one network`, {
    help: 'leave `bridge-vlan-aware yes`, or take these ports off the bridge first; nothing was changed',
    exit: 3,
  });
}

/** In the order in which they are made. */
export const changesOf = ({ firewall, links }: Plan): PlannedChange[] => [
  ...(firewall?.sysctls.changes ?? []),
  ...(firewall?.ruleset.changes ?? []),
  ...(links?.changes ?? []),
];

const linkChanges = (steps: readonly LinkStep[], dhcp: DhcpCommands): LinkChange[] => [
  ...dhcp.release.map((command) => dhcpChange(command.run, spellDhcpCommand(command))),
  ...steps.map(linkChange),
  ...dhcp.start.map((command) => dhcpChange(command.run, spellDhcpCommand(command))),
];

/** Does the kernel hold all of it already? */
export const isDone = ({ firewall, links }: Plan): boolean =>
  (firewall?.ruleset.operations.length ?? 0) === 0 &&
  (firewall?.sysctls.changes.length ?? 0) === 0 &&
  (links?.changes.length ?? 0) === 0;
