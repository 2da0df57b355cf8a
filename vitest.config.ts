import { defineConfig } from 'vitest/config';

// The `lab` project runs inside the full test kernel only (see lab/README.md).
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/fuzz/**/*.test.ts'] } },
      { test: { name: 'netns', include: ['test/netns/**/*.test.ts'], testTimeout: 60_000, fileParallelism: false } },
      { test: { name: 'lab', include: ['test/lab/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
