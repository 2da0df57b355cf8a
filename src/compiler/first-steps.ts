import type { Chain, Match, Rule, TableFamily } from '../ruleset/index.js';
import { range } from '../ruleset/index.js';
import type { LogSetting } from '../site/index.js';
import { address, implied, inSet, is, jump, ofFamily, state, TCP, tcpFlags, verdict } from './build.js';
import type { LogPlace } from './log.js';
import { logRule } from './log.js';
import type { Names } from './names.js';
import type { SetUse } from './set-use.js';

/** Drops what the sources in the set `blacklist` of the cluster send, before any rule is asked. */
export function blacklistRules(names: Names, sets: SetUse, level: LogSetting, log: LogPlace): Rule[] {
  const blacklist = names.ownSet('dc', 'blacklist');
  if (blacklist === undefined) return [];
  return ([4, 6] as const).flatMap((family) => {
    const set = sets.use(blacklist, family);
    return set === null ? [] : dropLogged('blacklist', [inSet(address(family, 'saddr'), set)], level, log);
  });
}

const SMURF_CHAIN = 'smurfs';
const TCP_FLAGS_CHAIN = 'tcp-flags';

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
