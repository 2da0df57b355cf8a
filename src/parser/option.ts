import { parseOption } from './firewall-grammar.js';
import type { Inert, LineReader } from './line-reader.js';
import type { Piece } from './shape.js';
import { nearest } from './suggestion.js';
import type { FirewallScope, LineContent } from './tree.js';
import { FILE_OF, LEVEL_OPTIONS, OPTIONS_OF } from './vocabulary.js';

type Option = Extract<LineContent, { readonly kind: 'option' }>;

const SCOPES: readonly FirewallScope[] = ['cluster', 'host', 'guest', 'vnet'];

/** Reads a line of [OPTIONS]: `key: value`. The key is folded to lower case, as Proxmox takes any. */
export function readOption(line: LineReader, scope: FirewallScope): Option | Inert {
  const { key, value, comment } = parseOption(line.text);
  if (key === null) {
    const help = 'write `key: value`, for example `enable: 1`';
    return line.refuse(
      'syntax/malformed-option',
      value,
      `\`${value.text}\` is no option: there is no \`:\` after its name`,
      help,
    );
  }
  const folded = key.text.toLowerCase();
  if (!OPTIONS_OF[scope].has(folded)) return refuseKey(line, key, scope);
  if (value.text === '' && !LEVEL_OPTIONS.has(folded)) {
    const help = `write its value behind the colon, or remove the line for the default`;
    return line.refuse('syntax/missing-value', key, `the option \`${key.text}\` has no value`, help);
  }
  if (comment !== null) {
    const help = 'put the comment on a line of its own';
    const message = 'Proxmox VE skips an option with a comment behind it, and keeps the default';
    line.report('syntax/proxmox-differs', { start: value.end, end: line.text.length }, message, { help });
  }
  return {
    kind: 'option',
    key: line.located(folded, key),
    value: line.word(value),
    comment: line.comment(comment),
  };
}

function refuseKey(line: LineReader, key: Piece, scope: FirewallScope): Inert {
  const folded = key.text.toLowerCase();
  const near = nearest(key.text, OPTIONS_OF[scope]);
  const elsewhere = SCOPES.filter((one) => OPTIONS_OF[one].has(folded));
  const help =
    elsewhere.length > 0
      ? `\`${folded}\` is an option of ${elsewhere.map((one) => FILE_OF[one]).join(' and ')}`
      : near !== null
        ? `did you mean \`${near}\`?`
        : `${FILE_OF[scope]} has the options ${[...OPTIONS_OF[scope]].join(', ')}`;
  return line.refuse('syntax/unknown-option', key, `${FILE_OF[scope]} has no option \`${key.text}\``, help);
}
