import { expect, test } from 'vitest';
import { diagnose } from '../../src/diagnostics/index.js';
import { readingProblem } from '../support/parse-any.js';
import { filesBelow, testData } from '../support/site-files.js';
import { runCampaign } from './campaign.js';
import { INTERFACES_FILES } from './interfaces-files.js';
import { JSON_FILES } from './json-files.js';

/** `npm run fuzz` sets the number of inputs; every other test run takes a moment only. */
const wanted = Number(process.env['RINGWALL_FUZZ'] ?? 0);
const seed = Number(process.env['RINGWALL_FUZZ_SEED'] ?? 1);
const bound =
  wanted > 0 ? { inputs: wanted, milliseconds: Number.POSITIVE_INFINITY } : { inputs: 20_000, milliseconds: 2000 };

test('mutated files are read without an exception, a hang, a lost byte or a place outside of the file', {
  timeout: 0,
}, () => {
  const files = [...filesBelow(testData), ...INTERFACES_FILES, ...JSON_FILES];
  const { inputs, slowest, failures } = runCampaign({ files, seed, ...bound });
  expect(failures).toEqual([]);
  expect(inputs).toBeGreaterThan(100);
  if (wanted > 0) console.log(`${inputs} inputs, seed ${seed}, no failure, slowest ${slowest.toFixed(1)} ms`);
});

test('a lost byte and a place outside of the file are noticed', () => {
  const bytes = Buffer.from('ab\nü\n');
  const finding = (line: number, column: number, endColumn: number) => [
    diagnose('syntax/unexpected-text', { file: 'f', line, column, endLine: line, endColumn }, 'x'),
  ];
  expect(readingProblem(bytes, { printed: bytes, diagnostics: finding(2, 1, 2) })).toBeNull();
  expect(readingProblem(bytes, { printed: bytes.subarray(1), diagnostics: [] })).not.toBeNull();
  for (const diagnostics of [finding(2, 1, 3), finding(4, 1, 1), finding(1, 0, 1), finding(1, 3, 2)]) {
    expect(readingProblem(bytes, { printed: bytes, diagnostics })).not.toBeNull();
  }
});
