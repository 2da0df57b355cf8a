import { type LinkChange, linkChange } from '../bridges/index.js';
import type { TouchedObject } from '../netlink/index.js';
import type { Change } from '../ruleset/index.js';
import type { Sysctl, SysctlPort } from '../sysctl/index.js';
import { heardCommits, type RecordedCommit } from './commit-record.js';
import { type Half, readGeneration } from './generation.js';
import { positionInForce } from './in-force.js';
import { type Pending, timeLeft } from './pending.js';
import { type PlannedChange, planLinksOf, planRuleset } from './plan.js';
import type { World } from './world.js';

/** One thing the kernel holds otherwise than the current generation says. */
export interface Drift {
  readonly kind: PlannedChange['kind'];
  readonly name: string;
  readonly problem: string;
  /** The last commit that touched it, where `watch` heard of one. */
  readonly by?: { readonly process: string; readonly pid: number; readonly time: string } | undefined;
}

export interface Status {
  readonly generation: number;
  readonly drift: readonly Drift[];
  /** The generation a run was going to when it was cut short; null when none was. */
  readonly interrupted: number | null;
  readonly pending: PendingStatus | null;
}

export interface PendingStatus extends Pending {
  /** Milliseconds. */
  readonly left: number;
}

/** Compares the kernel with the current generation, or with one half of it. Changes nothing. */
export async function status(world: Omit<World, 'processes'>, only?: Half): Promise<Status> {
  const { state, clock, nftables, sysctls, route } = world;
  const position = positionInForce(state);
  const { pending } = position;
  const applied = readGeneration(state, position.current);
  const firewall = only === 'network' ? null : applied.firewall;
  const links = only === 'firewall' ? null : applied.links;
  const rules = firewall === null ? [] : (await planRuleset(nftables, firewall.ruleset)).changes;
  const steps = links === null ? [] : (await planLinksOf(route, links, links)).steps;
  const commits = rules.length === 0 ? [] : heardCommits(state);
  return {
    generation: position.current,
    drift: [
      ...(firewall?.sysctls ?? []).flatMap((sysctl) => settingDrift(sysctl, sysctls)),
      ...rules.map((change) => driftOf(change, commits)),
      ...steps.map((step) => linkDrift(linkChange(step))),
    ],
    interrupted: position.applying?.generation ?? null,
    pending: pending === null ? null : { ...pending, left: timeLeft(pending, clock) },
  };
}

const words = { create: 'is missing', update: 'was changed', delete: 'does not belong here' } as const;

/** What would repair it says what is wrong: to create is missing, to delete is foreign. */
function driftOf(change: Change, commits: readonly RecordedCommit[]): Drift {
  const { action, kind, table, name, text } = change;
  const what = text === '' ? '' : `: ${text}`;
  const commit = commits.findLast(({ touched }) => touched.some((object) => isAbout(object, change)));
  return {
    kind,
    name: kind === 'table' ? `${table.family} ${name}` : `${table.family}/${name}`,
    problem: words[action] + what,
    ...(commit === undefined ? {} : { by: { process: commit.process, pid: commit.pid, time: commit.time } }),
  };
}

const isAbout = ({ family, kind, name }: TouchedObject, change: Change): boolean =>
  family === change.table.family && kind === objects[change.kind] && name === change.name;

/** What the kernel tells of: a rule as its chain, an element as its set. */
const objects: Readonly<Record<Change['kind'], TouchedObject['kind']>> = {
  table: 'table',
  chain: 'chain',
  rule: 'chain',
  set: 'set',
  map: 'set',
  element: 'set',
  helper: 'object',
  object: 'object',
};

function settingDrift({ name, value }: Sysctl, port: SysctlPort): Drift[] {
  const current = port.read(name);
  if (current?.value === value) return [];
  const problem = current === null ? 'this kernel has it no more' : `was changed: ${current.value} and not ${value}`;
  return [{ kind: 'setting', name, problem }];
}

/** Of a link the command that would repair it says best what is wrong. */
const linkDrift = ({ action, kind, name, text }: LinkChange): Drift => ({
  kind,
  name,
  problem: `${words[action]}: ${text}`,
});
