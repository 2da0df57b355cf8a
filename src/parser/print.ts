import { encode } from './encoding.js';
import { headerText } from './header.js';
import { joinLines } from './lines.js';
import type { FirewallTree, LineContent, RuleNode, Word } from './tree.js';
import { CANONICAL_OPTIONS } from './vocabulary.js';

/** The file's bytes: those it was read from, as long as no line was changed. */
export function printFirewall({ lines, encoding }: FirewallTree): Uint8Array {
  return encode({ text: joinLines(lines), encoding });
}

/** Content that has one canonical text. Comments and lines that cannot be read are kept as they were written. */
export type PrintableContent = Exclude<LineContent, { readonly kind: 'comment' | 'inert' }>;

/** The text Proxmox's own writer gives a line, without a line ending; the comment is kept. */
export function printLine(content: PrintableContent): string {
  switch (content.kind) {
    case 'blank':
      return '';
    case 'header':
      return withComment(headerText(content.section, content.name?.value ?? ''), content.comment);
    case 'option':
      return withComment(`${content.key.value}: ${content.value.value}`.trimEnd(), content.comment);
    case 'alias':
      return withComment(`${content.name.value} ${content.address.value}`, content.comment);
    case 'entry':
      return withComment(`${content.nomatch ? '!' : ''}${content.member.value}`, content.comment);
    case 'rule':
      return withComment(printRule(content.rule), content.comment);
  }
}

function printRule(rule: RuleNode): string {
  const words = [`${rule.disabled ? '|' : ''}${headOf(rule)}`];
  for (const [key, spelling] of CANONICAL_OPTIONS) {
    for (const option of rule.options) if (option.key === key) words.push(`${spelling} ${option.value.value}`);
  }
  return words.join(' ');
}

function headOf(rule: RuleNode): string {
  if (rule.kind === 'group') return `GROUP ${rule.group.value}`;
  const { direction, verdict, macro } = rule;
  return `${direction.value} ${macro === null ? verdict.value : `${macro.value}(${verdict.value})`}`;
}

function withComment(text: string, comment: Word | null): string {
  return comment === null ? text : `${text} # ${comment.value}`;
}
