import { expect } from 'vitest';
import type { TestSite } from './cli.js';
import { runHere } from './in-process.js';
import type { TestNamespace } from './netns.js';

/** What somebody else does behind ringwall's back. */
export interface Tampering {
  readonly what: string;
  /** nft text, or a program with its arguments. */
  readonly act: string | readonly [program: string, ...args: string[]];
  /** Lines of `status`, as far as they are told: what is wrong with what. */
  readonly found: readonly string[];
  /** How many lines of the tables, with their handles, are others after the repair. */
  readonly rewritten: number;
}

/** `status` finds and names it, `apply` repairs it and touches nothing else, then `status` is content. */
export async function expectRepair(
  { act, found, rewritten }: Tampering,
  site: Pick<TestSite, 'root' | 'state'>,
  netns: Pick<TestNamespace, 'name' | 'nft' | 'load' | 'run'>,
): Promise<void> {
  const where = ['--root', site.root, '--state', site.state, '--netns', netns.name];
  const held = (): string[] => withoutCounts(netns.nft('-a', 'list', 'ruleset'));
  const before = held();
  if (typeof act === 'string') netns.load(act);
  else netns.run(act[0], act.slice(1));

  const drifted = await runHere(['status', ...where]);
  expect(drifted).toMatchObject({ code: 2, err: '' });
  const lines = drifted.out.split('\n').slice(0, -2);
  expect(lines).toEqual(found.map((text) => expect.stringContaining(text)));

  expect(await runHere(['apply', '--yes', ...where])).toMatchObject({ code: 0 });
  expect((await runHere(['status', ...where])).out).toMatch(/^generation \d+: the kernel holds what was applied\n$/);
  const after = held();
  expect(before.filter((line) => !after.includes(line))).toHaveLength(rewritten);
  expect(withoutHandles(after)).toEqual(withoutHandles(before));
}

/** Packets come and go while a test runs; what the kernel itself fills is left out. A rule that stays has its handle. */
const withoutCounts = (ruleset: string): string[] =>
  ruleset
    .replace(/packets \d+ bytes \d+/g, 'packets 0 bytes 0')
    .replace(/\n\s*elements = \{[^}]*limit rate[^}]*\}/g, '')
    .split('\n');

/** In any order: what is made anew comes behind what stayed. */
const withoutHandles = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/ # handle \d+$/, '')).sort();
