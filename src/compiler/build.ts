import type {
  Interval,
  KeyField,
  Match,
  NameField,
  Origin,
  Rule,
  Statement,
  TableFamily,
  ValueMatch,
  Verdict,
} from '../ruleset/index.js';
import { ctState, one, tcpFlag } from '../ruleset/index.js';
import type { AddressFamily } from '../site/index.js';

/** Short forms for the matches and rules the compiler writes; ethertypes are IEEE's, protocol numbers IANA's. */

export const IPV4 = 0x0800;
export const IPV6 = 0x86dd;
export const ARP = 0x0806;
export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const IGMP = 2;
export const ICMPV6 = 58;

type Numbered = ValueMatch['field'];

export const is = (field: Numbered, ...values: readonly (number | bigint | Interval)[]): ValueMatch => ({
  kind: 'values',
  field,
  negated: false,
  values: values.map((value) => (typeof value === 'object' ? value : one(value))),
});

export const isNot = (field: Numbered, ...values: readonly (number | bigint | Interval)[]): Match => ({
  ...is(field, ...values),
  negated: true,
});

export const inSet = (field: Numbered, set: string): Match => ({ kind: 'set', field, negated: false, set });

export const notInSet = (field: Numbered, set: string): Match => ({ kind: 'set', field, negated: true, set });

export const byName = (field: NameField, ...names: readonly string[]): Match => ({
  kind: 'names',
  field,
  negated: false,
  names,
});

/** The packet is of this address family: the two tables look at it in different ways. */
export const ofFamily = (table: TableFamily, family: AddressFamily): Match =>
  table === 'inet' ? is('meta nfproto', family === 4 ? 2 : 10) : is('meta protocol', family === 4 ? IPV4 : IPV6);

export const state = (...states: readonly (keyof typeof ctState)[]): Match => ({
  kind: 'flags',
  field: 'ct state',
  test: 'any',
  mask: states.reduce((mask, name) => mask | ctState[name], 0),
});

type TcpFlag = keyof typeof tcpFlag;
const bits = (flags: readonly TcpFlag[]): number => flags.reduce((mask, name) => mask | tcpFlag[name], 0);

/** Of the flags in `mask`, exactly those in `set` are on. */
export const tcpFlags = (mask: readonly TcpFlag[], set: readonly TcpFlag[], negated = false): Match => ({
  kind: 'flags',
  field: 'tcp flags',
  test: 'exactly',
  mask: bits(mask),
  value: bits(set),
  negated,
});

export const address = (
  family: AddressFamily,
  direction: 'saddr' | 'daddr',
): 'ip saddr' | 'ip daddr' | 'ip6 saddr' | 'ip6 daddr' => (family === 4 ? `ip ${direction}` : `ip6 ${direction}`);

const counter: Statement = { kind: 'counter' };

export const verdict = (kind: 'accept' | 'drop' | 'return'): Statement => ({ kind: 'verdict', verdict: { kind } });

export const jump = (chain: string): Statement => ({ kind: 'verdict', verdict: { kind: 'jump', chain } });

export const goTo = (chain: string): Verdict => ({ kind: 'goto', chain });

/** The rule that looks the field up in a verdict map. */
export const dispatch = (field: KeyField, map: string): Rule => ({
  matches: [],
  statements: [{ kind: 'dispatch', field, map }],
  origin: null,
});

/** A rule the files imply rather than state; `note` says what it is for. */
export const implied = (note: string, matches: readonly Match[], ...statements: readonly Statement[]): Rule => ({
  matches,
  statements: [counter, ...statements],
  origin: null,
  note,
});

/** A rule that a line asks for. */
export const written = (
  origin: Origin | null,
  matches: readonly Match[],
  ...statements: readonly Statement[]
): Rule => ({
  matches,
  statements: [counter, ...statements],
  origin,
});

/** Router and neighbour messages of ICMPv6 (RFC 4861). */
export const nd = {
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
} as const;
