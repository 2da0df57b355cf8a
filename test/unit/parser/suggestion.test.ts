import { expect, it } from 'vitest';
import { nearest } from '../../../src/parser/index.js';

it.each([
  ['enabel', 'enable'],
  ['ENABLE', 'enable'],
  ['polcyin', 'policy_in'],
  ['x', null],
  ['something', null],
])('what was meant by `%s`', (written, meant) => {
  expect(nearest(written, ['policy_in', 'enable', 'ips'])).toBe(meant);
});

it('is found fast however many names there are, or not at all', () => {
  let asked = 0;
  function* names(): Generator<string> {
    for (;;) yield `somebody-${(asked++).toString().padStart(9, '0')}`;
  }
  expect(nearest('nothing-like-it', names())).toBeNull();
  expect(asked).toBeLessThan(10_000);
});
