import { harmless } from '../../diagnostics/index.js';
import { originOf } from '../../ruleset/index.js';
import { type PortWord, readPortList, type StanzaOption } from '../../site/index.js';
import type { Lower, Matching } from '../bridge.js';
import { matchingNames } from '../matching-ports.js';
import { parseNamePattern } from '../name-pattern.js';
import type { Options } from './options.js';

export interface Lowers {
  readonly named: readonly Lower[];
  readonly matching: readonly Matching[];
}

/**
 * Each option of the list counts: a bridge with a stanza for each address family may name its ports in both. A pattern
 * names those of `unclaimed` that it matches, interfaces of the files that no list names.
 */
export function readLowers(options: Options, unclaimed: readonly string[], ...keys: readonly string[]): Lowers {
  const own = options.link.name;
  const others = unclaimed.filter((name) => name !== own && !name.startsWith(`${own}.`));
  const found = options.takeAll(...keys).map((option) => {
    const matching: Matching[] = [];
    const names = readPortList(option.value.value).flatMap((word): readonly string[] => {
      if (word.kind === 'name') return [word.name];
      if (!isReadable(options, option, word)) return [];
      matching.push({ pattern: word.pattern, origin: originOf(option.value.span) });
      return matchingNames(word.pattern, others);
    });
    return { named: options.lowers(option, names), matching };
  });
  const named = found.flatMap((one) => one.named);
  return {
    named: named.filter(({ name }, at) => named.findIndex((lower) => lower.name === name) === at),
    matching: found.flatMap(({ matching }) => matching),
  };
}

type Unnamed = Exclude<PortWord, { readonly kind: 'name' }>;

/** Reports a pattern or a range that names no port. */
function isReadable(
  options: Options,
  option: StanzaOption,
  word: Unnamed,
): word is Extract<PortWord, { readonly kind: 'pattern' }> {
  if (word.kind === 'unreadable') {
    const message = `\`${harmless(word.word)}\` is no range of names: it names no port`;
    options.refuse(option, message, 'write a range such as swp1-4 or swp[1-4]s[0-1], or the names themselves');
    return false;
  }
  const parsed = parseNamePattern(word.pattern);
  if (parsed.ok) return true;
  const message = `\`${harmless(word.pattern)}\` cannot be matched: ${parsed.problem}. It names no port`;
  options.refuse(option, message, 'write it with letters, `.`, `[…]`, `(…|…)`, `*`, `+`, `?` and `{m,n}` only');
  return false;
}
