import { describe, expect, test } from 'vitest';
import { type FirewallScope, type LineContent, parseFirewall, printLine } from '../../../src/parser/index.js';

const bytes = (text: string) => new TextEncoder().encode(text);

interface Read {
  readonly content: LineContent;
  readonly codes: readonly string[];
}

/** Reads one line below a header; gives its content and the codes of all diagnostics. */
function readLine(header: string, line: string, scope: FirewallScope = 'cluster'): Read {
  const { tree, diagnostics } = parseFirewall(bytes(`${header}\n${line}\n`), 'f.fw', scope);
  return { content: tree.lines[1]?.content ?? { kind: 'blank' }, codes: diagnostics.map(({ code }) => code) };
}

/** The canonical text of one line, or why it is inert. */
function canonical(header: string, line: string, scope?: FirewallScope): string {
  const { content, codes } = readLine(header, line, scope);
  return content.kind === 'comment' || content.kind === 'inert' ? `${content.kind}: ${codes}` : printLine(content);
}

describe('rules: the union of what both implementations read (specification 1.6)', () => {
  test.each([
    ['IN ACCEPT', 'IN ACCEPT'],
    ['| IN ACCEPT', '|IN ACCEPT'],
    ['|IN ACCEPT', '|IN ACCEPT'],
    ['in ACCEPT', 'IN ACCEPT'],
    ['forward drop', 'FORWARD DROP'],
    ['IN accept', 'IN ACCEPT'],
    ['OUT SSH(accept)', 'OUT SSH(ACCEPT)'],
    ['group web', 'GROUP web'],
    ['GROUP web -i vmbr0 # x', 'GROUP web -i vmbr0 # x'],
    ['IN ACCEPT -p  tcp', 'IN ACCEPT -p tcp'],
    ['IN ACCEPT -p\ttcp', 'IN ACCEPT -p tcp'],
    ['IN ACCEPT   -p tcp     -dport 22', 'IN ACCEPT -p tcp -dport 22'],
    ['IN ACCEPT -iface eth0', 'IN ACCEPT -i eth0'],
    ['IN ACCEPT --iface eth0', 'IN ACCEPT -i eth0'],
    ['IN ACCEPT -i eth0', 'IN ACCEPT -i eth0'],
    ['IN ACCEPT --i eth0', 'IN ACCEPT -i eth0'],
    ['IN ACCEPT --p tcp', 'IN ACCEPT -p tcp'],
    ['IN ACCEPT -proto tcp', 'IN ACCEPT -p tcp'],
    ['IN ACCEPT --proto tcp', 'IN ACCEPT -p tcp'],
    ['IN ACCEPT -log warn', 'IN ACCEPT -log warn'],
    ['IN ACCEPT -log INFO', 'IN ACCEPT -log INFO'],
    ['IN SSH(ACCEPT)-p tcp', 'IN SSH(ACCEPT) -p tcp'],
    ['IN HTTP/3(ACCEPT)', 'IN HTTP/3(ACCEPT)'],
    ['IN ACCEPT#x', 'IN ACCEPT # x'],
    ['IN ACCEPT #', 'IN ACCEPT'],
    ['IN ACCEPT # grüße # 漢', 'IN ACCEPT # grüße # 漢'],
    ['  IN ACCEPT \t', 'IN ACCEPT'],
    [
      'IN ACCEPT -icmp-type echo-request -log info -sport 1 -dport 2 -p 3 -dest 4 -source 5 -i 6',
      'IN ACCEPT -i 6 -source 5 -dest 4 -p 3 -dport 2 -sport 1 -log info -icmp-type echo-request',
    ],
    ['IN ACCEPT -p tcp -p udp', 'inert: syntax/repeated-rule-option'],
    ['IN ACCEPT -p tcp --proto udp', 'inert: syntax/repeated-rule-option'],
    ['GROUP web -p tcp', 'inert: syntax/misplaced-rule-option'],
    ['IN ACCEPT -frob x', 'inert: syntax/unknown-rule-option'],
    ['IN ACCEPT -p tcp junk', 'inert: syntax/unexpected-text'],
    ['IN ACCEPT junk', 'inert: syntax/unexpected-text'],
    ['IN ACCEPT -p', 'inert: syntax/missing-value'],
    ['IN ACCEPT -p # tcp', 'inert: syntax/missing-value'],
    ['IN ACCEPT -p -dport 80', 'inert: syntax/missing-value'],
    ['IN ACCEPT -', 'inert: syntax/unexpected-text'],
    ['IN ACCEPT ---p tcp', 'inert: syntax/unexpected-text'],
    ['IN ACCEPT -P tcp', 'inert: syntax/unknown-rule-option'],
    ['IN', 'inert: syntax/missing-verdict'],
    ['IN -p tcp', 'inert: syntax/missing-verdict'],
    ['INACCEPT', 'inert: syntax/unknown-direction'],
    ['IN SSH', 'inert: syntax/unknown-verdict'],
    ['IN SSH (ACCEPT)', 'inert: syntax/unknown-verdict'],
    ['IN SSH( ACCEPT )', 'inert: syntax/unknown-verdict'],
    ['IN SSH(ACCEPT', 'inert: syntax/unknown-verdict'],
    ['GROUP', 'inert: syntax/missing-value'],
    ['|', 'inert: syntax/unknown-direction'],
    ['||IN ACCEPT', 'inert: syntax/unknown-direction'],
    ['IN ACCEPT -p\u00a0tcp', 'inert: syntax/character'],
    ['IN ACCEPT -p t\0cp', 'inert: syntax/character'],
    ['IN ACCEPT -p tcp\r-dport 22', 'inert: syntax/character'],
  ])('%j reads as %j', (line, expected) => {
    expect(canonical('[RULES]', line)).toBe(expected);
  });

  test.each<[FirewallScope, string, string, string]>([
    ['guest', '[RULES]', 'FORWARD ACCEPT', 'inert: syntax/misplaced-rule'],
    ['guest', '[RULES]', '|FORWARD ACCEPT', 'inert: syntax/misplaced-rule'],
    ['guest', '[RULES]', 'IN ACCEPT -i net0', 'IN ACCEPT -i net0'],
    ['vnet', '[RULES]', 'IN ACCEPT', 'inert: syntax/misplaced-rule'],
    ['vnet', '[RULES]', 'FORWARD ACCEPT', 'FORWARD ACCEPT'],
    ['vnet', '[RULES]', 'FORWARD ACCEPT -i x0', 'inert: syntax/misplaced-rule-option'],
    ['vnet', '[RULES]', 'GROUP web', 'GROUP web'],
    ['cluster', '[group web]', 'GROUP db', 'inert: syntax/misplaced-rule'],
    ['cluster', '[group web]', 'IN ACCEPT -i eth0', 'inert: syntax/misplaced-rule-option'],
    ['cluster', '[group web]', 'FORWARD ACCEPT', 'FORWARD ACCEPT'],
    ['host', '[RULES]', 'FORWARD ACCEPT', 'FORWARD ACCEPT'],
  ])('%s file, %s: %j reads as %j (specification 2.1)', (scope, header, line, expected) => {
    expect(canonical(header, line, scope)).toBe(expected);
  });

  test('spans point at every word', () => {
    const { content } = readLine('[RULES]', ' |IN  SSH(accept) -source  +a # why');
    const span = (column: number, endColumn: number) => ({ file: 'f.fw', line: 2, column, endLine: 2, endColumn });
    expect(content).toEqual({
      kind: 'rule',
      comment: { value: 'why', span: span(33, 36) },
      rule: {
        kind: 'match',
        disabled: true,
        span: span(3, 30),
        direction: { value: 'IN', span: span(3, 5) },
        macro: { value: 'SSH', span: span(7, 10) },
        verdict: { value: 'ACCEPT', span: span(11, 17) },
        options: [{ key: 'source', keySpan: span(19, 26), value: { value: '+a', span: span(28, 30) } }],
      },
    });
  });
});

describe('what Proxmox VE would leave out is a hint, and what it writes itself is not', () => {
  test.each([
    '| IN ACCEPT',
    'IN accept',
    'IN ACCEPT -p  tcp',
    'IN ACCEPT -iface eth0',
    'IN ACCEPT --i eth0',
    'IN ACCEPT --p tcp',
    'IN ACCEPT -log warn',
    'IN ACCEPT -log INFO',
    'IN SSH(ACCEPT)-p tcp',
  ])('%j', (line) => {
    expect(readLine('[RULES]', line).codes).toEqual(['syntax/proxmox-differs']);
  });

  test.each([
    'in ACCEPT',
    '|IN ACCEPT -i eth0 -source 192.0.2.1 -dest +dc/a -p tcp -dport 1,2:3 -sport 4 -log nolog # x',
    'IN ACCEPT  -p tcp',
    'GROUP web -i net0',
    'IN ACCEPT -p icmp -log err -icmp-type any',
  ])('%j is plain', (line) => {
    expect(readLine('[RULES]', line).codes).toEqual([]);
  });
});

describe('options', () => {
  test.each([
    ['enable: 1', 'enable: 1'],
    ['ENABLE:1', 'enable: 1'],
    ['enable  :  1', 'enable: 1'],
    ['enable: 1 # x', 'enable: 1 # x'],
    ['enable: 1#x', 'enable: 1 # x'],
    ['log_ratelimit: enable=1,rate=1/second', 'log_ratelimit: enable=1,rate=1/second'],
    ['policy_in:  DROP IT', 'policy_in: DROP IT'],
    ['enable 1', 'inert: syntax/malformed-option'],
    ['enable', 'inert: syntax/malformed-option'],
    [': 1', 'inert: syntax/malformed-option'],
    ['enable:', 'inert: syntax/missing-value'],
    ['enable: # 1', 'inert: syntax/missing-value'],
    ['enabled: 1', 'inert: syntax/unknown-option'],
    ['dhcp: 1', 'inert: syntax/unknown-option'],
  ])('%j reads as %j', (line, expected) => {
    expect(canonical('[OPTIONS]', line)).toBe(expected);
  });

  test('an empty log level is a value', () => {
    expect(canonical('[OPTIONS]', 'log_level_in:', 'host')).toBe('log_level_in:');
  });

  test('set twice, also in a second section: both stay, the later one is reported with the place of the first', () => {
    const text = '[OPTIONS]\nenable: 0\n[RULES]\n[options]\nEnable: 1\n';
    const { tree, diagnostics } = parseFirewall(bytes(text), 'f.fw', 'cluster');
    expect(tree.lines.map(({ content }) => content.kind)).toEqual(['header', 'option', 'header', 'header', 'option']);
    expect(diagnostics).toMatchObject([
      { code: 'syntax/repeated-option', severity: 'warning', span: { line: 5 }, related: [{ span: { line: 2 } }] },
    ]);
  });
});

describe('aliases and set entries', () => {
  test.each([
    ['[ALIASES]', 'a1 192.0.2.1', 'a1 192.0.2.1'],
    ['[ALIASES]', 'a1   2001:db8::/64 # x', 'a1 2001:db8::/64 # x'],
    ['[ALIASES]', 'a1 192.0.2.1#x', 'a1 192.0.2.1 # x'],
    ['[ALIASES]', 'a1', 'inert: syntax/missing-value'],
    ['[ALIASES]', 'a1 # 192.0.2.1', 'inert: syntax/missing-value'],
    ['[ALIASES]', 'a1 192.0.2.1 192.0.2.2', 'inert: syntax/unexpected-text'],
    ['[ALIASES]', 'a 192.0.2.1', 'inert: syntax/bad-name'],
    ['[ALIASES]', '1a 192.0.2.1', 'inert: syntax/bad-name'],
    ['[ALIASES]', `${'a'.repeat(64)} 192.0.2.1`, `${'a'.repeat(64)} 192.0.2.1`],
    ['[ALIASES]', `${'a'.repeat(65)} 192.0.2.1`, 'inert: syntax/bad-name'],
    ['[IPSET s1]', '192.0.2.0/24', '192.0.2.0/24'],
    ['[IPSET s1]', '!192.0.2.1 # x', '!192.0.2.1 # x'],
    ['[IPSET s1]', '! dc/a1', '!dc/a1'],
    ['[IPSET s1]', '192.0.2.1#x', '192.0.2.1 # x'],
    ['[IPSET s1]', '!', 'inert: syntax/missing-value'],
    ['[IPSET s1]', '! # x', 'inert: syntax/missing-value'],
    ['[IPSET s1]', '192.0.2.1, 192.0.2.2', 'inert: syntax/unexpected-text'],
  ])('%s %j reads as %j', (header, line, expected) => {
    expect(canonical(header, line)).toBe(expected);
  });
});
