import type { Direction, FirewallScope, RuleOptionKey, RuleVerdict, SectionKind } from './tree.js';

/** The words of firewall files, as in the specification's sections 1.3, 2 and 3. */

export const SECTIONS: ReadonlyMap<string, SectionKind> = new Map([
  ['OPTIONS', 'options'],
  ['ALIASES', 'aliases'],
  ['IPSET', 'ipset'],
  ['RULES', 'rules'],
  ['GROUP', 'group'],
]);

export const SECTIONS_OF: Readonly<Record<FirewallScope, readonly SectionKind[]>> = {
  cluster: ['options', 'aliases', 'ipset', 'rules', 'group'],
  host: ['options', 'rules'],
  guest: ['options', 'aliases', 'ipset', 'rules'],
  vnet: ['options', 'rules'],
};

/** A scope in words, for messages. */
export const FILE_OF: Readonly<Record<FirewallScope, string>> = {
  cluster: 'cluster.fw',
  host: 'host.fw',
  guest: "a guest's file",
  vnet: "a vnet's file",
};

/** The options each kind of file has. What they mean and how they are read is the site room's business. */
const optionKeys = {
  cluster: ['enable', 'ebtables', 'policy_in', 'policy_out', 'policy_forward', 'log_ratelimit'],
  host: [
    'enable',
    'nftables',
    'log_level_in',
    'log_level_out',
    'log_level_forward',
    'nosmurfs',
    'smurf_log_level',
    'tcpflags',
    'tcp_flags_log_level',
    'ndp',
    'nf_conntrack_allow_invalid',
    'nf_conntrack_max',
    'nf_conntrack_tcp_timeout_established',
    'nf_conntrack_tcp_timeout_syn_recv',
    'nf_conntrack_helpers',
    'protection_synflood',
    'protection_synflood_rate',
    'protection_synflood_burst',
    'log_nf_conntrack',
    'protection_limit',
  ],
  guest: [
    'enable',
    'dhcp',
    'ndp',
    'radv',
    'macfilter',
    'ipfilter',
    'policy_in',
    'policy_out',
    'policy_forward',
    'log_level_in',
    'log_level_out',
    'ips',
    'ips_queues',
    'layer2_protocols',
  ],
  vnet: ['enable', 'policy_forward', 'log_level_forward'],
} as const satisfies Readonly<Record<FirewallScope, readonly string[]>>;

/** The name of an option of one kind of file: whoever reads options has to know each of them. */
export type OptionKey<Scope extends FirewallScope> = (typeof optionKeys)[Scope][number];

export const OPTIONS_OF: Readonly<Record<FirewallScope, ReadonlySet<string>>> = {
  cluster: new Set(optionKeys.cluster),
  host: new Set(optionKeys.host),
  guest: new Set(optionKeys.guest),
  vnet: new Set(optionKeys.vnet),
};

/** Options whose value is a log level. An empty level means `nolog`. */
export const LEVEL_OPTIONS: ReadonlySet<string> = new Set([
  'log_level_in',
  'log_level_out',
  'log_level_forward',
  'smurf_log_level',
  'tcp_flags_log_level',
]);

export const DIRECTIONS: ReadonlyMap<string, Direction> = new Map([
  ['IN', 'IN'],
  ['OUT', 'OUT'],
  ['FORWARD', 'FORWARD'],
]);

export const VERDICTS: ReadonlyMap<string, RuleVerdict> = new Map([
  ['ACCEPT', 'ACCEPT'],
  ['DROP', 'DROP'],
  ['REJECT', 'REJECT'],
]);

/** Match options by the name that follows the dashes. */
export const RULE_OPTIONS: ReadonlyMap<string, RuleOptionKey> = new Map([
  ['i', 'iface'],
  ['iface', 'iface'],
  ['source', 'source'],
  ['dest', 'dest'],
  ['p', 'proto'],
  ['proto', 'proto'],
  ['dport', 'dport'],
  ['sport', 'sport'],
  ['log', 'log'],
  ['icmp-type', 'icmp-type'],
]);

/** The spelling Proxmox writes, in the order it writes them. */
export const CANONICAL_OPTIONS: readonly (readonly [key: RuleOptionKey, spelling: string])[] = [
  ['iface', '-i'],
  ['source', '-source'],
  ['dest', '-dest'],
  ['proto', '-p'],
  ['dport', '-dport'],
  ['sport', '-sport'],
  ['log', '-log'],
  ['icmp-type', '-icmp-type'],
];

export const LOG_LEVELS: ReadonlySet<string> = new Set([
  'emerg',
  'alert',
  'crit',
  'err',
  'warning',
  'notice',
  'info',
  'debug',
  'nolog',
]);

/** Words of other firewalls, and what they are called here. */
export const FOREIGN_WORDS: ReadonlyMap<string, string> = new Map([
  ['INPUT', 'IN'],
  ['OUTPUT', 'OUT'],
  ['ALLOW', 'ACCEPT'],
  ['PERMIT', 'ACCEPT'],
  ['DENY', 'DROP'],
  ['BLOCK', 'DROP'],
  ['SRC', 'source'],
  ['DST', 'dest'],
  ['DESTINATION', 'dest'],
  ['PROTOCOL', 'proto'],
]);

const NAME = /^[A-Za-z][A-Za-z0-9_-]+$/;

/** What a section or alias may be called; both ends included (specification 1.4). */
export const NAME_LENGTHS = { group: [2, 18], ipset: [2, 64], alias: [2, 64] } as const;

/** Why a name cannot be used, or null when it can. */
export function nameProblem(name: string, thing: keyof typeof NAME_LENGTHS): string | null {
  const [shortest, longest] = NAME_LENGTHS[thing];
  if (name.length < shortest || name.length > longest) {
    return `has ${name.length} ${name.length === 1 ? 'character' : 'characters'}, not ${shortest} to ${longest}`;
  }
  return NAME.test(name) ? null : 'is not a letter followed by letters, digits, `_` and `-`';
}
