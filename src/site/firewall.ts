import type { Report, Span } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { FirewallTree, LineContent, SectionKind, Subject, Word } from '../parser/index.js';
import { readNetwork, readSetMember } from './address-spec.js';
import type { Options, OptionType } from './options.js';
import { clusterSchema, guestSchema, hostSchema, vnetSchema } from './options.js';
import { type RulePlace, readRule } from './rule.js';
import type {
  Alias,
  ClusterConfig,
  Group,
  GuestConfig,
  HostConfig,
  IpSet,
  Rule,
  SetEntry,
  VnetConfig,
} from './site.js';

type Lines = Pick<FirewallTree, 'lines'>;

/** A header and the readable lines below it; a repeated OPTIONS, ALIASES or RULES gives a second one. */
interface Section {
  readonly kind: SectionKind;
  readonly name: Word | null;
  readonly lines: readonly LineContent[];
}

export function readCluster(tree: Lines, report: Report): ClusterConfig {
  const sections = sectionsOf(tree);
  return {
    options: readOptions(clusterSchema, tree, report),
    aliases: readAliases(tree, report),
    ipsets: readIpSets(tree, sections, report),
    rules: readRules(sections, 'cluster', report),
    groups: readGroups(sections, report),
  };
}

export function readHost(tree: Lines, report: Report): HostConfig {
  const sections = sectionsOf(tree);
  return { options: readOptions(hostSchema, tree, report), rules: readRules(sections, 'host', report) };
}

export function readGuestFirewall(tree: FirewallTree, report: Report): GuestConfig {
  const sections = sectionsOf(tree);
  return {
    file: tree.file,
    options: readOptions(guestSchema, tree, report),
    aliases: readAliases(tree, report),
    ipsets: readIpSets(tree, sections, report),
    rules: readRules(sections, 'guest', report),
  };
}

export function readVnet(tree: FirewallTree, name: string, report: Report): VnetConfig {
  const sections = sectionsOf(tree);
  return {
    name,
    file: tree.file,
    options: readOptions(vnetSchema, tree, report),
    rules: readRules(sections, 'vnet', report),
  };
}

function sectionsOf(tree: Lines): Section[] {
  const sections: { kind: SectionKind; name: Word | null; lines: LineContent[] }[] = [];
  for (const { content } of tree.lines) {
    if (content.kind === 'header') sections.push({ kind: content.section, name: content.name, lines: [] });
    else sections.at(-1)?.lines.push(content);
  }
  return sections;
}

/** What the lines that cannot be read say nothing more of. */
function subjectsOf<Kind extends Subject['kind']>({ lines }: Lines, kind: Kind): Extract<Subject, { kind: Kind }>[] {
  const isOf = (subject: Subject): subject is Extract<Subject, { kind: Kind }> => subject.kind === kind;
  return lines
    .flatMap(({ content }) => (content.kind === 'inert' && content.about !== undefined ? [content.about] : []))
    .filter(isOf);
}

function readOptions<Schema extends Readonly<Record<string, OptionType<unknown>>>>(
  schema: Schema,
  { lines }: Lines,
  report: Report,
): Options<Schema> {
  const settings: Record<string, { value: unknown; span: Span | null }> = {};
  for (const [key, type] of Object.entries(schema)) settings[key] = { value: type.fallback, span: null };
  for (const { content } of lines) {
    const about = content.kind === 'inert' ? content.about : undefined;
    const name = content.kind === 'option' ? content.key.value : about?.kind === 'option' ? about.name : null;
    const type = name !== null && Object.hasOwn(schema, name) ? schema[name] : undefined;
    // The parser has already refused an option this kind of file does not have.
    if (name === null || type === undefined) continue;
    if (content.kind !== 'option') {
      settings[name] = { value: type.unreadable ?? type.fallback, span: about?.span ?? null };
      continue;
    }
    const { key, value } = content;
    const read = type.read(value.value);
    if (read === undefined) {
      report(
        diagnose('value/bad-option', value.span, `\`${value.value}\` is no value of ${name}`, {
          help: `use ${type.expected}`,
        }),
      );
      settings[name] = { value: type.unreadable ?? type.fallback, span: key.span };
      continue;
    }
    settings[name] = {
      value: read,
      span: { ...key.span, endLine: value.span.endLine, endColumn: value.span.endColumn },
    };
    if (type.elsewhere !== undefined) {
      report(diagnose('option/no-effect', key.span, `${name} has no effect: ${type.elsewhere}`));
    }
  }
  // Every key of the schema was given a setting with the value its own reader returned.
  return settings as Options<Schema>;
}

/** A name counts as declared by a line that cannot be read, unless another line declares it. */
function readAliases(tree: Lines, report: Report): Alias[] {
  const declared = tree.lines.flatMap(({ content }): Alias[] => {
    if (content.kind !== 'alias') return [];
    const { name, address } = content;
    return [{ ...nameOf(name), address: readNetwork(address, report) ?? null, span: name.span }];
  });
  const readable = firstOfEach(
    'alias',
    declared.filter(({ address }) => address !== null),
    report,
  );
  const unreadable = [
    ...declared.filter(({ address }) => address === null),
    ...subjectsOf(tree, 'alias').map(({ name, span }): Alias => ({ ...nameOf({ value: name }), address: null, span })),
  ];
  return [...readable, ...onlyThere(unreadable, readable)];
}

const nameOf = ({ value }: Pick<Word, 'value'>) => ({ name: value.toLowerCase(), spelling: value });

/** Those that stand for no name of `others`, one for each name. */
function onlyThere<T extends { readonly name: string }>(items: readonly T[], others: readonly T[]): T[] {
  const taken = new Set(others.map(({ name }) => name));
  return items.filter(({ name }) => !taken.has(name) && taken.add(name));
}

/** As with aliases: a set whose header cannot be read is declared, and what it holds is not known. */
function readIpSets(tree: Lines, sections: readonly Section[], report: Report): IpSet[] {
  const sets = sections.flatMap(({ kind, name, lines }): IpSet[] => {
    if (kind !== 'ipset' || name === null) return [];
    return [{ ...nameOf(name), span: name.span, ...readEntries(lines, report) }];
  });
  const readable = firstOfEach('IP set', sets, report);
  const unreadable = subjectsOf(tree, 'ipset').map(
    ({ name, span }): IpSet => ({ ...nameOf({ value: name }), span, entries: [], unclear: span }),
  );
  return [...readable, ...onlyThere(unreadable, readable)];
}

function readEntries(lines: readonly LineContent[], report: Report): Pick<IpSet, 'entries' | 'unclear'> {
  const entries: SetEntry[] = [];
  let unclear: Span | null = null;
  for (const line of lines) {
    if (line.kind === 'entry') {
      const { nomatch, member: word } = line;
      const member = readSetMember(word, report);
      if (member !== undefined) entries.push({ nomatch, member, span: word.span });
      else if (nomatch) unclear ??= word.span;
    } else if (line.kind === 'inert' && line.about?.kind === 'exclusion') {
      unclear ??= line.about.span;
    }
  }
  return { entries, unclear };
}

function readRules(sections: readonly Section[], place: RulePlace, report: Report): Rule[] {
  return sections.filter(({ kind }) => kind === 'rules').flatMap(({ lines }) => readRulesOf(lines, place, report));
}

function readGroups(sections: readonly Section[], report: Report): Group[] {
  const groups = sections.flatMap(({ kind, name, lines }): Group[] => {
    if (kind !== 'group' || name === null) return [];
    return [{ ...nameOf(name), span: name.span, rules: readRulesOf(lines, 'group', report) }];
  });
  return firstOfEach('security group', groups, report);
}

const readRulesOf = (lines: readonly LineContent[], place: RulePlace, report: Report): Rule[] =>
  lines.flatMap((line) => (line.kind === 'rule' ? (readRule(line.rule, place, report) ?? []) : []));

/** Of several declarations of a name the first one counts; names are compared without case. */
function firstOfEach<T extends { readonly name: string; readonly spelling: string; readonly span: Span }>(
  what: string,
  declared: readonly T[],
  report: Report,
): T[] {
  const first = new Map<string, T>();
  for (const item of declared) {
    const earlier = first.get(item.name);
    if (earlier === undefined) {
      first.set(item.name, item);
    } else {
      report(
        diagnose(
          'name/declared-twice',
          item.span,
          `the ${what} \`${item.spelling}\` is declared twice; this one is ignored`,
          {
            help: 'rename or remove one of them',
            related: [{ message: 'first declared here', span: earlier.span }],
          },
        ),
      );
    }
  }
  return [...first.values()];
}
