import type { Chain, Match, Rule, Statement, TableFamily } from '../ruleset/index.js';
import { originOf, REJECT_CHAIN, range, UNANSWERED_CHAIN } from '../ruleset/index.js';
import type { AddressFamily, LogSetting, Policy, RuleDirection, Setting } from '../site/index.js';
import {
  address,
  ICMP,
  ICMPV6,
  implied,
  inSet,
  is,
  jump,
  ofFamily,
  state,
  TCP,
  tcpFlags,
  UDP,
  verdict,
} from './build.js';
import type { LogPlace } from './log.js';
import { logRule } from './log.js';
import type { Place } from './lower.js';
import { decide } from './lower.js';

export const toReject: Statement = jump(REJECT_CHAIN);
export const toUnanswered: Statement = jump(UNANSWERED_CHAIN);

/**
 * What REJECT becomes on a bridge. There the kernel answers in prerouting and input alone (nft_reject_bridge_validate), and
 * not where bridges forward and where what reaches a guest is judged.
 */
export const rejectInBridge = (direction: RuleDirection): Statement => (direction === 'out' ? toReject : toUnanswered);

/**
 * What a closing policy does with the noise it singles out, and with TCP port 43, which DROP refuses too; `silent` is DROP
 * and `unanswered` is REJECT where the kernel cannot answer.
 */
const noiseEnds = {
  drop: { noise: verdict('drop'), port43: toReject },
  reject: { noise: toReject, port43: toReject },
  silent: { noise: verdict('drop'), port43: verdict('drop') },
  unanswered: { noise: toUnanswered, port43: toUnanswered },
} as const;
export type NoiseEnd = keyof typeof noiseEnds;

/** The chain with the noise a closing policy ends without a log entry. */
export const noiseChain = (end: NoiseEnd): string => `noise-${end}`;

/** How a chain ends (spec firewall.md 7.1.5): noise filter, log, verdict; an ACCEPT policy has none of the first two. */
export function policyRules(
  name: string,
  policy: Setting<Policy>,
  level: LogSetting,
  place: Pick<Place, 'reject' | 'log'>,
): Rule[] {
  const origin = policy.span && originOf(policy.span);
  const end: Rule = { matches: [], statements: [{ kind: 'counter' }, decide(policy.value, place)], origin, note: name };
  if (policy.value === 'accept') return [end];
  const silent = { drop: 'silent', reject: 'unanswered' } as const;
  const noise = place.reject === toUnanswered ? silent[policy.value] : policy.value;
  return [
    { matches: [], statements: [jump(noiseChain(noise))], origin: null, note: 'noise' },
    ...logRule(level, place.log, `policy ${policy.value.toUpperCase()}`, [], origin, name),
    end,
  ];
}

/** What a refused packet is answered with (spec firewall.md 2.2): nothing for broadcast, multicast sources and ICMP. */
export function rejectChain(): Chain {
  return {
    name: REJECT_CHAIN,
    rules: [
      implied('reject', [is('meta pkttype', 1, 2)], verdict('drop')),
      implied('reject', [is('ip saddr', range(0xe0000000n, 0xefffffffn))], verdict('drop')),
      implied('reject', [is('meta l4proto', ICMP, ICMPV6)], verdict('drop')),
      implied('reject', [is('meta l4proto', TCP)], { kind: 'reject', with: 'tcp reset' }),
      implied('reject', [is('meta l4proto', UDP)], { kind: 'reject', with: 'port-unreachable' }),
      implied('reject', [], { kind: 'reject', with: 'admin-prohibited' }),
    ],
  };
}

/** Where a refused packet goes that cannot be answered. */
export const unansweredChain = (): Chain => ({
  name: UNANSWERED_CHAIN,
  rules: [implied('reject without an answer', [], verdict('drop'))],
});

/**
 * Traffic every network is full of. A few ICMP errors are accepted here, the rest ends without a log entry
 * (spec firewall.md 7.1.5). The bridge family has no routing lookup: there the frame's own type says broadcast.
 */
export function noiseRules(table: TableFamily, end: NoiseEnd): Chain {
  const drop = verdict('drop');
  const { noise: refuse, port43 } = noiseEnds[end];
  const udp = (...ports: Parameters<typeof is>[1][]): Match[] => [is('meta l4proto', UDP), is('th dport', ...ports)];
  const rule = (matches: readonly Match[], statement: Statement): Rule => implied('noise', matches, statement);
  const broadcast: Rule[] =
    table === 'inet'
      ? [rule([ofFamily(table, 4), is('fib daddr type', 3, 4, 5)], drop)]
      : [rule([ofFamily(table, 4), is('meta pkttype', 1, 2)], drop)];
  return {
    name: noiseChain(end),
    rules: [
      rule([ofFamily(table, 6), is('meta l4proto', TCP), is('th dport', 43)], port43),
      ...broadcast,
      rule([is('ip daddr', range(0xe0000000n, 0xefffffffn))], drop),
      rule([is('ip6 daddr', range(0xffn << 120n, (1n << 128n) - 1n))], drop),
      rule([is('icmp type', 3), is('icmp code', 4)], verdict('accept')),
      rule([is('icmp type', 11)], verdict('accept')),
      rule([is('icmpv6 type', range(1, 3))], verdict('accept')),
      rule([state('invalid')], drop),
      rule(udp(135, range(137, 139), 445), refuse),
      rule([is('meta l4proto', UDP), is('th sport', 137), is('th dport', range(1024, 65535))], refuse),
      rule([is('meta l4proto', TCP), is('th dport', 135, 139, 445)], refuse),
      rule(udp(1900), drop),
      rule([tcpFlags(['fin', 'syn', 'rst', 'ack'], ['syn'], true)], drop),
      rule([is('meta l4proto', UDP), is('th sport', 53)], drop),
    ],
  };
}

/** Drops what a set of sources sends, before any rule is asked. */
export function blacklistRules(
  sets: readonly { family: AddressFamily; name: string }[],
  level: LogSetting,
  log: LogPlace,
): Rule[] {
  return sets.flatMap(({ family, name }) =>
    dropLogged('blacklist', [inSet(address(family, 'saddr'), name)], level, log),
  );
}

export const SMURF_CHAIN = 'smurfs';
export const TCP_FLAGS_CHAIN = 'tcp-flags';

/** Packets that claim to come from a broadcast or multicast address (spec firewall.md 7.5, P). */
export function smurfChain(table: TableFamily, level: LogSetting, log: LogPlace): Chain {
  const place = { ...log, chain: SMURF_CHAIN };
  return {
    name: SMURF_CHAIN,
    rules: [
      implied('no address yet', [is('ip saddr', 0)], verdict('return')),
      ...(table === 'inet' ? dropLogged('smurf', [ofFamily(table, 4), is('fib saddr type', 3)], level, place) : []),
      ...dropLogged('smurf', [is('ip saddr', range(0xe0000000n, 0xefffffffn), 0xffffffffn)], level, place),
    ],
  };
}

/** Sends new and invalid IPv4 packets through the smurf filter. */
export const smurfJump = (table: TableFamily): Rule =>
  implied('smurfs', [ofFamily(table, 4), state('invalid', 'new')], jump(SMURF_CHAIN));

/** Flag combinations no honest TCP sends (spec firewall.md 7.5). */
export function tcpFlagsChain(level: LogSetting, log: LogPlace): Chain {
  const six = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'] as const;
  const place = { ...log, chain: TCP_FLAGS_CHAIN };
  const illegal: Match[][] = [
    [tcpFlags(six, ['fin', 'psh', 'urg'])],
    [tcpFlags(six, [])],
    [tcpFlags(['syn', 'rst'], ['syn', 'rst'])],
    [tcpFlags(['fin', 'syn'], ['fin', 'syn'])],
    [is('meta l4proto', TCP), is('th sport', 0), tcpFlags(['fin', 'syn', 'rst', 'ack'], ['syn'])],
  ];
  return { name: TCP_FLAGS_CHAIN, rules: illegal.flatMap((matches) => dropLogged('tcpflags', matches, level, place)) };
}

export const tcpFlagsJump: Rule = implied('tcp flags', [is('meta l4proto', TCP)], jump(TCP_FLAGS_CHAIN));

export const neighborDiscovery = (types: readonly number[]): Rule =>
  implied('neighbor discovery', [is('icmpv6 type', ...types)], verdict('accept'));

/** ICMPv6 errors without which IPv6 connections stall (RFC 4890 section 4.3.1). */
export const icmpv6Errors: Rule = implied('icmpv6 errors', [is('icmpv6 type', range(1, 4))], verdict('accept'));

function dropLogged(note: string, matches: readonly Match[], level: LogSetting, log: LogPlace): Rule[] {
  return [...logRule(level, log, 'DROP', matches, null, note), implied(note, matches, verdict('drop'))];
}

/** Invalid packets go, of those that `tracked` says connection tracking looks at; established and related ones pass. */
export function stateRules(allowInvalid: boolean, tracked: readonly Match[] = []): Rule[] {
  return [
    ...(allowInvalid ? [] : [implied('invalid', [...tracked, state('invalid')], verdict('drop'))]),
    implied('established', [state('established', 'related')], verdict('accept')),
  ];
}
