import type { Match, Origin, Rule, Statement } from '../ruleset/index.js';
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

/**
 * The rule that logs what the next rule decides, with the same matches; none for `nolog`. A rule of its own, because
 * a limit that is used up must stop the log and not the verdict. Prefix: `:<guest>:<level>:<chain>: <text>: `.
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
  const prefix = `:${place.guest}:${logLevels[level]}:${place.chain.slice(0, LONGEST_CHAIN)}: ${text}: `;
  const limit: Statement[] = place.limit === null ? [] : [{ kind: 'limit', ...place.limit }];
  return [
    {
      matches,
      statements: [...limit, { kind: 'log', group: GROUP, prefix }],
      origin,
      note: note === undefined ? 'log' : `log ${note}`,
    },
  ];
}
