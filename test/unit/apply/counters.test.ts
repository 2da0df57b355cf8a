import { describe, expect, test } from 'vitest';
import { apply, clear, counters } from '../../../src/apply/index.js';
import { noLinks } from '../../../src/bridges/index.js';
import { FakeNftables, FakeRoute } from '../../../src/netlink/index.js';
import { memoryClock, memoryFiles, memoryProcesses } from '../../../src/ports/index.js';
import type { Ruleset } from '../../../src/ruleset/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { portRule, tableOf } from './random-ruleset.js';

const file = 'etc/pve/firewall/100.fw';
const author = { user: 'anna', version: '0.1.0' };
const world = () => ({
  state: { files: memoryFiles({ '/var/lib/placeholder': '' }), path: '/var/lib/ringwall' },
  clock: memoryClock(),
  nftables: new FakeNftables(),
  sysctls: new FakeSysctls(),
  route: new FakeRoute(),
  processes: memoryProcesses({}),
});

/** Port and line of each rule. */
const ruleset = (...rules: readonly (readonly [number, number])[]): Ruleset => ({
  tables: [tableOf([{ name: 'in', rules: rules.map(([port, line]) => portRule(port, line)) }])],
});
const request = (rules: Ruleset, text: string) => ({
  firewall: { ruleset: rules, sysctls: [] },
  links: null,
  sources: new Map([[file, text]]),
  node: 'pve1',
  author,
});

describe('counters', () => {
  test('go on over a line that moved, and stay with one that is not applied yet', async () => {
    const w = world();
    await apply(w, request(ruleset([80, 2], [443, 3]), 'applied'));
    w.nftables.count(3n, 180n);
    const present = ruleset([80, 5], [8443, 6]);
    expect(await counters(w, present)).toEqual({
      lines: [
        { origin: { file, line: 3 }, stale: true, packets: 3n, bytes: 180n },
        { origin: { file, line: 5 }, stale: false, packets: 3n, bytes: 180n },
      ],
      sources: new Map([[file, 'applied']]),
    });

    await apply(w, request(present, 'edited'));
    w.nftables.count(1n, 60n);
    expect((await counters(w, present)).lines).toEqual([
      { origin: { file, line: 5 }, stale: false, packets: 4n, bytes: 240n },
      { origin: { file, line: 6 }, stale: false, packets: 1n, bytes: 60n },
    ]);
  });

  test('are none after clear', async () => {
    const w = world();
    await apply(w, request(ruleset([80, 2]), ''));
    await clear(w, author);
    expect((await counters(w, ruleset([80, 2]))).lines).toEqual([]);
  });

  test('before anything was applied, and where it was links only, there are none to show', async () => {
    const w = world();
    const help = expect.stringContaining('`ringwall apply`');
    await expect(counters(w, ruleset())).rejects.toMatchObject({ code: 'no-generation', help });
    await apply(w, { ...request(ruleset(), ''), firewall: null, links: noLinks });
    await expect(counters(w, ruleset())).rejects.toMatchObject({
      message: 'no rules were applied yet: generation 1 holds links only',
      help,
    });
  });
});
