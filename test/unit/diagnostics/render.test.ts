import { describe, expect, test } from 'vitest';
import { type Diagnostic, diagnose, render, type Span } from '../../../src/diagnostics/index.js';

const span = (line: number, column: number, endColumn: number): Span => ({
  file: 'a.fw',
  line,
  column,
  endLine: line,
  endColumn,
});

const show = (source: string | null, diagnostic: Diagnostic, color = false): string =>
  render([diagnostic], () => source, { color });

const at = (place: Span) => diagnose('syntax/unexpected-text', place, 'too much');

describe('a diagnostic for people', () => {
  test('shows place, code, message, source line, carets and help', () => {
    const finding = diagnose('syntax/unknown-option', span(2, 1, 7), 'no option `enabel`', { help: 'write `enable`' });
    expect(show('[OPTIONS]\nenabel: 1\n', finding)).toBe(
      [
        'a.fw:2:1: error[syntax/unknown-option]: no option `enabel`',
        '    2 | enabel: 1',
        '      | ^^^^^^',
        '  help: write `enable`',
        '',
      ].join('\n'),
    );
  });

  test('shows related places as notes', () => {
    const related = [{ message: 'first here', span: span(1, 1, 2) }];
    const finding = diagnose('syntax/repeated-option', span(2, 1, 2), 'again', { related });
    expect(show('x\ny', finding)).toBe(
      [
        'a.fw:2:1: warning[syntax/repeated-option]: again',
        '    2 | y',
        '      | ^',
        '  a.fw:1:1: note: first here',
        '    1 | x',
        '      | ^',
        '',
      ].join('\n'),
    );
  });

  test('goes without the excerpt when the source or the line is not there', () => {
    expect(show(null, at(span(1, 1, 2)))).toBe('a.fw:1:1: error[syntax/unexpected-text]: too much\n');
    expect(show('one line', at(span(7, 1, 2)))).toBe('a.fw:7:1: error[syntax/unexpected-text]: too much\n');
  });

  const caretLine = (source: string, place: Span) => show(source, at(place)).split('\n')[2]?.slice('      | '.length);
  const sourceLine = (source: string, place: Span) => show(source, at(place)).split('\n')[1]?.slice('    1 | '.length);

  test.each([
    ['a tab stands for one column and shows as blanks', '\tab', span(1, 2, 3), '        ab', '        ^'],
    ['a tab in the middle reaches the next stop', 'x\ty', span(1, 3, 4), 'x       y', '        ^'],
    ['an empty span has one caret', 'abc', span(1, 2, 2), 'abc', ' ^'],
    ['a span beyond the line stays at its end', 'abc', span(1, 9, 12), 'abc', '   ^'],
    ['a character outside the basic plane is one column', 'a\u{1d538}b', span(1, 3, 4), 'a\u{1d538}b', '  ^'],
    ['a wide character takes two cells', '漢b', span(1, 2, 3), '漢b', '  ^'],
    ['a combining mark takes none', 'e\u0301b', span(1, 3, 4), 'e\u0301b', ' ^'],
    ['a byte order mark takes no column', '\ufeffab', span(1, 1, 2), 'ab', '^'],
    ['controls become pictures', 'a\0\x1b\x7f\u202eb', span(1, 2, 3), 'a␀␛␡\ufffdb', ' ^'],
    ['a carriage return of the line ending is not shown', 'ab\r\ncd', span(1, 2, 3), 'ab', ' ^'],
  ])('%s', (_, source, place, shown, carets) => {
    expect(sourceLine(source, place)).toBe(shown);
    expect(caretLine(source, place)).toBe(carets);
  });

  test('a span over several lines is marked to the end of its first', () => {
    expect(caretLine('abcd\nef', { ...span(1, 3, 2), endLine: 2 })).toBe('  ^^');
  });

  test('a long line is cut around the span, which stays marked', () => {
    const source = `${'a'.repeat(300)}WRONG${'b'.repeat(300)}`;
    const place = span(1, 301, 306);
    const shown = sourceLine(source, place) ?? '';
    expect(shown.length).toBeLessThanOrEqual(100);
    expect(shown).toMatch(/^…a+WRONGb+…$/);
    expect(caretLine(source, place)).toBe(`${' '.repeat(shown.indexOf('WRONG'))}^^^^^`);
  });

  test('a very long line of wide characters shows the same', () => {
    const source = `${'\u{1f525}'.repeat(3000)}WRONG${'\u{1f525}'.repeat(3000)}`;
    const place = span(1, 3001, 3006);
    expect(sourceLine(source, place)).toMatch(/^…\u{1f525}+WRONG\u{1f525}+…$/u);
    expect(caretLine(source, place)?.trim()).toBe('^^^^^');
  });

  test('a long span is cut at its end', () => {
    const source = 'x'.repeat(500);
    expect((sourceLine(source, span(1, 1, 501)) ?? '').length).toBeLessThanOrEqual(100);
    expect(caretLine(source, span(1, 1, 501))).toMatch(/^\^{1,100}$/);
  });

  test('a message cannot move the cursor', () => {
    const finding = diagnose('syntax/bad-name', span(1, 1, 2), 'the name `\x1b[2J\r\n`', { help: '\u202eevil' });
    expect(show(null, finding)).toBe('a.fw:1:1: error[syntax/bad-name]: the name `␛[2J␍␊`\n  help: \ufffdevil\n');
  });

  test('colours end before the line does, and only when asked for', () => {
    const finding = at(span(1, 1, 2));
    expect(show('ab', finding)).not.toContain('\x1b');
    const colored = show('ab', finding, true);
    expect(colored).toContain('\x1b[31merror\x1b[0m');
    for (const line of colored.split('\n')) {
      const codes = line.split('\x1b').slice(1);
      expect(codes.filter((code) => code.startsWith('[0m')).length * 2).toBe(codes.length);
    }
  });
});
