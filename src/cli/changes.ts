import { describeChanges, type PlannedChange } from '../apply/index.js';
import { harmless } from '../diagnostics/index.js';
import { type ChangeSummary, countChanges, type Origin, spellChange, spellOrigin } from '../ruleset/index.js';
import { type SysctlChange, spellSysctlChange } from '../sysctl/index.js';
import type { Output } from './context.js';

const colors = { create: '32', update: '33', delete: '31' } as const;

/** One line for each change, then a line that counts them. */
export function renderChanges(changes: readonly PlannedChange[], { color }: Output): string {
  const lines = changes.map((change) => {
    // A deleted rule shows its comment in the kernel, which anybody may have written.
    const line = harmless(change.kind === 'setting' ? spellSetting(change) : spellChange(change));
    return color ? `\x1b[${colors[change.action]}m${line}\x1b[0m\n` : `${line}\n`;
  });
  return `${lines.join('')}${describePlan(changes)}\n`;
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

export const describeDone = (generation: number, changes: readonly PlannedChange[]): string =>
  `generation ${generation}: ${describeChanges(changes)}\n`;

interface ChangeJson {
  readonly action: PlannedChange['action'];
  readonly kind: PlannedChange['kind'];
  readonly name: string;
  /** Settings belong to no table. */
  readonly table?: string;
  readonly text: string;
  readonly origin?: Origin;
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
    ...(change.kind === 'setting'
      ? { text: `${change.from} → ${change.to}` }
      : { table: `${change.table.family} ${change.table.name}`, text: change.text }),
    ...(origin === null ? {} : { origin: { file: origin.file, line: origin.line } }),
  };
}
