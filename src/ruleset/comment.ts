import type { Origin } from './ruleset.js';

/** nft refuses a longer comment when it loads text (NFTNL_UDATA_COMMENT_MAXLEN in libnftnl). */
const MAX_BYTES = 128;

/** `100.fw:12`: the short form of an origin, as comments and plans show it. */
export function spellOrigin(origin: Origin): string {
  const short = origin.file.startsWith('etc/pve/sdn/firewall/')
    ? `sdn/${baseName(origin.file)}`
    : baseName(origin.file);
  return `${short}:${origin.line}`;
}

/**
 * The comment `nft list ruleset` shows for a rule: its source line, what an implied rule is for, or both.
 * Printable ASCII without quotes, so that it cannot leave its place in a text; null when there is nothing to say.
 */
export function commentOf(rule: { readonly origin: Origin | null; readonly note?: string }): string | null {
  const parts = [rule.origin === null ? '' : spellOrigin(rule.origin), rule.note ?? ''].filter((part) => part !== '');
  if (parts.length === 0) return null;
  return parts
    .join(' ')
    .replace(/[^\x20-\x7e]|["\\]/g, '?')
    .slice(0, MAX_BYTES - 1);
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
