import type { Match, Origin, Rule, Statement } from '../ruleset/index.js';
import { spellOrigin } from '../ruleset/index.js';
import type { LogLimit, LogSetting } from '../site/index.js';
import { logLevels } from '../site/index.js';

/** Who logs: Proxmox's logger reads the guest (0 for the host) and the chain from the prefix. */
export interface LogPlace {
  readonly guest: number;
  readonly chain: string;
  readonly limit: LogLimit;
}

/** The nflog group Proxmox's logger listens on. */
const GROUP = 0;

/** The longest name of a chain that Proxmox's logger takes from a prefix (spec firewall.md 7.7). */
const LONGEST_CHAIN = 28;

/** The longest prefix the kernel takes, in bytes (NF_LOG_PREFIXLEN without its NUL). */
const LONGEST_PREFIX = 127;

/** What may stand in a prefix: printable ASCII that cannot end nft's quotes. */
const PLAIN = /^(?:(?!["\\])[\x20-\x7e])*$/;

/**
 * The rule that logs what the next rule decides, with the same matches; none for `nolog`. A rule of its own, because
 * a limit that is used up must stop the log and not the verdict, and because its prefix names the line: when that only
 * moved, this rule is written anew, and the next one keeps its counter.
 */
export function logRule(
  level: LogSetting,
  place: LogPlace,
  text: string,
  matches: readonly Match[],
  origin: Origin | null,
  note?: string,
): Rule[] {
  if (level === null) return [];
  const limit: Statement[] = place.limit === null ? [] : [{ kind: 'limit', ...place.limit }];
  return [
    {
      matches,
      statements: [...limit, { kind: 'log', group: GROUP, prefix: prefixOf(level, place, text, origin) }],
      origin,
      note: note === undefined ? 'log' : `log ${note}`,
    },
  ];
}

/** `:<guest>:<level>:<chain>: <text> <file>:<line>: `, without the line where there is none or no room for it. */
function prefixOf(
  level: NonNullable<LogSetting>,
  { guest, chain }: LogPlace,
  text: string,
  origin: Origin | null,
): string {
  const head = `:${guest}:${logLevels[level]}:${chain.slice(0, LONGEST_CHAIN)}: ${text}`;
  const whole = origin === null ? `${head}: ` : `${head} ${spellOrigin(origin)}: `;
  return whole.length <= LONGEST_PREFIX && PLAIN.test(whole) ? whole : `${head}: `;
}
