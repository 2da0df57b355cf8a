import { describeChanges } from '../apply/index.js';
import { harmless } from '../diagnostics/index.js';
import { type Change, type ChangeSummary, countChanges, type Origin, spellChange } from '../ruleset/index.js';
import type { Output } from './context.js';

const colors = { create: '32', update: '33', delete: '31' } as const;

/** One line for each change, then a line that counts them. */
export function renderChanges(changes: readonly Change[], { color }: Output): string {
  const lines = changes.map((change) => {
    // A deleted rule shows its comment in the kernel, which anybody may have written.
    const line = harmless(spellChange(change));
    return color ? `\x1b[${colors[change.action]}m${line}\x1b[0m\n` : `${line}\n`;
  });
  return `${lines.join('')}${describePlan(changes)}\n`;
}

function describePlan(changes: readonly Change[]): string {
  if (changes.length === 0) return 'no changes: the kernel holds what the files say';
  const { create, update, delete: remove } = countChanges(changes);
  return `plan: ${create} to create, ${update} to update, ${remove} to delete`;
}

export const describeDone = (generation: number, changes: readonly Change[]): string =>
  `generation ${generation}: ${describeChanges(changes)}\n`;

interface ChangeJson {
  readonly action: Change['action'];
  readonly kind: Change['kind'];
  readonly name: string;
  readonly table: string;
  readonly text: string;
  readonly origin?: Origin;
}

export function changesJson(changes: readonly Change[]): { changes: ChangeJson[]; summary: ChangeSummary } {
  return {
    changes: changes.map(({ action, kind, name, table, text, origin }) => ({
      action,
      kind,
      name,
      table: `${table.family} ${table.name}`,
      text,
      ...(origin === null ? {} : { origin: { file: origin.file, line: origin.line } }),
    })),
    summary: countChanges(changes),
  };
}
