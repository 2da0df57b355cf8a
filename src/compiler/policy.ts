import type { Chain, Match, Rule, Statement, TableFamily } from '../ruleset/index.js';
import { originOf, range } from '../ruleset/index.js';
import type { LogSetting, Policy, Setting } from '../site/index.js';
import { implied, is, jump, ofFamily, state, TCP, tcpFlags, UDP, verdict } from './build.js';
import { logRule } from './log.js';
import type { Place } from './lower.js';
import { decide } from './lower.js';
import { toReject, toUnanswered } from './reject.js';

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
type NoiseEnd = keyof typeof noiseEnds;

/** The chain with the noise a closing policy ends without a log entry. */
const noiseChain = (end: NoiseEnd): string => `noise-${end}`;

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
