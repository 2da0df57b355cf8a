import { describeChanges, type PlannedChange } from '../apply/index.js';
import { type Disruption, spellLinkChange } from '../bridges/index.js';
import { harmless } from '../diagnostics/index.js';
import { type ChangeSummary, countChanges, type Origin, spellChange, spellOrigin } from '../ruleset/index.js';
import { type SysctlChange, spellSysctlChange } from '../sysctl/index.js';
import type { Output } from './context.js';

const colors = { create: '32', update: '33', delete: '31' } as const;

/** One line for each change, then a line that counts them. */
export function renderChanges(changes: readonly PlannedChange[], { color }: Output): string {
  const lines = changes.map((change) => {
    // A deleted rule shows its comment in the kernel, which anybody may have written.
    const line = harmless(spell(change));
    return color ? `\x1b[${colors[change.action]}m${line}\x1b[0m\n` : `${line}\n`;
  });
  return `${lines.join('')}${describePlan(changes)}\n`;
}

function spell(change: PlannedChange): string {
  if ('disruption' in change) return spellLinkChange(change);
  return change.kind === 'setting' ? spellSetting(change) : spellChange(change);
}

/** `~ setting host.fw:4  net.netfilter.nf_conntrack_max  65536 → 524288` */
function spellSetting(change: SysctlChange): string {
  const place = change.origin === null ? '' : ` ${spellOrigin(change.origin)}`;
  return `~ setting${place}  ${change.name}  ${spellSysctlChange(change)}`;
}

function describePlan(changes: readonly PlannedChange[]): string {
  if (changes.length === 0) return 'no changes: the kernel holds what the files say';
  const { create, update, delete: remove } = countChanges(changes);
  return `plan: ${create} to create, ${update} to update, ${remove} to delete`;
}

/** `what` is such as `generation 3`. */
export const describeDone = (what: string, changes: readonly PlannedChange[]): string =>
  `${what}: ${describeChanges(changes)}\n`;

interface ChangeJson {
  readonly action: PlannedChange['action'];
  readonly kind: PlannedChange['kind'];
  readonly name: string;
  /** Of a rule and what belongs to it. */
  readonly table?: string;
  readonly text: string;
  readonly origin?: Origin;
  /** Of a step of the links. */
  readonly disruption?: Disruption;
}

export function changesJson(changes: readonly PlannedChange[]): { changes: ChangeJson[]; summary: ChangeSummary } {
  return { changes: changes.map(changeJson), summary: countChanges(changes) };
}

function changeJson(change: PlannedChange): ChangeJson {
  const { action, kind, name, origin } = change;
  return {
    action,
    kind,
    name,
    ...ownJson(change),
    ...(origin === null ? {} : { origin: { file: origin.file, line: origin.line } }),
  };
}

function ownJson(change: PlannedChange): Pick<ChangeJson, 'text' | 'table' | 'disruption'> {
  if ('disruption' in change) return { text: change.text, disruption: change.disruption };
  if (change.kind === 'setting') return { text: `${change.from} → ${change.to}` };
  return { table: `${change.table.family} ${change.table.name}`, text: change.text };
}
