import { describe, expect, test } from 'vitest';
import { type FirewallScope, parseFirewall } from '../../../src/parser/index.js';

const read = (text: string, scope: FirewallScope = 'cluster') => {
  const { tree, diagnostics } = parseFirewall(new TextEncoder().encode(text), 'f.fw', scope);
  return { kinds: tree.lines.map(({ content }) => content.kind), lines: tree.lines, diagnostics };
};

describe('section headers (specification 1.3)', () => {
  test.each([
    ['[OPTIONS]', 'options', null],
    ['[options]', 'options', null],
    ['[Aliases]', 'aliases', null],
    ['[RULES] # x', 'rules', null],
    ['  [RULES]\t', 'rules', null],
    ['[IPSET web]', 'ipset', 'web'],
    ['[ipset Web] # x', 'ipset', 'Web'],
    ['[group  web_1-a]', 'group', 'web_1-a'],
    ['[GROUP web]#x', 'group', 'web'],
    [`[group ${'g'.repeat(18)}]`, 'group', 'g'.repeat(18)],
    [`[IPSET ${'s'.repeat(64)}]`, 'ipset', 's'.repeat(64)],
  ])('%j opens %s with the name %j', (header, section, name) => {
    const { lines, diagnostics } = read(header);
    expect(diagnostics).toEqual([]);
    const content = lines[0]?.content;
    expect(content).toMatchObject({ kind: 'header', section });
    expect(content?.kind === 'header' && (content.name?.value ?? null)).toBe(name);
  });

  test.each([
    ['[FOO]', 'syntax/unknown-section'],
    ['[RULE]', 'syntax/unknown-section'],
    ['[GROUPweb]', 'syntax/unknown-section'],
    ['[]', 'syntax/malformed-header'],
    ['[', 'syntax/malformed-header'],
    ['[RULES', 'syntax/malformed-header'],
    ['[IPSET web', 'syntax/malformed-header'],
    ['[RULES] x', 'syntax/malformed-header'],
    ['[RULES x]', 'syntax/malformed-header'],
    ['[RULES ]', 'syntax/malformed-header'],
    ['[ RULES]', 'syntax/malformed-header'],
    ['[IPSET]', 'syntax/malformed-header'],
    ['[group ]', 'syntax/malformed-header'],
    ['[group a]', 'syntax/bad-name'],
    ['[group 1a]', 'syntax/bad-name'],
    ['[group a b]', 'syntax/bad-name'],
    ['[group web ]', 'syntax/bad-name'],
    [`[group ${'g'.repeat(19)}]`, 'syntax/bad-name'],
    [`[IPSET ${'s'.repeat(65)}]`, 'syntax/bad-name'],
    ['[IPSET wéb]', 'syntax/character'],
  ])('%j is refused: %s', (header, code) => {
    const { kinds, diagnostics } = read(`${header}\n`);
    expect(kinds).toEqual(['inert']);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    expect(diagnostics[0]?.message).not.toContain('below it');
  });

  const allowed: Record<FirewallScope, readonly string[]> = {
    cluster: ['[OPTIONS]', '[ALIASES]', '[IPSET ab]', '[RULES]', '[group ab]'],
    host: ['[OPTIONS]', '[RULES]'],
    guest: ['[OPTIONS]', '[ALIASES]', '[IPSET ab]', '[RULES]'],
    vnet: ['[OPTIONS]', '[RULES]'],
  };
  for (const scope of ['cluster', 'host', 'guest', 'vnet'] as const) {
    test.each(allowed.cluster)(`${scope}: %s`, (header) => {
      const codes = read(`${header}\n`, scope).diagnostics.map(({ code }) => code);
      expect(codes).toEqual(allowed[scope].includes(header) ? [] : ['syntax/section-not-allowed']);
    });
  }
});

describe('lines without a section', () => {
  test('below a refused header are inert, share its diagnostic and are counted, blanks and comments left out', () => {
    const text = '[RULES]\nIN ACCEPT\n[grup web]\n\n# c\nIN DROP\nOUT -frob\n[RULES]\nOUT DROP\n';
    const { kinds, diagnostics } = read(text);
    expect(kinds).toEqual(['header', 'rule', 'inert', 'blank', 'comment', 'inert', 'inert', 'header', 'rule']);
    expect(diagnostics).toMatchObject([{ code: 'syntax/unknown-section', span: { line: 3 } }]);
    expect(diagnostics[0]?.message).toContain('; the 2 lines below it, up to the next header, do nothing');
  });

  test('of a section that does not belong in the file never join the section above', () => {
    const { kinds } = read('[RULES]\n[group web]\nIN ACCEPT\n', 'guest');
    expect(kinds).toEqual(['header', 'inert', 'inert']);
  });

  test('above the first header share one diagnostic', () => {
    const { kinds, diagnostics } = read('# c\nenable: 1\npolicy_in: DROP\n[OPTIONS]\nenable: 1\n');
    expect(kinds).toEqual(['comment', 'inert', 'inert', 'header', 'option']);
    expect(diagnostics).toMatchObject([{ code: 'syntax/no-section', span: { line: 2 } }]);
    expect(diagnostics[0]?.message).toContain('; the line below it, up to the next header, does nothing');
  });

  test('each refused header has its own diagnostic', () => {
    const { diagnostics } = read('[a]\nx\n[b]\ny\nz\n');
    expect(diagnostics.map(({ span }) => span.line)).toEqual([1, 3]);
  });
});
