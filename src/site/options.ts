import type { Span } from '../diagnostics/index.js';
import type { FirewallScope, OptionKey } from '../parser/index.js';
import type { LimitUnit } from '../ruleset/index.js';
import { type ConntrackHelper, conntrackHelpers, parseConntrackHelpers } from './conntrack-helper.js';
import { parseEthertypes } from './ethertype.js';
import type { LogSetting } from './log-level.js';
import { parseLogLevel } from './log-level.js';

/** An option's value and, when a line sets it, where. */
export interface Setting<T> {
  readonly value: T;
  readonly span: Span | null;
}

export type Policy = 'accept' | 'drop' | 'reject';

/** How a rule set limits its log statements; null is without limit. */
export type LogLimit = { readonly rate: number; readonly unit: LimitUnit; readonly burst: number } | null;

/** The numbers of the nfqueues from `first` to `last`, 0 to 65535. */
export interface Queues {
  readonly first: number;
  readonly last: number;
}

/** How one option is read. */
export interface OptionType<T> {
  readonly read: (text: string) => T | undefined;
  /** What a good value looks like, for the help of a bad one. */
  readonly expected: string;
  readonly fallback: T;
  /** What holds when the value cannot be read, where the default would filter less than somebody may have meant. */
  readonly unreadable?: T;
  /** The option steers another implementation only: why it has no effect here. */
  readonly elsewhere?: string;
}

/** The options of one kind of file, all of them: what no line sets has its default. */
export type Options<Schema> = {
  readonly [Key in keyof Schema]: Schema[Key] extends OptionType<infer T> ? Setting<T> : never;
};

/** A reader for each option a kind of file has, no more and no fewer. */
type Schema<Scope extends FirewallScope> = Readonly<Record<OptionKey<Scope>, OptionType<unknown>>>;

const words: Readonly<Record<string, boolean>> = {
  '1': true,
  yes: true,
  on: true,
  true: true,
  '0': false,
  no: false,
  off: false,
  false: false,
};

/** A switch in any of its spellings; undefined when it is none. */
export function parseSwitch(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

const bool = (fallback: boolean): OptionType<boolean> => ({
  read: parseSwitch,
  expected: '0 or 1',
  fallback,
});

const wholeNumber = (fallback: number | null): OptionType<number | null> => ({
  read: (text) => (/^[0-9]{1,15}$/.test(text) ? Number(text) : undefined),
  expected: 'a whole number',
  fallback,
});

/** A number between two bounds, both included. */
const numberFrom = <T extends number | null>(first: number, last: number, fallback: T): OptionType<number | T> => ({
  read: (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= first && value <= last ? value : undefined;
  },
  expected: `a whole number from ${first} to ${last}`,
  fallback,
});

const policy = (fallback: Policy): OptionType<Policy> => ({
  read: (value) => {
    const lower = value.toLowerCase();
    return lower === 'accept' || lower === 'drop' || lower === 'reject' ? lower : undefined;
  },
  expected: 'ACCEPT, DROP or REJECT',
  fallback,
  unreadable: 'drop',
});

const level: OptionType<LogSetting> = {
  read: (value) => (value === '' ? null : parseLogLevel(value.toLowerCase())),
  expected: 'emerg, alert, crit, err, warning, notice, info, debug or nolog',
  fallback: null,
};

/** 0 is off, 1 is on, more is the Unix time in seconds at which a trial began (spec firewall.md 3.1). */
const enableOrTime: OptionType<number> = {
  read: (value) => {
    const on = parseSwitch(value);
    if (on !== undefined) return on ? 1 : 0;
    return /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined;
  },
  expected: '0 or 1',
  fallback: 0,
  unreadable: 1,
};

const logLimit: OptionType<LogLimit> = {
  read: parseLogLimit,
  expected: 'enable=1,rate=1/second,burst=5',
  fallback: { rate: 1, unit: 'second', burst: 5 },
};

const queues: OptionType<Queues> = {
  read: (value) => {
    const [, first, last = first] = /^([0-9]{1,5})(?::([0-9]{1,5}))?$/.exec(value) ?? [];
    const range = { first: Number(first), last: Number(last) };
    return range.first <= range.last && range.last <= 0xffff ? range : undefined;
  },
  expected: 'a queue number from 0 to 65535, or first:last',
  fallback: { first: 0, last: 0 },
};

/** Of unreadable names nobody knows which frames they would let pass: none, then. */
const ethertypeList: OptionType<readonly number[] | null> = {
  read: parseEthertypes,
  expected: 'names of ethertypes such as ARP,LLDP, or their numbers such as 0x88cc',
  fallback: null,
  unreadable: [],
};

const helpers: OptionType<readonly ConntrackHelper[]> = {
  read: parseConntrackHelpers,
  expected: `a list of ${conntrackHelpers.slice(0, -1).join(', ')} and ${conntrackHelpers.at(-1)}`,
  fallback: [],
};

export const clusterSchema = {
  enable: enableOrTime,
  ebtables: { ...bool(true), elsewhere: 'frames are always filtered in the nftables bridge family' },
  policy_in: policy('drop'),
  policy_out: policy('accept'),
  policy_forward: policy('accept'),
  log_ratelimit: logLimit,
} satisfies Schema<'cluster'>;

/** What iptables can count, in packets and in packets a second (xt_hashlimit.h, XT_HASHLIMIT_SCALE_v2). */
const MAX_RATE = 1_000_000;

export const hostSchema = {
  enable: bool(true),
  nftables: { ...bool(false), elsewhere: 'ringwall always compiles to nftables' },
  log_level_in: level,
  log_level_out: level,
  log_level_forward: level,
  nosmurfs: bool(true),
  smurf_log_level: level,
  tcpflags: { ...bool(false), unreadable: true },
  tcp_flags_log_level: level,
  ndp: bool(true),
  nf_conntrack_allow_invalid: bool(false),
  // Lower bounds are Proxmox's (spec firewall.md 3.2). The kernel's own upper ones: an int, and as many seconds as still
  // fit an int when counted in thousandths (nf_conntrack_standalone.c; proc_dointvec_jiffies with HZ of 1000).
  nf_conntrack_max: numberFrom(32_768, 2_147_483_647, null),
  nf_conntrack_tcp_timeout_established: numberFrom(7875, 2_147_483, null),
  nf_conntrack_tcp_timeout_syn_recv: numberFrom(30, 60, null),
  nf_conntrack_helpers: helpers,
  protection_synflood: { ...bool(false), unreadable: true },
  protection_synflood_rate: numberFrom(1, MAX_RATE, 200),
  protection_synflood_burst: numberFrom(1, MAX_RATE, 1000),
  protection_limit: { ...wholeNumber(null), elsewhere: 'no implementation gives it a meaning' },
  log_nf_conntrack: {
    ...bool(false),
    elsewhere:
      'Proxmox’s logger writes connections when /var/lib/pve-firewall/log_nf_conntrack holds a 1: write it, then run `systemctl reload-or-restart pvefw-logger`',
  },
} satisfies Schema<'host'>;

export const guestSchema = {
  enable: { ...bool(false), unreadable: true },
  dhcp: bool(true),
  ndp: bool(true),
  radv: bool(false),
  macfilter: bool(true),
  ipfilter: { ...bool(false), unreadable: true },
  policy_in: policy('drop'),
  policy_out: policy('accept'),
  policy_forward: { ...policy('accept'), elsewhere: 'forwarded traffic has no guest policy' },
  log_level_in: level,
  log_level_out: level,
  ips: bool(false),
  ips_queues: queues,
  layer2_protocols: ethertypeList,
} satisfies Schema<'guest'>;

export const vnetSchema = {
  enable: { ...bool(false), unreadable: true },
  policy_forward: policy('accept'),
  log_level_forward: level,
} satisfies Schema<'vnet'>;

export type ClusterOptions = Options<typeof clusterSchema>;
export type HostOptions = Options<typeof hostSchema>;
export type GuestOptions = Options<typeof guestSchema>;
export type VnetOptions = Options<typeof vnetSchema>;

const isUnit = (unit: string): unit is LimitUnit => ['second', 'minute', 'hour', 'day'].includes(unit);

/** `[enable=]B[,rate=N/U][,burst=N]` in any order (spec firewall.md 3.1); a burst of 0 keeps the default. */
function parseLogLimit(value: string): LogLimit | undefined {
  let enable = true;
  let limit: NonNullable<LogLimit> = { rate: 1, unit: 'second', burst: 5 };
  for (const [index, item] of value.split(',').entries()) {
    const equals = item.indexOf('=');
    const key = equals < 0 ? (index === 0 ? 'enable' : '') : item.slice(0, equals);
    const content = item.slice(equals + 1);
    if (key === 'enable') {
      const on = parseSwitch(content);
      if (on === undefined) return undefined;
      enable = on;
    } else if (key === 'rate') {
      const [, rate, unit = 'second'] = /^([1-9][0-9]{0,8})(?:\/([a-z]+))?$/.exec(content) ?? [];
      if (rate === undefined || !isUnit(unit)) return undefined;
      limit = { ...limit, rate: Number(rate), unit };
    } else if (key === 'burst') {
      if (!/^[0-9]{1,9}$/.test(content)) return undefined;
      if (Number(content) > 0) limit = { ...limit, burst: Number(content) };
    } else {
      return undefined;
    }
  }
  return enable ? limit : null;
}
