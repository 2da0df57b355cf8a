import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { stateOf } from '../../support/link-state.js';
import { desiredOf } from './site.js';

const folder = fileURLToPath(new URL('../../data/interfaces/', import.meta.url));
const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The network cards of the kernel the cases were recorded in. */
const HARDWARE = ['en0', 'en1', 'en2'];

test('there are thirteen cases', () => {
  expect(cases).toHaveLength(13);
});

/**
 * ifupdown2 brought a kernel with three network cards to each state. What we desire, beside what the kernel begins with,
 * is the same state, to the last line: there is no exception.
 */
describe('what ifupdown2 made of the same file', () => {
  test.each(cases)('%s', (name) => {
    const found = desiredOf(readFileSync(`${folder}${name}/etc/network/interfaces`, 'utf8'));
    expect(found.diagnostics.filter(({ severity }) => severity !== 'hint')).toEqual([]);
    expect(found.links.unmanaged).toEqual([]);
    const state: unknown = JSON.parse(readFileSync(`${folder}${name}/state.json`, 'utf8'));
    expect(stateOf(found.links, HARDWARE)).toEqual(state);
  });
});
