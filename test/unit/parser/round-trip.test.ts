import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Span } from '../../../src/diagnostics/index.js';
import { type LineContent, parseFirewall, printLine } from '../../../src/parser/index.js';
import { ALL_KINDS, parseAny, readingProblem } from '../../support/parse-any.js';

const problemWith = (bytes: Uint8Array) => {
  for (const kind of ALL_KINDS) {
    const problem = readingProblem(bytes, parseAny(kind, bytes, 'file'));
    if (problem !== null) return `${JSON.stringify(kind)}: ${problem}`;
  }
  return null;
};

/** Words that make up files, and what breaks them. */
const piece = fc.constantFrom(
  ...['[OPTIONS]', '[RULES]', '[IPSET a1]', '[group web]', '[ALIASES]', '[', ']', '[snap]', '#', '|', '!', '(', ')'],
  ...['IN', 'OUT', 'GROUP', 'ACCEPT', 'SSH(DROP)', '-p', '--proto', '-source', '-', 'tcp', '192.0.2.1', '+dc/a'],
  ...['enable:', 'net0:', 'net0', 'virtio=00:11:22:33:44:55', ',', '=', 'bridge=vmbr0', '{', '}', '"', ':', '\\'],
  ...[
    'auto',
    'iface',
    'vmbr0',
    'inet',
    'static',
    'source',
    'address',
    'mapping',
    'inherits',
    'vlan',
    '% if',
    'nodelist {',
    'ring0_addr:',
  ],
  ...['{"ids":{"100":{"node":"a","type":"lxc"}}}', '{"zones":{"ids":{}}}', '"ids"', '[[', '1e9', 'null'],
  ...['\0', '\r', '\t', '\f', '\u00a0', '\ufeff', 'ü', '\u{1f525}', '\u202e', '  '],
);
const separator = fc.constantFrom(' ', ' ', ' ', '', '\t', '\n', '\n', '\r\n', '\\\n');
const soup = fc.array(fc.tuple(piece, separator), { maxLength: 40 }).map((parts) => parts.flat().join(''));

describe('every kind of file gives back its bytes and findings inside of it', () => {
  const holds = (bytes: Uint8Array): void => {
    expect(problemWith(bytes)).toBeNull();
  };

  test('for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), holds));
  });

  test('for soups of words', () => {
    fc.assert(
      fc.property(
        soup.map((text) => Buffer.from(text)),
        holds,
      ),
      { numRuns: 500 },
    );
  });

  test('for soups of words in Latin-1, which is no UTF-8', () => {
    fc.assert(
      fc.property(
        soup.map((text) => Buffer.from(`${text}ü`, 'latin1')),
        holds,
      ),
    );
  });

  test.each([
    ['nothing', ''],
    ['no final newline', '[RULES]\nIN ACCEPT'],
    ['a byte order mark', '\ufeff[RULES]\nIN ACCEPT\n'],
    ['carriage returns', '[RULES]\r\nIN ACCEPT\r\n\r'],
    ['NUL', '[RULES]\nIN\0ACCEPT\n'],
  ])('for %s', (_, text) => {
    expect(problemWith(Buffer.from(text))).toBeNull();
  });

  test('for deep nesting', () => {
    expect(problemWith(Buffer.from('['.repeat(100_000)))).toBeNull();
    expect(problemWith(Buffer.from('{"a":'.repeat(100_000)))).toBeNull();
    expect(problemWith(Buffer.from('a {\n'.repeat(10_000)))).toBeNull();
  });
});

test('a byte order mark does not hide the first header and takes no column', () => {
  const { tree, diagnostics } = parseFirewall(Buffer.from('\ufeff[RULES]\nfrob\n'), 'f.fw', 'cluster');
  expect(tree.lines[0]?.content).toMatchObject({ kind: 'header', section: 'rules', span: { column: 1, endColumn: 8 } });
  expect(diagnostics).toHaveLength(1);
});

/** What a line says, without where it says it. */
function meaning(content: LineContent | undefined): string {
  return JSON.stringify(content, (key, value) => (key === 'span' || key === 'keySpan' ? undefined : value));
}

describe('the canonical text of a line', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9+./:,_][A-Za-z0-9+./:,_-]{0,8}$/);
  const comment = fc.option(
    fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\p{C}\s]/gu, '')),
    { nil: '' },
  );
  const names = ['-i', '-source', '-dest', '-p', '-dport', '-sport', '-log', '-icmp-type'];
  const options = fc
    .shuffledSubarray(names)
    .chain((chosen) => fc.tuple(...chosen.map((name) => word.map((value) => `${name} ${value}`))));
  const action = fc.oneof(
    fc.constantFrom('ACCEPT', 'drop', 'REJECT'),
    fc.stringMatching(/^[A-Za-z0-9/]{1,6}$/).map((macro) => `${macro}(Reject)`),
  );
  const rule = fc
    .tuple(fc.constantFrom('', '|', '| '), fc.constantFrom('IN', 'out', 'Forward'), action, options, comment)
    .map(([bar, direction, verdict, given, text]) => `${bar}${[direction, verdict, ...given].join('  ')}#${text}`);
  const option = fc.tuple(fc.constantFrom('Enable', 'policy_in'), word, comment).map(([k, v, c]) => `${k} :${v} #${c}`);
  const alias = fc
    .tuple(fc.stringMatching(/^[a-z][a-z0-9_-]{1,9}$/), word, comment)
    .map(([n, a, c]) => `${n}  ${a}#${c}`);
  const entry = fc
    .tuple(fc.constantFrom('', '!', '! '), word, comment)
    .map(([bang, member, c]) => `${bang}${member} #${c}`);
  const header = fc.tuple(fc.constantFrom('[rules]', '[ipset Ab]', '[GROUP ab]'), comment).map(([h, c]) => `${h}#${c}`);

  const read = (section: string, line: string) =>
    parseFirewall(Buffer.from(`${section}\n${line}`), 'f.fw', 'cluster').tree.lines[1]?.content;

  test.each([
    ['[RULES]', rule],
    ['[OPTIONS]', option],
    ['[ALIASES]', alias],
    ['[IPSET ab]', entry],
    ['[OPTIONS]', header],
  ])('%s: means the same, and is its own canonical text', (section, lines) => {
    fc.assert(
      fc.property(lines, (line) => {
        const content = read(section, line);
        if (content === undefined || content.kind === 'inert' || content.kind === 'comment') {
          throw new Error(`not read: ${line}`);
        }
        const printed = printLine(content);
        const again = read(section, printed);
        expect(byKey(meaning(again))).toBe(byKey(meaning(content)));
        if (again === undefined || again.kind === 'inert' || again.kind === 'comment') throw new Error(printed);
        expect(printLine(again)).toBe(printed);
      }),
    );
  });

  /** The order of a rule's options carries no meaning. */
  function byKey(text: string): string {
    return text.replace(/"options":\[(.*?)\]/, (_, list: string) =>
      list
        .split('},{')
        .map((one) => one.replace(/[{}]/g, ''))
        .sort()
        .join(),
    );
  }
});

test('a rule that is read has every word of its line: nothing is ever widened', () => {
  const words = [
    'IN',
    'out',
    'GROUP',
    '|',
    'ACCEPT',
    'drop',
    'SSH(ACCEPT)',
    'web',
    '-p',
    '--proto',
    'tcp',
    '-i',
    'net0',
  ];
  const more = ['-source', '+a', '-dport', '22,80', '-log', 'info', '-icmp-type', 'any', '-', '--', '(', ')', '!', 'x'];
  const line = fc
    .array(fc.tuple(fc.constantFrom(...words, ...more), fc.constantFrom(' ', ' ', '  ', '')), { maxLength: 8 })
    .map((parts) => `IN ACCEPT ${parts.flat().join('')}`);
  let read = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        line,
        line.map((text) => text.slice('IN ACCEPT '.length)),
      ),
      (text) => {
        const content = parseFirewall(Buffer.from(`[RULES]\n${text}`), 'f.fw', 'cluster').tree.lines[1]?.content;
        if (content?.kind !== 'rule') return;
        read += 1;
        const { rule } = content;
        const at = ({ column, endColumn }: Span) => text.slice(column - 1, endColumn - 1);
        const head =
          rule.kind === 'group'
            ? `GROUP${rule.group.value}`
            : `${rule.direction.value}${rule.macro === null ? rule.verdict.value : `${rule.macro.value}(${rule.verdict.value})`}`;
        const options = rule.options.map(({ keySpan, value }) => `${at(keySpan)}${at(value.span)}`);
        const all = `${rule.disabled ? '|' : ''}${head}${options.join('')}`;
        expect(all.toUpperCase()).toBe(text.replace(/[ \t]/g, '').toUpperCase());
      },
    ),
    { numRuns: 2000 },
  );
  expect(read).toBeGreaterThan(50);
});
