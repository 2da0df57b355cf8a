import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goldenCases, goldenOutput, goldenRoot, readExpected, writeExpected } from '../../support/golden.js';

// `npm run golden:update` sets the variable; a CI run never may, or a wrong output could approve itself.
const update = process.env['RINGWALL_GOLDEN_UPDATE'] === '1';
if (update && process.env['CI'] !== undefined) throw new Error('golden files are not updated in CI');

describe('golden cases', () => {
  it.each(goldenCases())('%s', (name) => {
    expect(readFileSync(join(goldenRoot, name, 'README'), 'utf8')).toMatch(/^\S[^\n]+\.\n$/);
    const output = goldenOutput(name);
    if (update) writeExpected(name, output);
    expect(Object.fromEntries(output)).toEqual(Object.fromEntries(readExpected(name)));
  });

  it('are at least fifteen', () => {
    expect(goldenCases().length).toBeGreaterThanOrEqual(15);
  });
});
