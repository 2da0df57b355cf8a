import type { Report, Span } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { FirewallTree, LineContent, SectionKind, Word } from '../parser/index.js';
import { readNetwork, readSetMember } from './address-spec.js';
import type { Options, OptionType } from './options.js';
import { clusterSchema, guestSchema, hostSchema, vnetSchema } from './options.js';
import { readRule } from './rule.js';
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
type Content<Kind extends LineContent['kind']> = Extract<LineContent, { kind: Kind }>;

/** A header and the readable lines below it; a repeated OPTIONS, ALIASES or RULES gives a second one. */
interface Section {
  readonly kind: SectionKind;
  readonly name: Word | null;
  readonly lines: readonly LineContent[];
}

export function readCluster(tree: Lines, report: Report): ClusterConfig {
  const sections = sectionsOf(tree);
  return {
    options: readOptions(clusterSchema, sections, report),
    aliases: readAliases(sections, report),
    ipsets: readIpSets(sections, report),
    rules: readRules(sections, 'cluster', report),
    groups: readGroups(sections, report),
  };
}

export function readHost(tree: Lines, report: Report): HostConfig {
  const sections = sectionsOf(tree);
  return { options: readOptions(hostSchema, sections, report), rules: readRules(sections, 'host', report) };
}

export function readGuestFirewall(tree: FirewallTree, report: Report): GuestConfig {
  const sections = sectionsOf(tree);
  return {
    file: tree.file,
    options: readOptions(guestSchema, sections, report),
    aliases: readAliases(sections, report),
    ipsets: readIpSets(sections, report),
    rules: readRules(sections, 'guest', report),
  };
}

export function readVnet(tree: FirewallTree, name: string, report: Report): VnetConfig {
  const sections = sectionsOf(tree);
  return {
    name,
    file: tree.file,
    options: readOptions(vnetSchema, sections, report),
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

/** The content lines of one kind in all sections of a kind. */
function linesOf<Kind extends LineContent['kind']>(
  sections: readonly Section[],
  section: SectionKind,
  kind: Kind,
): Content<Kind>[] {
  return sections
    .filter((candidate) => candidate.kind === section)
    .flatMap(({ lines }) => lines.filter((line) => isKind(line, kind)));
}

const isKind = <Kind extends LineContent['kind']>(line: LineContent, kind: Kind): line is Content<Kind> =>
  line.kind === kind;

function readOptions<Schema extends Readonly<Record<string, OptionType<unknown>>>>(
  schema: Schema,
  sections: readonly Section[],
  report: Report,
): Options<Schema> {
  const settings: Record<string, { value: unknown; span: Span | null }> = {};
  for (const [key, type] of Object.entries(schema)) settings[key] = { value: type.fallback, span: null };
  for (const { key, value } of linesOf(sections, 'options', 'option')) {
    const name = key.value.toLowerCase();
    const type = Object.hasOwn(schema, name) ? schema[name] : undefined;
    // The parser has already refused an option this kind of file does not have.
    if (type === undefined) continue;
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

function readAliases(sections: readonly Section[], report: Report): Alias[] {
  const aliases = linesOf(sections, 'aliases', 'alias').flatMap(({ name, address }): Alias[] => {
    const range = readNetwork(address, report);
    return range === undefined
      ? []
      : [{ name: name.value.toLowerCase(), spelling: name.value, address: range, span: name.span }];
  });
  return firstOfEach('alias', aliases, report);
}

function readIpSets(sections: readonly Section[], report: Report): IpSet[] {
  const sets = sections.flatMap(({ kind, name, lines }): IpSet[] => {
    if (kind !== 'ipset' || name === null) return [];
    const entries = lines.flatMap((line) => (line.kind === 'entry' ? readEntry(line, report) : []));
    return [{ name: name.value.toLowerCase(), spelling: name.value, span: name.span, entries }];
  });
  return firstOfEach('IP set', sets, report);
}

function readEntry(line: Content<'entry'>, report: Report): SetEntry[] {
  const member = readSetMember(line.member, report);
  return member === undefined ? [] : [{ nomatch: line.nomatch, member, span: line.member.span }];
}

function readRules(sections: readonly Section[], place: 'cluster' | 'host' | 'guest' | 'vnet', report: Report): Rule[] {
  return linesOf(sections, 'rules', 'rule').flatMap(({ rule }) => readRule(rule, place, report) ?? []);
}

function readGroups(sections: readonly Section[], report: Report): Group[] {
  const groups = sections.flatMap(({ kind, name, lines }): Group[] => {
    if (kind !== 'group' || name === null) return [];
    const rules = lines.flatMap((line) => (line.kind === 'rule' ? (readRule(line.rule, 'group', report) ?? []) : []));
    return [{ name: name.value.toLowerCase(), spelling: name.value, span: name.span, rules }];
  });
  return firstOfEach('security group', groups, report);
}

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
