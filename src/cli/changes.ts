import { type Difference, describeChanges, type PlannedChange, type SettingDifference } from '../apply/index.js';
import { type Disruption, spellLinkChange } from '../bridges/index.js';
import { harmless } from '../diagnostics/index.js';
import { type ChangeSummary, countChanges, type Origin, spellChange, spellOrigin } from '../ruleset/index.js';
import { type SysctlChange, spellSysctlChange } from '../sysctl/index.js';
import type { Output } from './context.js';

const signs = { create: '+', update: '~', delete: '-' } as const;
const colors = { create: '32', update: '33', delete: '31' } as const;

/** One line for each change, then a line that counts them. */
export function renderChanges(changes: readonly PlannedChange[], { color }: Output): string {
  const lines = changes.map((change) => paint(change.action, spell(change), color));
  return `${lines.join('')}${describePlan(changes)}\n`;
}

/** One line in the colour of its action. What it says may come from anybody, such as a rule's comment in the kernel. */
export function paint(action: PlannedChange['action'], text: string, color: boolean): string {
  const line = harmless(text);
  return color ? `\x1b[${colors[action]}m${line}\x1b[0m\n` : `${line}\n`;
}

export function spell(change: PlannedChange | Difference): string {
  if ('disruption' in change) return spellLinkChange(change);
  return change.kind === 'setting' ? spellSetting(change) : spellChange(change);
}

/** `~ setting host.fw:4  net.netfilter.nf_conntrack_max  65536 → 524288` */
function spellSetting(change: SysctlChange | SettingDifference): string {
  const place = change.origin === null ? '' : ` ${spellOrigin(change.origin)}`;
  return `${signs[change.action]} setting${place}  ${change.name}  ${spellSysctlChange(change)}`;
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

export function changeJson(change: PlannedChange | Difference): ChangeJson {
  const { action, kind, name, origin } = change;
  return {
    action,
    kind,
    name,
    ...ownJson(change),
    ...(origin === null ? {} : { origin: { file: origin.file, line: origin.line } }),
  };
}

function ownJson(change: PlannedChange | Difference): Pick<ChangeJson, 'text' | 'table' | 'disruption'> {
  if ('disruption' in change) return { text: change.text, disruption: change.disruption };
  if (change.kind === 'setting') return { text: `${change.from ?? 'left alone'} → ${change.to ?? 'left alone'}` };
  return { table: `${change.table.family} ${change.table.name}`, text: change.text };
}
