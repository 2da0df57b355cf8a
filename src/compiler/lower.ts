import type { Diagnostic, Located, Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Match, Rule, Statement, TableFamily } from '../ruleset/index.js';
import { merge } from '../ruleset/index.js';
import type { AddressFamily, AddressSpec, MatchRule, Policy, RuleDirection, Rule as SiteRule } from '../site/index.js';
import { address, byName, inSet, is, jump, ofFamily, verdict, written } from './build.js';
import type { GroupUse } from './group.js';
import type { LogPlace } from './log.js';
import { logRule } from './log.js';
import type { Traffic } from './macros.js';
import { trafficOf } from './macros.js';
import type { Names } from './names.js';
import { unclearSet } from './names.js';
import type { SetUse } from './set-use.js';

/** Where rules are lowered to: what differs between host and guest, in and out. */
export interface Place {
  readonly table: TableFamily;
  readonly direction: RuleDirection;
  readonly names: Names;
  readonly sets: SetUse;
  readonly groups: GroupUse;
  readonly log: LogPlace;
  /** What REJECT becomes here: a jump to the reject chain, or a drop where the kernel cannot answer. */
  readonly reject: Statement;
  /** The link behind the value of `-i`; undefined, with a report, when there is none. */
  readonly link: (iface: Located<string>) => string | undefined;
  readonly report: Report;
}

/** The rules of the place's direction, in file order; GROUP lines become jumps. */
export function lowerRules(rules: readonly SiteRule[], place: Place): Rule[] {
  return rules.flatMap((rule) => {
    if (rule.kind === 'group') return lowerGroup(rule, place);
    return rule.direction === place.direction ? lowerRule(rule, place) : [];
  });
}

/** One rule becomes one kernel rule for each kind of traffic and each family that can meet all its conditions. */
export function lowerRule(rule: MatchRule, place: Place): Rule[] {
  const iface = ifaceMatch(rule.iface, place);
  const traffic = trafficOf(rule, place.report);
  const source = addressCondition(rule.source, 'saddr', place);
  const dest = addressCondition(rule.dest, 'daddr', place);
  if (iface === undefined || traffic === undefined || source === undefined || dest === undefined) return [];
  const unclear = source.unclear ?? dest.unclear;
  if (rule.verdict === 'accept' && unclear !== null) {
    place.report(unclear);
    return [];
  }
  const conditions = traffic.flatMap((kind) => combine(kind, source, dest, place.table));
  if (conditions.length === 0) {
    const empty = emptySet(rule.source, source) ?? emptySet(rule.dest, dest);
    place.report(
      diagnose('rule/never-matches', rule.span, 'no packet can meet all conditions of this rule', {
        help:
          empty === undefined
            ? 'source, destination and protocol must have an address family in common'
            : `\`${empty}\` is empty`,
      }),
    );
  }
  return conditions.flatMap((matches) => {
    const all = [...iface, ...matches];
    return [
      ...logRule(rule.log, place.log, rule.verdict.toUpperCase(), all, rule.origin),
      written(rule.origin, all, decide(rule.verdict, place)),
    ];
  });
}

/** The set of the option as written, when it holds no address at all. */
function emptySet(spec: Located<AddressSpec> | null, condition: AddressCondition): string | undefined {
  if (spec?.value.kind !== 'set' || condition.canHold(4) || condition.canHold(6)) return undefined;
  return spec.value.text;
}

export const decide = (policy: Policy, place: Pick<Place, 'reject'>): Statement =>
  policy === 'reject' ? place.reject : verdict(policy);

function lowerGroup(rule: Extract<SiteRule, { kind: 'group' }>, place: Place): Rule[] {
  const group = place.names.group(rule.group);
  const iface = ifaceMatch(rule.iface, place);
  if (group === undefined || iface === undefined) return [];
  const chain = place.groups.chain(group, place.direction);
  if (chain === null) return [];
  if (rule.iface !== null && place.direction === 'forward') {
    place.report(
      diagnose(
        'rule/group-not-forwarded',
        rule.iface.span,
        `the FORWARD rules of ${group.spelling} are left out here`,
        {
          help: 'a forwarded packet has two links: call the group without -i for its FORWARD rules',
        },
      ),
    );
    return [];
  }
  return [written(rule.origin, iface, jump(chain))];
}

/** The interface condition: none, one, or undefined when the rule names an interface that is not there. */
function ifaceMatch(iface: Located<string> | null, place: Place): readonly Match[] | undefined {
  if (iface === null) return [];
  const link = place.link(iface);
  if (link === undefined) return undefined;
  // A guest's IN rule looks at the port the packet leaves the bridge by, and that is the guest's own.
  const leaving = place.table === 'inet' ? place.direction === 'out' : place.direction === 'in';
  return [byName(leaving ? 'oifname' : 'iifname', link)];
}

/** The condition an address option makes: `matches` is only asked for families in which it can hold. */
interface AddressCondition {
  /** No option was given: it holds everywhere, and there is nothing to match. */
  readonly free: boolean;
  readonly canHold: (family: AddressFamily) => boolean;
  readonly matches: (family: AddressFamily) => readonly Match[];
  /** Why nothing can be accepted under it: it may hold for less than it matches. */
  readonly unclear: Diagnostic | null;
}

const FREE: AddressCondition = { free: true, canHold: () => true, matches: () => [], unclear: null };

function addressCondition(
  spec: Located<AddressSpec> | null,
  direction: 'saddr' | 'daddr',
  place: Place,
): AddressCondition | undefined {
  if (spec === null) return FREE;
  const { value, span } = spec;
  switch (value.kind) {
    case 'list':
      return rangeCondition(value.ranges, direction);
    case 'alias': {
      const range = place.names.alias({ value, span });
      return range && rangeCondition([range], direction);
    }
    case 'set': {
      const set = place.names.set({ value, span });
      return (
        set && {
          free: false,
          canHold: (family) => set.content[family].length > 0,
          matches: (family) => {
            const name = place.sets.use(set, family);
            if (name === null) throw new Error(`the set ${set.key} is empty for IPv${family}`);
            return [inSet(address(family, direction), name)];
          },
          unclear: set.unclear && unclearSet(value.text, span, set.unclear, 'this rule accepts nothing'),
        }
      );
    }
  }
}

function rangeCondition(
  ranges: Extract<AddressSpec, { kind: 'list' }>['ranges'],
  direction: 'saddr' | 'daddr',
): AddressCondition {
  const intervals = (family: AddressFamily) =>
    merge(ranges.filter((range) => range.family === family).map(({ interval }) => interval));
  return {
    free: false,
    canHold: (family) => ranges.some((range) => range.family === family),
    matches: (family) => [{ ...is(address(family, direction)), values: intervals(family) }],
    unclear: null,
  };
}

/** All conditions together, once for each family that has them all, or once for both where none names a family. */
function combine(traffic: Traffic, source: AddressCondition, dest: AddressCondition, table: TableFamily): Match[][] {
  if (traffic.family === null && source.free && dest.free) return [trafficMatches(traffic)];
  return ([4, 6] as const).flatMap((family) => {
    if (traffic.family !== null && traffic.family !== family) return [];
    if (!source.canHold(family) || !dest.canHold(family)) return [];
    const addresses = [...source.matches(family), ...dest.matches(family)];
    const impliesFamily = addresses.length > 0 || traffic.icmp?.type != null;
    return [[...addresses, ...(impliesFamily ? [] : [ofFamily(table, family)]), ...trafficMatches(traffic)]];
  });
}

function trafficMatches({ family, protocol, sport, dport, icmp }: Traffic): Match[] {
  if (family !== null && icmp !== null && icmp.type !== null) {
    const name = family === 4 ? 'icmp' : 'icmpv6';
    return [is(`${name} type`, icmp.type), ...(icmp.code === null ? [] : [is(`${name} code`, icmp.code)])];
  }
  return [
    ...(protocol === null ? [] : [is('meta l4proto', protocol)]),
    ...(sport === null ? [] : [is('th sport', ...sport)]),
    ...(dport === null ? [] : [is('th dport', ...dport)]),
  ];
}
