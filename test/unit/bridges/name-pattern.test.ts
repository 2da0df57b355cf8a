import { describe, expect, it } from 'vitest';
import { matchesEnd, parseNamePattern } from '../../../src/bridges/name-pattern.js';

const matches = (pattern: string, name: string): boolean => {
  const parsed = parseNamePattern(pattern);
  if (!parsed.ok) throw new Error(parsed.problem);
  return matchesEnd(parsed.pattern, name);
};
const problem = (pattern: string): string | null => {
  const parsed = parseNamePattern(pattern);
  return parsed.ok ? null : parsed.problem;
};

const NAMES = [
  'eth0',
  'eth10',
  'en0',
  'enp1s0',
  'enp1s0f1',
  'swp1',
  'swp12.5',
  'a',
  'ab',
  'aab',
  'b_1',
  'x-y',
  'lo',
  'vmbr0',
];

describe('a pattern means what a search with the end behind it means', () => {
  it.each([
    'eth[0-9]+',
    'eth.*',
    'en.*',
    'e(n|th)[0-9]',
    'swp[0-9]{1,2}',
    'swp\\d+\\.5',
    '^a+b$',
    '(a|ab)*',
    '[^a-z]',
    'p\\ds\\d(f[01])?',
    '.',
    'a?b',
    '\\w+-\\w',
    '[]x]-y',
    '(?:en|lo)\\d*',
    '(a*)*b',
    'a{2}b',
    'a{1,}b',
    'a{0}ab',
    '^$',
    '()',
    '[a-]y',
    '\\W.',
    '\\D',
  ])('%s', (pattern) => {
    const reference = new RegExp(`(?:${pattern.replace('[]x]', '[\\]x]')})$`);
    expect(NAMES.filter((name) => matches(pattern, name))).toEqual(NAMES.filter((name) => reference.test(name)));
  });
});

it.each([
  ['(a', 'a `(` has no `)`'],
  ['a)', 'a `)` has no `(`'],
  ['[a', 'a `[` has no `]`'],
  ['*a', 'nothing stands before `*`'],
  ['a**', 'two counts follow each other'],
  ['a*?', 'two counts follow each other'],
  ['(?=a)', 'a group that begins with `(?=` is not supported'],
  ['(a)\\1', '`\\1` is not supported'],
  ['\\bx', '`\\b` is not supported'],
  ['a\\', '`\\` is not supported'],
  ['[z-a]', '`z-a` is no range'],
  ['a{3,2}', '`{3,2}` ends before it begins'],
  ['a'.repeat(201), 'it has more than 200 characters'],
])('%s: %s', (pattern, expected) => {
  expect(problem(pattern)).toBe(expected);
});

it('no pattern takes long', () => {
  const begin = performance.now();
  const name = 'aaaaaaaaaaaaaaa';
  for (const pattern of [
    `${'('.repeat(60)}a${'*)*'.slice(0, 2).repeat(60)}b`,
    '(a|a|a|a|a|a|a|a|a|a)*b',
    `${'a?'.repeat(99)}b`,
    '(((a{0,999}){0,999}){0,999}){0,999}b',
  ]) {
    expect(matches(pattern, name)).toBe(false);
  }
  expect(performance.now() - begin).toBeLessThan(2000);
});
