import type { Located, Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { FirewallScope, MatchRuleNode, RuleNode, RuleOptionKey, RuleOptionNode, Word } from '../parser/index.js';
import { nearest } from '../parser/index.js';
import type { Interval } from '../ruleset/index.js';
import { originOf } from '../ruleset/index.js';
import { readAddressSpec } from './address-spec.js';
import type { IcmpType } from './icmp.js';
import { icmpNames, parseIcmpType } from './icmp.js';
import type { LogSetting } from './log-level.js';
import { parseLogLevel } from './log-level.js';
import { parsePortList } from './port-list.js';
import type { Protocol } from './protocol.js';
import { parseProtocol } from './protocol.js';
import type { GroupRule, MatchRule, Rule, RuleDirection } from './site.js';

/** Where a rule stands: what it may say depends on it. */
export type RulePlace = FirewallScope | 'group';

type Given = Partial<Record<RuleOptionKey, RuleOptionNode>>;

const directions = { IN: 'in', OUT: 'out', FORWARD: 'forward' } as const satisfies Record<string, RuleDirection>;
const verdicts = { ACCEPT: 'accept', DROP: 'drop', REJECT: 'reject' } as const;

/**
 * Types a rule's words. Null when the rule is disabled or something about it is wrong; a disabled rule is checked
 * all the same, but what is found in it is only a hint.
 */
export function readRule(node: RuleNode, place: RulePlace, report: Report): Rule | null {
  let failed = false;
  const note: Report = (diagnostic) => {
    if (diagnostic.severity === 'error') failed = true;
    report(node.disabled ? { ...diagnostic, severity: 'hint' } : diagnostic);
  };
  const origin = originOf(node.span);
  const given: Given = Object.fromEntries(node.options.map((option) => [option.key, option]));
  const iface = given.iface === undefined ? null : readInterface(given.iface.value, place, note);
  const rule: Rule =
    node.kind === 'group'
      ? ({ kind: 'group', origin, group: node.group, iface } satisfies GroupRule)
      : { ...readMatches(node, given, note), kind: 'match', origin, iface };
  return failed || node.disabled ? null : rule;
}

function readMatches(node: MatchRuleNode, given: Given, report: Report): Omit<MatchRule, 'kind' | 'origin' | 'iface'> {
  const direction = directions[node.direction.value];
  checkInterface(direction, given, report);
  const protocol = read(given.proto, report, readProtocol);
  // Reported once: what else needs the protocol says nothing more.
  const unreadable = given.proto !== undefined && protocol === null;
  const icmp = protocol?.value.icmp ? protocol : null;
  // The old notation gives the ICMP type as a destination port (spec firewall.md 2.6).
  const oldIcmpType = icmp && given.dport;
  const dport = oldIcmpType ? null : read(given.dport, report, readPorts);
  const sport = read(given.sport, report, readPorts);
  const rule = {
    span: node.span,
    direction,
    verdict: verdicts[node.verdict.value],
    macro: node.macro,
    source: read(given.source, report, readAddressSpec),
    dest: read(given.dest, report, readAddressSpec),
    protocol,
    sport,
    dport,
    icmpType: readIcmp(given['icmp-type'] ?? oldIcmpType ?? undefined, icmp, unreadable, report),
    log: read(given.log, report, readLevel)?.value ?? null,
  };
  checkFamilies(rule, report);
  if (oldIcmpType && given['icmp-type'] !== undefined) {
    report(
      diagnose(
        'rule/icmp-type-twice',
        oldIcmpType.value.span,
        'the ICMP type is given twice, by -dport and by -icmp-type',
        { help: 'leave -dport away' },
      ),
    );
  }
  const withPorts = (sport && given.sport) ?? (dport && given.dport);
  if (withPorts && !unreadable) checkPorts(withPorts, given.proto, protocol, report);
  return rule;
}

function checkInterface(direction: RuleDirection, { iface }: Given, report: Report): void {
  if (direction !== 'forward' || iface === undefined) return;
  report(
    diagnose('rule/iface-not-allowed', iface.keySpan, 'a FORWARD rule cannot name an interface', {
      help: 'match addresses with -source and -dest instead',
    }),
  );
}

/** Ports need a protocol that has them: without the check such a rule would match more than it says. */
function checkPorts(
  { key, value }: RuleOptionNode,
  proto: RuleOptionNode | undefined,
  protocol: Located<Protocol> | null,
  report: Report,
): void {
  if (protocol?.value.ports) return;
  report(
    proto === undefined
      ? diagnose('rule/ports-need-protocol', value.span, `-${key} needs a protocol`, { help: 'add -p tcp or -p udp' })
      : diagnose('rule/protocol-without-ports', value.span, `the protocol \`${proto.value.value}\` has no ports`, {
          help: 'ports go with tcp, udp, udplite, dccp and sctp',
        }),
  );
}

/** Literal addresses of both families in one rule can never match together. */
function checkFamilies(rule: Pick<MatchRule, 'source' | 'dest'>, report: Report): void {
  const families = [rule.source, rule.dest].flatMap((spec) =>
    spec?.value.kind === 'list' ? spec.value.ranges.map(({ family }) => family) : [],
  );
  if (rule.dest !== null && new Set(families).size > 1) {
    report(
      diagnose('value/mixed-families', rule.dest.span, 'source and destination are of different address families', {
        help: 'write one rule for each address family',
      }),
    );
  }
}

function read<T>(
  option: RuleOptionNode | undefined,
  report: Report,
  reader: (word: Word, report: Report) => Located<T> | undefined,
): Located<T> | null {
  return option === undefined ? null : (reader(option.value, report) ?? null);
}

function readProtocol(word: Word, report: Report): Located<Protocol> | undefined {
  const protocol = parseProtocol(word.value);
  // iptables takes protocol 0 for all of them, nft for the hop-by-hop options of IPv6.
  const every = word.value === 'all' || protocol?.number === 0;
  if (protocol !== undefined && !every) return { value: protocol, span: word.span };
  report(
    diagnose('value/bad-protocol', word.span, `\`${word.value}\` is no IP protocol`, {
      help: every
        ? 'leave -p away to match every protocol'
        : 'use a name from /etc/protocols, such as tcp, udp or icmp, or a number from 0 to 255',
    }),
  );
  return undefined;
}

function readPorts(word: Word, report: Report): Located<readonly Interval[]> | undefined {
  const result = parsePortList(word.value);
  if (result.ok) return { value: result.value, span: word.span };
  report(diagnose('value/bad-port', word.span, result.problem, { help: result.help }));
  return undefined;
}

/** The ICMP type `option` gives; `protocol` is the rule's when it is an ICMP protocol. */
function readIcmp(
  option: RuleOptionNode | undefined,
  protocol: Located<Protocol> | null,
  unreadable: boolean,
  report: Report,
): Located<IcmpType> | null {
  if (option === undefined) return null;
  const { value, span } = option.value;
  const family = protocol?.value.family;
  if (!family) {
    if (unreadable) return null;
    report(
      diagnose('rule/icmp-needs-protocol', span, '-icmp-type needs an ICMP protocol', {
        help: 'add -p icmp or -p icmpv6',
      }),
    );
    return null;
  }
  const type = parseIcmpType(value, family);
  if (type !== undefined) return { value: type, span };
  const near = nearest(value, icmpNames(family));
  report(
    diagnose('value/bad-icmp-type', span, `\`${value}\` is no ${family === 4 ? 'ICMP' : 'ICMPv6'} type`, {
      help: near === null ? 'use a type name such as echo-request, or a number from 0 to 255' : `did you mean ${near}?`,
    }),
  );
  return null;
}

function readLevel(word: Word, report: Report): { value: LogSetting; span: Word['span'] } | undefined {
  const level = parseLogLevel(word.value);
  if (level !== undefined) return { value: level, span: word.span };
  report(
    diagnose('value/bad-level', word.span, `\`${word.value}\` is no log level`, {
      help:
        parseLogLevel(word.value.toLowerCase()) === undefined
          ? 'use emerg, alert, crit, err, warning, notice, info, debug or nolog'
          : `write ${word.value.toLowerCase()}`,
    }),
  );
  return undefined;
}

/** The kernel's limit is 15 bytes (IFNAMSIZ); the characters are those Proxmox allows, and `-`. */
function readInterface(word: Word, place: RulePlace, report: Report): Word | null {
  if (place === 'guest') {
    if (/^net([0-9]|[12][0-9]|3[01])$/.test(word.value)) return word;
    report(
      diagnose('rule/bad-interface', word.span, `\`${word.value}\` is no network device of a guest`, {
        help: 'use net0 to net31',
      }),
    );
    return null;
  }
  if (/^[A-Za-z][A-Za-z0-9_.:-]{0,14}$/.test(word.value)) return word;
  report(
    diagnose('rule/bad-interface', word.span, `\`${word.value}\` cannot be the name of an interface`, {
      help: 'use the name of a link of this host, at most 15 letters, digits and _ . : -',
    }),
  );
  return null;
}
