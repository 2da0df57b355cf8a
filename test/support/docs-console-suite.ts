import process from 'node:process';
import { beforeAll, expect, test } from 'vitest';
import { build } from './cli.js';
import { allConsoleBlocks, isAsWritten, runBlock, updateBlock } from './docs-console.js';

// A CI run never may, or a wrong output could approve itself.
const update = process.env['RINGWALL_GOLDEN_UPDATE'] === '1';
if (update && process.env['CI'] !== undefined) throw new Error('pages are not updated in CI');

/** Runs the console blocks of all pages that want a namespace, or those that do not. */
export function consoleSuite(netns: boolean): void {
  beforeAll(build, 120_000);

  // From the last to the first, so that an update leaves the lines of those to come where they are.
  const blocks = allConsoleBlocks()
    .filter((block) => block.netns === netns)
    .reverse();

  test.each(blocks.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s',
    (_, block) => {
      const said = runBlock(block);
      if (update) {
        updateBlock(block, said);
        return;
      }
      for (const [index, { command, expected }] of block.steps.entries()) {
        const now = said[index] ?? [];
        if (!isAsWritten(expected, now)) expect([`$ ${command}`, ...now]).toEqual([`$ ${command}`, ...expected]);
      }
    },
    60_000,
  );

  test('there are such blocks', () => {
    expect(blocks.length).toBeGreaterThan(0);
  });
}
