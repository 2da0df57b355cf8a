import { expect, test } from 'vitest';
import { harmless, harmlessJson } from '../../../src/diagnostics/index.js';

const crafted = '\x1b[2J\x9b2J\x7f\u202ex\u2028\ud800\ufeff"\\\u{e0001}é→😀';

test('a text shows what acts on a terminal as pictures', () => {
  expect(harmless(crafted)).toBe('␛[2J�2J␡�x���"\\�é→😀');
});

test('JSON says the same in characters that do nothing', () => {
  const json = harmlessJson({ [crafted]: crafted });
  expect(JSON.parse(json)).toEqual({ [crafted]: crafted });
  expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  expect(json).toContain('é→😀');
});
