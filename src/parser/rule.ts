import { type ItemShape, parseRule, type RuleShape } from './firewall-grammar.js';
import type { Inert, LineReader } from './line-reader.js';
import { reportProxmoxDifference } from './proxmox.js';
import {
  type RulePlace,
  refuseAction,
  refuseDirection,
  refuseIface,
  refuseJunk,
  refuseOption,
  refuseRepetition,
} from './rule-refusal.js';
import type { Direction, FirewallScope, LineContent, RuleNode, RuleOptionKey, RuleOptionNode } from './tree.js';
import { DIRECTIONS, FILE_OF, RULE_OPTIONS, VERDICTS } from './vocabulary.js';

/** Reads a line of [RULES] or [group name]. A rule keeps every condition that is written, or the line is refused. */
export function readRule(line: LineReader, place: RulePlace): LineContent {
  const shape = parseRule(line.text);
  const rule = shape.kind === 'group' ? readGroupRule(line, shape, place) : readMatchRule(line, shape, place);
  if (rule.kind === 'inert') return rule;
  reportProxmoxDifference(line, shape);
  return { kind: 'rule', rule, comment: line.comment(shape.comment) };
}

function readGroupRule(line: LineReader, shape: RuleShape & { kind: 'group' }, place: RulePlace): RuleNode | Inert {
  const { direction, group } = shape;
  if (place.section === 'group') {
    const help = "write the other group's rules here, or use both groups where this one is used";
    return line.refuse('syntax/misplaced-rule', direction, 'a group cannot contain a GROUP line', help);
  }
  if (group === null) {
    return line.refuse('syntax/missing-value', direction, 'GROUP names no group', 'write `GROUP name`');
  }
  const options = readOptions(line, shape.items, place);
  if (!Array.isArray(options)) return options;
  const foreign = options.find((option) => option.key !== 'iface');
  if (foreign !== undefined) {
    const item = shape.items[options.indexOf(foreign)]?.name ?? direction;
    const help = 'a GROUP line takes `-i` only; other conditions belong to the rules of the group';
    return line.refuse('syntax/misplaced-rule-option', item, `a GROUP line cannot have \`${item.text}\``, help);
  }
  return {
    kind: 'group',
    disabled: shape.disabled,
    span: line.span({ start: direction.start, end: endOf(shape) }),
    group: line.word(group),
    options,
  };
}

function readMatchRule(line: LineReader, shape: RuleShape & { kind: 'match' }, place: RulePlace): RuleNode | Inert {
  const direction = DIRECTIONS.get(shape.direction.text.toUpperCase());
  if (direction === undefined) return refuseDirection(line, shape.direction);
  const misplaced = place.section === 'group' ? undefined : MISPLACED[place.scope];
  if (misplaced?.directions.includes(direction)) {
    const message = `${FILE_OF[place.scope]} cannot have ${direction} rules`;
    return line.refuse('syntax/misplaced-rule', shape.direction, message, misplaced.help);
  }
  const { action } = shape;
  if (action === null) {
    const help = `write \`${direction} ACCEPT\`, \`${direction} DROP\`, \`${direction} REJECT\` or \`${direction} MACRO(ACCEPT)\``;
    return line.refuse(
      'syntax/missing-verdict',
      shape.direction,
      `no action follows \`${shape.direction.text}\``,
      help,
    );
  }
  const verdict = VERDICTS.get(action.verdict.text.toUpperCase());
  if (verdict === undefined || !action.closed) return refuseAction(line, action);
  const options = readOptions(line, shape.items, place);
  if (!Array.isArray(options)) return options;
  return {
    kind: 'match',
    disabled: shape.disabled,
    span: line.span({ start: shape.direction.start, end: endOf(shape) }),
    direction: line.located(direction, shape.direction),
    verdict: line.located(verdict, action.verdict),
    macro: action.macro === null ? null : line.word(action.macro),
    options,
  };
}

/** Every item as an option, or the refusal of the first that cannot be one. */
function readOptions(line: LineReader, items: readonly ItemShape[], place: RulePlace): RuleOptionNode[] | Inert {
  const options: RuleOptionNode[] = [];
  for (const { name, value } of items) {
    if (name === null) return refuseJunk(line, value);
    const key = RULE_OPTIONS.get(name.text.replace(/^--?/, ''));
    if (key === undefined) return refuseOption(line, name);
    const earlier = options.find((option) => option.key === key);
    if (earlier !== undefined) return refuseRepetition(line, name, earlier);
    if (key === 'iface' && (place.section === 'group' || place.scope === 'vnet')) return refuseIface(line, name, place);
    if (value === null) {
      return line.refuse(
        'syntax/missing-value',
        name,
        `\`${name.text}\` has no value`,
        `write after it ${VALUE_OF[key]}`,
      );
    }
    options.push({ key, keySpan: line.span(name), value: line.word(value) });
  }
  return options;
}

const VALUE_OF: Readonly<Record<RuleOptionKey, string>> = {
  iface: 'an interface such as `vmbr0`, or `net0` in a guest',
  source: 'an address, a network, an alias or `+set`',
  dest: 'an address, a network, an alias or `+set`',
  proto: 'a protocol such as `tcp`',
  dport: 'ports such as `80,443` or `8000:8010`',
  sport: 'ports such as `80,443` or `8000:8010`',
  log: 'a level such as `info`',
  'icmp-type': 'a type such as `echo-request`',
};

interface Misplaced {
  readonly directions: readonly Direction[];
  readonly help: string;
}

/** Directions that would do nothing or cannot be loaded in a file's [RULES] (specification 2.1). */
const MISPLACED: Readonly<Partial<Record<FirewallScope, Misplaced>>> = {
  guest: {
    directions: ['FORWARD'],
    help: 'write IN or OUT here, or put the rule into cluster.fw, host.fw or a vnet',
  },
  vnet: { directions: ['IN', 'OUT'], help: 'write FORWARD: a vnet filters what crosses it' },
};

/** The end of the last word before the comment. */
function endOf(shape: RuleShape): number {
  const last = shape.items.at(-1);
  if (last !== undefined) return last.name === null ? last.value.end : (last.value ?? last.name).end;
  if (shape.kind === 'group') return (shape.group ?? shape.direction).end;
  const { action, direction } = shape;
  return action === null ? direction.end : action.verdict.end + (action.macro === null ? 0 : 1);
}
