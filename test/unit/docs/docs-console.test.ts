import { describe, expect, test } from 'vitest';
import { isAsWritten } from '../../support/docs-console.js';
import { consoleSuite } from '../../support/docs-console-suite.js';

consoleSuite(false);

describe('what a block expects', () => {
  test.each<[string, string[], string[], boolean]>([
    ['the same', ['a', 'b'], ['a', 'b'], true],
    ['a line too few', ['a', 'b'], ['a'], false],
    ['a line too many', ['a'], ['a', 'b'], false],
    ['another line', ['a.c'], ['abc'], false],
    ['any lines', ['a', '…', 'd'], ['a', 'b', 'c', 'd'], true],
    ['any lines, none', ['a', '…'], ['a'], true],
    ['any lines, but the last', ['…', 'c'], ['a', 'b'], false],
    ['any text', ['a … c'], ['a b c'], true],
    ['any text of one line only', ['a … c'], ['a', ' c'], false],
    ['nothing', [], [], true],
    ['nothing, but there is a line', [], ['a'], false],
  ])('%s', (_name, expected, said, answer) => {
    expect(isAsWritten(expected, said)).toBe(answer);
  });
});
