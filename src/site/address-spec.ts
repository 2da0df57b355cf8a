import type { Located, Report } from '../diagnostics/index.js';
import { diagnose } from '../diagnostics/index.js';
import type { Word } from '../parser/index.js';
import type { AddressRange } from './address.js';
import { looksLikeAddress, parseAddressRange, parseNetwork } from './address.js';
import type { AddressSpec, NameRef, Scope } from './site.js';

const scopes: ReadonlyMap<string, Scope> = new Map([
  ['dc', 'dc'],
  ['guest', 'guest'],
  ['sdn', 'sdn'],
]);

const hasScope = (text: string): boolean => /^(dc|guest|sdn)\//i.test(text);

/** Reads the value of `-source` or `-dest`: `+set`, an alias, or a list of addresses (spec firewall.md 2.4). */
export function readAddressSpec(word: Word, report: Report): Located<AddressSpec> | undefined {
  if (word.value.startsWith('+')) return locate(word, readNameRef('set', word.value.slice(1), word, report));
  if (looksLikeAddress(word.value) && !hasScope(word.value)) return locate(word, readList(word, report));
  return locate(word, readNameRef('alias', word.value, word, report));
}

/** Reads the member of a set: one address or network, or an alias (spec firewall.md 5.2). */
export function readSetMember(word: Word, report: Report): AddressRange | NameRef | undefined {
  if (!looksLikeAddress(word.value) || hasScope(word.value)) return readNameRef('alias', word.value, word, report);
  if (word.value.includes('-')) {
    report(
      diagnose('value/bad-address', word.span, `\`${word.value}\` is a range, which a set cannot hold`, {
        help: 'write the networks that make up the range, one a line',
      }),
    );
    return undefined;
  }
  return readNetwork(word, report);
}

/** Reads an address or network and reports what is odd about it. */
export function readNetwork(word: Word, report: Report): AddressRange | undefined {
  const result = parseNetwork(word.value);
  if (!result.ok) {
    report(diagnose('value/bad-address', word.span, result.problem, { help: result.help }));
    return undefined;
  }
  if (result.note === 'host bits') {
    report(
      diagnose('value/host-bits', word.span, `\`${word.value}\` has host bits set; the whole network is meant`, {
        help: 'write the network address, or leave the prefix away to match one host',
      }),
    );
  }
  if (result.note === 'dotted mask') {
    report(
      diagnose('value/dotted-mask', word.span, `Proxmox cannot load the dotted mask of \`${word.value}\``, {
        help: 'write a prefix length',
      }),
    );
  }
  return result.value;
}

function readList(word: Word, report: Report): AddressSpec | undefined {
  const ranges: AddressRange[] = [];
  let column = word.span.column;
  for (const item of word.value.split(',')) {
    const span = { ...word.span, column, endColumn: column + item.length };
    column += item.length + 1;
    const range = readItem({ value: item, span: item === '' ? word.span : span }, report);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  if (ranges.some(({ family }) => family !== ranges[0]?.family)) {
    report(
      diagnose('value/mixed-families', word.span, 'the list mixes IPv4 and IPv6 addresses', {
        help: 'write one rule for each address family, or use a set',
      }),
    );
    return undefined;
  }
  return { kind: 'list', ranges };
}

function readItem(word: Word, report: Report): AddressRange | undefined {
  if (!word.value.includes('-')) return readNetwork(word, report);
  const result = parseAddressRange(word.value);
  if (result.ok) return result.value;
  report(diagnose('value/bad-address', word.span, result.problem, { help: result.help }));
  return undefined;
}

function readNameRef(kind: NameRef['kind'], text: string, word: Word, report: Report): NameRef | undefined {
  const [, prefix, name = ''] = /^(?:([^/]*)\/)?(.*)$/s.exec(text) ?? [];
  const scope = prefix === undefined ? null : scopes.get(prefix);
  const known = kind === 'set' ? 'dc/, guest/ or sdn/' : 'dc/ or guest/';
  if (scope === undefined || (kind === 'alias' && scope === 'sdn')) {
    report(
      diagnose(
        'value/bad-reference',
        word.span,
        `\`${prefix}/\` is no scope of ${kind === 'set' ? 'a set' : 'an alias'}`,
        { help: `use ${known} before the name, or no scope` },
      ),
    );
    return undefined;
  }
  // Generated sdn sets are named after vnets, whose names may begin with any letter and hold digits and dashes only.
  if (!/^[A-Za-z][A-Za-z0-9_-]+$/.test(name) || name.length > 64) {
    report(
      diagnose(
        'value/bad-reference',
        word.span,
        `\`${name}\` is no name of ${kind === 'set' ? 'a set' : 'an alias'}, and no address`,
        {
          help: 'names begin with a letter and hold 2 to 64 letters, digits, _ and -',
        },
      ),
    );
    return undefined;
  }
  return { kind, scope, name: name.toLowerCase(), text: word.value };
}

const locate = <T>(word: Word, value: T | undefined): Located<T> | undefined => value && { value, span: word.span };
