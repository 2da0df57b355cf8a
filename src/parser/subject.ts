import type { Span } from '../diagnostics/index.js';
import { nearest } from './suggestion.js';
import type { FirewallScope, SectionKind, Subject } from './tree.js';
import { OPTIONS_OF } from './vocabulary.js';

/**
 * What a line that cannot be read is about, as far as its first words tell: whoever gives the file its meaning must not
 * take what nothing is known of for what is not there. `section` is null where a line may be anything: above the first
 * header, and below one that cannot be read.
 */
export function subjectOf(text: string, section: SectionKind | null, scope: FirewallScope, span: Span): Subject | null {
  // Foreign blanks stand between words; control characters between the letters of a file in UTF-16.
  const readable = text
    .replace(/[^\p{Cc}\x20-\x7e]|\t/gu, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
  if (readable.startsWith('[')) {
    const [, kind = '', name] = /^\[\s*([A-Za-z]+)\s+([A-Za-z][A-Za-z0-9_-]*)/.exec(readable) ?? [];
    if (name !== undefined) return kind.toLowerCase() === 'group' ? null : { kind: 'ipset', name, span };
    return subjectOf(readable.replace(/^(?:\[[^\]]*(?:\]\s*|$))+/, ''), null, scope, span);
  }
  if (section === 'ipset') return readable.startsWith('!') ? { kind: 'exclusion', span } : null;
  if (section === 'rules' || section === 'group') return null;
  const [word = ''] = /^[A-Za-z][A-Za-z0-9_-]*/.exec(readable) ?? [];
  const option = section === 'aliases' ? null : optionOf(word, section, scope);
  if (option !== null) return { kind: 'option', name: option, span };
  return word === '' || section === 'options' ? null : { kind: 'alias', name: word, span };
}

/** Below a header nobody can read, only a word that is an option is taken for one. */
function optionOf(word: string, section: SectionKind | null, scope: FirewallScope): string | null {
  const folded = word.toLowerCase();
  if (OPTIONS_OF[scope].has(folded)) return folded;
  return section === 'options' && word !== '' ? nearest(word, OPTIONS_OF[scope]) : null;
}
