import { commentOf } from './comment.js';
import { ctState, fields } from './field.js';
import { prefixMask } from './interval.js';
import type {
  Chain,
  CtHelper,
  DynamicSet,
  MapElement,
  MapKey,
  Match,
  NamedSet,
  Rate,
  Rule,
  Ruleset,
  Statement,
  Table,
  TableFamily,
  ValueMatch,
  Verdict,
  VerdictMap,
} from './ruleset.js';
import { spellField, spellInterval, spellQueues, spellTcpFlags, spellValue } from './spelling.js';

/** Transport protocols whose ports nft names after the protocol once it is known: `tcp dport 22`. */
const portProtocols: Readonly<Record<string, string>> = {
  '6': 'tcp',
  '17': 'udp',
  '33': 'dccp',
  '132': 'sctp',
  '136': 'udplite',
};

/** The text `nft -f` loads to get exactly this ruleset, whatever our tables held before. */
export function printRuleset(ruleset: Ruleset): string {
  // Add, delete, add: the portable way to replace a table in one transaction, whether it is there or not.
  const preamble = ruleset.tables.map(
    ({ family, name }) => `table ${family} ${name}\ndelete table ${family} ${name}\n`,
  );
  return [...preamble, ...ruleset.tables.map(printTable)].join('\n');
}

/** One table with its sets, maps and chains; loading it adds to what is there. */
export function printTable(table: Table): string {
  const blocks = [
    ...(table.helpers ?? []).map(printHelper),
    ...table.sets.map(printSet),
    ...(table.dynamicSets ?? []).map(printDynamicSet),
    ...table.maps.map(printMap),
    ...table.chains.map((chain) => printChain(chain, table.family)),
  ];
  return `table ${table.family} ${table.name} {\n${blocks.join('\n')}}\n`;
}

/** The rule without its comment: the text that says what it does, and nothing else. */
export function printRuleBody(rule: Rule): string {
  return [...printMatches(rule.matches), ...rule.statements.map(printStatement)].join(' ');
}

/** The rule as one line of `nft` text for a chain of this family, with its source line as comment. */
export function printRule(rule: Rule, family: TableFamily): string {
  const comment = commentOf(rule);
  const body = `${family === 'bridge' ? spellProtocol(rule.matches) : ''}${printRuleBody(rule)}`;
  return comment === null ? body : `${body} comment "${comment}"`;
}

/**
 * Left to itself, nft reads the ether type of these fields' packets from the link header, where a VLAN-tagged frame says
 * only that it is tagged; `meta protocol` is the type behind the tag (seen with nft 1.0.6, family bridge).
 */
function spellProtocol(matches: readonly Match[]): string {
  const asked = matches.some(({ field }) => field === 'meta protocol' || field === 'meta l4proto');
  const [header] = matches.flatMap(({ field }) => /^(icmp|icmpv6|arp) /.exec(field)?.[1] ?? []);
  if (asked || header === undefined) return '';
  return `meta protocol ${header === 'icmp' ? 'ip' : header === 'icmpv6' ? 'ip6' : 'arp'} `;
}

export function printVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'accept':
    case 'drop':
    case 'return':
      return verdict.kind;
    case 'jump':
    case 'goto':
      return `${verdict.kind} ${verdict.chain}`;
  }
}

/** A name in quotes, or a MAC address. */
export const printMapKey = (key: MapKey): string =>
  typeof key === 'string' ? `"${key}"` : spellValue('ether_addr', key);

/** `"tap100i0" comment "100.conf:3" : goto guest-100-net0-in`. */
export function printMapElement({ key, verdict, origin }: MapElement): string {
  const comment = commentOf({ origin });
  return `${printMapKey(key)}${comment === null ? '' : ` comment "${comment}"`} : ${printVerdict(verdict)}`;
}

function printSet(set: NamedSet): string {
  const { width } = fieldOfType(set.type);
  const comment = commentOf({ origin: set.origin });
  const lines = [`type ${set.type}`, 'flags interval'];
  if (comment !== null) lines.push(`comment "${comment}"`);
  if (set.elements.length > 0) {
    lines.push(elementList(set.elements.map((element) => spellInterval(set.type, width, element))));
  }
  return block(`set ${set.name}`, lines);
}

const printHelper = ({ name, type, protocol, l3proto }: CtHelper): string =>
  block(`ct helper ${name}`, [`type "${type}" protocol ${protocol}`, `l3proto ${l3proto}`]);

function printDynamicSet({ name, type, timeout, size, origin }: DynamicSet): string {
  const comment = commentOf({ origin });
  const lines = [`type ${type}`, `size ${size}`, 'flags dynamic,timeout', `timeout ${timeout}s`];
  return block(`set ${name}`, comment === null ? lines : [...lines, `comment "${comment}"`]);
}

function printMap(map: VerdictMap): string {
  const lines = [`type ${map.type} : verdict`];
  if (map.elements.length > 0) {
    lines.push(elementList(map.elements.map(printMapElement)));
  }
  return block(`map ${map.name}`, lines);
}

function printChain(chain: Chain, family: TableFamily): string {
  const base = chain.base && [
    `type filter hook ${chain.base.hook} priority ${chain.base.priority}; policy ${chain.base.policy};`,
  ];
  return block(`chain ${chain.name}`, [...(base ?? []), ...chain.rules.map((rule) => printRule(rule, family))]);
}

const block = (head: string, lines: readonly string[]): string =>
  `\t${head} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`;

/** Wrapped near column 100, so that a long set stays readable and gives small differences. */
function elementList(items: readonly string[]): string {
  const rows: string[] = [];
  for (const item of items) {
    const row = rows.at(-1);
    if (row !== undefined && row.length + item.length < 80) rows[rows.length - 1] = `${row}, ${item}`;
    else rows.push(item);
  }
  return rows.length === 1 ? `elements = { ${rows[0]} }` : `elements = {\n\t\t\t${rows.join(',\n\t\t\t')}\n\t\t}`;
}

function printMatches(matches: readonly Match[]): string[] {
  const words: string[] = [];
  let ports = 'th';
  for (const [index, match] of matches.entries()) {
    const named = portProtocolOf(match);
    const next = matches[index + 1];
    if (named !== undefined && next !== undefined && isPortMatch(next)) {
      ports = named;
      continue;
    }
    words.push(printMatch(match).replace(/^th /, `${ports} `));
  }
  return words;
}

const isPortMatch = (match: Match): boolean =>
  (match.kind === 'values' || match.kind === 'set') && (match.field === 'th sport' || match.field === 'th dport');

function portProtocolOf(match: Match): string | undefined {
  if (match.kind !== 'values' || match.field !== 'meta l4proto' || match.negated || match.values.length !== 1)
    return undefined;
  const [only] = match.values;
  return only !== undefined && only[0] === only[1] ? portProtocols[only[0].toString()] : undefined;
}

function printMatch(match: Match): string {
  switch (match.kind) {
    case 'values':
      return `${spellField(match.field)} ${match.negated ? '!= ' : ''}${printValues(match)}`;
    case 'set':
      return `${spellField(match.field)} ${match.negated ? '!= ' : ''}@${match.set}`;
    case 'names': {
      const quoted = match.names.map((name) => `"${name}"`);
      return `${match.field} ${match.negated ? '!= ' : ''}${braces(quoted)}`;
    }
    case 'flags':
      return match.test === 'any'
        ? `${match.field} ${spellAnyFlag(match.field, match.mask)}`
        : `${match.field} & (${spellTcpFlags(match.mask)}) ${match.negated ? '!=' : '=='} ${spellTcpFlags(match.value)}`;
  }
}

function spellAnyFlag(field: 'ct state' | 'tcp flags', mask: number): string {
  if (field === 'tcp flags') return `& (${spellTcpFlags(mask)}) != 0x0`;
  return Object.entries(ctState)
    .flatMap(([name, bit]) => ((mask & bit) !== 0 ? [name] : []))
    .join(',');
}

function printValues({ field, values }: ValueMatch): string {
  const { type, width } = fields[field];
  return braces(values.map((interval) => spellInterval(type, width, interval)));
}

const braces = (items: readonly string[]): string => (items.length === 1 ? `${items[0]}` : `{ ${items.join(', ')} }`);

function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'counter':
      return 'counter';
    case 'limit':
      return `limit rate ${printRate(statement)}`;
    case 'update':
      return `update @${statement.set} { ${printKey(statement)} limit rate over ${printRate(statement)} }`;
    case 'log':
      return `log prefix "${statement.prefix}" group ${statement.group}`;
    case 'set mark':
      return `${statement.field} set ${spellValue('mark', BigInt(statement.value))}`;
    case 'reject':
      return statement.with === 'tcp reset' ? 'reject with tcp reset' : `reject with icmpx ${statement.with}`;
    case 'queue':
      return `queue flags bypass to ${spellQueues(statement)}`;
    case 'set helper':
      return `ct helper set "${statement.helper}"`;
    case 'verdict':
      return printVerdict(statement.verdict);
    case 'dispatch':
      return `${statement.field} vmap @${statement.map}`;
  }
}

const printRate = ({ rate, unit, burst }: Rate): string => `${rate}/${unit} burst ${burst} packets`;

function printKey({ field, prefix }: Extract<Statement, { kind: 'update' }>): string {
  const { type, width } = fields[field];
  return prefix === width ? field : `${field} & ${spellValue(type, prefixMask(prefix, width))}`;
}

function fieldOfType(type: NamedSet['type']): { readonly width: number } {
  const found = Object.values(fields).find((field) => field.type === type);
  if (found === undefined) throw new Error(`no field has the type ${type}`);
  return found;
}
