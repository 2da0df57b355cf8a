import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/diagnostics/index.js';
import { type FirewallScope, formatFirewall, parseFirewall, printFirewall } from '../../../src/parser/index.js';

const SCOPES: readonly FirewallScope[] = ['cluster', 'host', 'guest', 'vnet'];
const read = (bytes: Uint8Array, scope: FirewallScope) => parseFirewall(bytes, 'f.fw', scope);
const format = (bytes: Uint8Array, scope: FirewallScope = 'cluster'): Uint8Array =>
  printFirewall(formatFirewall(read(bytes, scope).tree));
const formatText = (text: string): string => Buffer.from(format(Buffer.from(text))).toString();

describe('the canonical layout', () => {
  test('of every kind of line', () => {
    const written = `  [options]   #  switched on
Enable :1
policy_in:   DROP
log_level_in:
# about the next
\t
[Aliases]
web   192.0.2.1#the server
[ipset Office] # people
! 192.0.2.9   #  not him
192.0.2.0/24
[RULES]
| in  accept --proto tcp   -dport 80 --source +Office -i vmbr0 #  later
OUT ssh(drop)-log info -dest web
group Web   --iface vmbr0
   # indented
[GROUP Web]
IN ACCEPT -icmp-type any -p icmp #
`;
    // The whole-line comments, and the line that has no option of that name, are as they were.
    expect(formatText(written)).toBe(`[OPTIONS] # switched on
enable: 1
policy_in: DROP
log_level_in:
# about the next

[ALIASES]
web 192.0.2.1 # the server
[IPSET Office] # people
!192.0.2.9 # not him
192.0.2.0/24
[RULES]
|IN ACCEPT -i vmbr0 -source +Office -p tcp -dport 80 # later
OUT ssh(DROP) -dest web -log info
GROUP Web -i vmbr0
   # indented
[group Web]
IN ACCEPT -p icmp -icmp-type any
`);
  });

  test.each([
    ['an empty file', '', ''],
    ['carriage returns', '[RULES]\r\nfrob \t\r\n# x\r\r\nIN  ACCEPT\r\n', '[RULES]\nfrob \t\n# x\nIN ACCEPT\n'],
    ['no final newline', '[RULES]\nIN ACCEPT', '[RULES]\nIN ACCEPT\n'],
    ['a byte order mark', '\ufeff [rules]\nIN  DROP\n', '\ufeff[RULES]\nIN DROP\n'],
    ['blank lines', '\n \n[RULES]\n\n\n\nIN DROP\n\n', '\n\n[RULES]\n\n\n\nIN DROP\n\n'],
    ['lines that cannot be read', ' frob\n[RULES]\n  in  acept -p   tcp\n', ' frob\n[RULES]\n  in  acept -p   tcp\n'],
    ['lines below a bad header', '[rulez]\n in  ACCEPT\n', '[rulez]\n in  ACCEPT\n'],
    ['a comment sign in a comment', '[RULES]\nIN DROP#a # b  c\n', '[RULES]\nIN DROP # a # b  c\n'],
  ])('of %s', (_, written, canonical) => {
    expect(formatText(written)).toBe(canonical);
  });

  test('of what is no UTF-8: every byte of a comment stays', () => {
    const bytes = Buffer.from('[RULES]\nIN  DROP #\u00fc\u00ff\n', 'latin1');
    expect(Buffer.from(format(bytes)).toString('latin1')).toBe('[RULES]\nIN DROP # \u00fc\u00ff\n');
  });
});

const piece = fc.constantFrom(
  ...['[OPTIONS]', '[rules]', '[IPSET a1]', '[GROUP web]', '[ALIASES]', '[', ']', '#', '|', '!', '(', ')', '-', ','],
  ...['IN', 'out', 'FORWARD', 'group', 'web', 'ACCEPT', 'drop', 'SSH(DROP)', '-p', '--proto', '-source', '-i', '-log'],
  ...['tcp', '192.0.2.1', '+dc/a', 'net0', '22,80', 'info', 'enable:', 'Policy_In :', 'DROP', '1', 'frob'],
  ...['\0', '\r', '\t', '\f', '\v', '\u00a0', '\ufeff', 'ü', '  '],
);
const separator = fc.constantFrom(' ', ' ', ' ', '  ', '', '\n', '\n', '\n', '\r\n', '\r\r\n');
const soup = fc
  .array(fc.tuple(piece, separator), { maxLength: 60 })
  .map((parts) => `[RULES]\n${parts.flat().join('')}`);
const bytesOf = fc.oneof(
  soup.map((text) => Buffer.from(text)),
  soup.map((text) => Buffer.from(text, 'latin1')),
  soup.map((text) => Buffer.from(text.slice('[RULES]\n'.length))),
  fc.uint8Array({ maxLength: 200 }),
);

/** Without places, and with the options of a rule in any order: it carries no meaning. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(bare(one))).sort();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'span' && key !== 'keySpan');
  return Object.fromEntries(entries.map(([key, inner]) => [key, bare(inner)]));
}

/** What a file says, line by line. */
const meaningOf = (bytes: Uint8Array, scope: FirewallScope): unknown =>
  read(bytes, scope).tree.lines.map(({ number, text, content }) =>
    content.kind === 'comment' || content.kind === 'inert'
      ? [number, text.replace(/\r+$/, '')]
      : [number, bare(content)],
  );

/** What is wrong with a file, line by line, but for spellings that only Proxmox VE minds: those are what is corrected. */
const findingsIn = (bytes: Uint8Array, scope: FirewallScope): string[] =>
  read(bytes, scope)
    .diagnostics.filter(({ code }: Diagnostic) => code !== 'syntax/proxmox-differs')
    .map(({ code, severity, span, message }) => `${span.line} ${severity} ${code} ${message}`);

test('any file says the same in its canonical layout, line by line, and has it then', () => {
  fc.assert(
    fc.property(bytesOf, fc.constantFrom(...SCOPES), (bytes, scope) => {
      const formatted = format(bytes, scope);
      expect(meaningOf(formatted, scope)).toEqual(meaningOf(bytes, scope));
      expect(findingsIn(formatted, scope)).toEqual(findingsIn(bytes, scope));
      expect(Buffer.from(format(formatted, scope)).equals(formatted)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
