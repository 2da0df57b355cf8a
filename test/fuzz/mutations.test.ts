import { expect, test } from 'vitest';
import { filesBelow, testData } from '../support/site-files.js';
import { runCampaign } from './campaign.js';
import { JSON_FILES } from './json-files.js';

/** `npm run fuzz` sets the number of inputs; every other test run takes a moment only. */
const wanted = Number(process.env['RINGWALL_FUZZ'] ?? 0);
const seed = Number(process.env['RINGWALL_FUZZ_SEED'] ?? 1);
const bound =
  wanted > 0 ? { inputs: wanted, milliseconds: Number.POSITIVE_INFINITY } : { inputs: 20_000, milliseconds: 2000 };

test('mutated files are read without an exception, a hang, a lost byte or a place outside of the file', {
  timeout: 0,
}, () => {
  const files = [...filesBelow(testData), ...JSON_FILES];
  const { inputs, slowest, failures } = runCampaign({ files, seed, ...bound });
  expect(failures).toEqual([]);
  expect(inputs).toBeGreaterThan(100);
  expect(slowest).toBeLessThan(1000);
  if (wanted > 0) console.log(`${inputs} inputs, seed ${seed}, slowest ${slowest.toFixed(1)} ms`);
});
