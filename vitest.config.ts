import { availableParallelism } from 'node:os';
import process from 'node:process';
import { defineConfig } from 'vitest/config';

/** How many campaigns of kills run at a time. */
const LANES = Number(process.env['RINGWALL_KILLS_LANES'] ?? availableParallelism());

// Many of them start the program, or try hundreds of random sites, on machines that do other work, too.
const unitTests = { testTimeout: 60_000 };
const kernelTests = { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false, maxConcurrency: LANES };

// The `lab` project runs inside the full test kernel only (see lab/README.md), under emulation: all its files share one
// process, because starting one for each file costs seconds there.
// What takes too long for `npm test` has a command of its own. The changes that `npm run kills` kills in processes of their own
// are cut short in memory by test/unit/apply; what `npm run units` does under systemd, test/netns does without.
const campaigns = [
  ...(process.env['RINGWALL_KILLS'] === undefined ? ['test/*/kills.test.ts'] : []),
  ...(process.env['RINGWALL_UNITS'] === undefined ? ['test/lab/units.test.ts'] : []),
];

export default defineConfig({
  test: {
    projects: [
      { test: { ...unitTests, name: 'unit', include: ['test/unit/**/*.test.ts', 'test/fuzz/**/*.test.ts'] } },
      { test: { ...kernelTests, name: 'netns', include: ['test/netns/**/*.test.ts'], exclude: campaigns } },
      { test: { ...kernelTests, name: 'power', include: ['test/power/**/*.test.ts'] } },
      {
        test: {
          ...kernelTests,
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: campaigns,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: 'forks',
          isolate: false,
        },
      },
    ],
  },
});
