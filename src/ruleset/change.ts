import { spellOrigin } from './comment.js';
import type { TableRef } from './operation.js';
import { printRuleBody } from './print.js';
import type { Origin, Rule } from './ruleset.js';

/** One difference between the desired and the current ruleset, as people see it. */
export interface Change {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: 'table' | 'chain' | 'set' | 'map' | 'helper' | 'object' | 'element' | 'rule';
  readonly table: TableRef;
  /** The object's own name; for a rule its chain, for an element its set or map. */
  readonly name: string;
  /** What it says, as nft text; for a rule that goes its comment, because the kernel's copy is not decoded. */
  readonly text: string;
  /** The line that asks for it; null for what no line asks for and for what goes. */
  readonly origin: Origin | null;
}

export interface ChangeSummary {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

export function countChanges(changes: readonly Pick<Change, 'action'>[]): ChangeSummary {
  const summary = { create: 0, update: 0, delete: 0 };
  for (const { action } of changes) summary[action] += 1;
  return summary;
}

const sign = { create: '+', update: '~', delete: '-' } as const;

/** `~ rule 100.fw:12  guest-100-in  tcp dport 22 accept` */
export function spellChange(change: Change): string {
  const place = change.origin === null ? '' : ` ${spellOrigin(change.origin)}`;
  const text = change.text === '' ? '' : `  ${change.text}`;
  return `${sign[change.action]} ${change.kind}${place}  ${nameOf(change)}${text}`;
}

/** The name with its family in front, because both tables have chains of their own. */
const nameOf = ({ kind, table, name }: Change): string =>
  kind === 'table' ? `${table.family} ${name}` : `${table.family}/${name}`;

/** A rule as the text of a change: what it does, and what it is for where no line asks for it. */
export function describeRule(rule: Rule): string {
  const body = printRuleBody(rule);
  return rule.origin === null && rule.note !== undefined ? `${body}  # ${rule.note}` : body;
}
