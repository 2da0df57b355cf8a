import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apply, clear, compareGenerations } from '../../../src/apply/index.js';
import { diffLines } from '../../../src/apply/line-diff.js';
import { type Links, noLinks, stepsBetween } from '../../../src/bridges/index.js';
import { asCurrent, diffRuleset } from '../../../src/ruleset/index.js';
import type { Sysctl } from '../../../src/sysctl/index.js';
import { interfacesCases, linksOfCase } from '../../support/interfaces-cases.js';
import { portRule, randomRuleset, tableOf } from './random-ruleset.js';
import { testWorld } from './test-world.js';

const author = { user: 'anna', version: '0.1.0' };

describe('lines', () => {
  test('that are only in one of two texts, by their numbers there', () => {
    expect(diffLines('a\nb\nc\n', 'a\nx\nc\nd\n')).toEqual([
      { action: 'delete', line: 2, text: 'b' },
      { action: 'create', line: 2, text: 'x' },
      { action: 'create', line: 4, text: 'd' },
    ]);
  });

  test('none of equal texts', () => {
    expect(diffLines('a\n\nb', 'a\n\nb')).toEqual([]);
  });

  test('make the second text of the first', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const changes = diffLines(before, after);
        const gone = new Set(changes.filter(({ action }) => action === 'delete').map(({ line }) => line));
        const kept = before.split('\n').filter((_, at) => !gone.has(at + 1));
        const made = changes.filter(({ action }) => action === 'create');
        for (const { line, text: added } of made) kept.splice(line - 1, 0, added);
        expect(kept.join('\n')).toBe(after);
      }),
    );
  });
});

test('a ruleset does not differ from itself as a kernel would hold it', () => {
  fc.assert(
    fc.property(randomRuleset, (ruleset) => {
      expect(diffRuleset(ruleset, asCurrent(ruleset)).operations).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test.each(interfacesCases)('the links of %s do not differ from themselves', (name) => {
  const links = linksOfCase(name);
  expect(stepsBetween(links, links)).toEqual([]);
});

describe('two generations', () => {
  const origin = { file: 'etc/pve/nodes/pve1/host.fw', line: 4 };
  const MAX = 'net.netfilter.nf_conntrack_max';
  const common = {
    origin: { file: 'etc/network/interfaces', line: 1 },
    start: 'auto',
    addresses: [],
    gateways: [],
  } as const;
  const bridge = (mtu: number): Links => ({
    ...noLinks,
    links: [{ ...common, kind: 'dummy', name: 'dummy0', mtu }],
  });

  async function twoGenerations() {
    const world = testWorld();
    const one = (port: number, value: number | null, mtu: number, sources: Record<string, string | Uint8Array>) => {
      const sysctls: Sysctl[] = value === null ? [] : [{ name: MAX, value, origin }];
      return apply(world, {
        firewall: { ruleset: { tables: [tableOf([{ name: 'in', rules: [portRule(port, 2)] }])] }, sysctls },
        links: bridge(mtu),
        sources: new Map(Object.entries(sources)),
        node: 'pve1',
        author,
      });
    };
    await one(22, 1000, 1500, { a: 'x\ny\n', b: 'gone\n', d: Uint8Array.of(0xff, 0x0a) });
    await one(80, 2000, 9000, { a: 'x\nz\n', c: 'new\n', d: Uint8Array.of(0xfe, 0x0a) });
    return world;
  }

  test('differ in lines, settings, rules and links', async () => {
    const { files, changes } = compareGenerations((await twoGenerations()).state, 1, 2);
    expect(files).toEqual([
      {
        action: 'update',
        file: 'a',
        lines: [
          { action: 'delete', line: 2, text: 'y' },
          { action: 'create', line: 2, text: 'z' },
        ],
      },
      {
        action: 'delete',
        file: 'b',
        lines: [{ action: 'delete', line: 1, text: 'gone' }],
      },
      { action: 'create', file: 'c', lines: [{ action: 'create', line: 1, text: 'new' }] },
      {
        action: 'update',
        file: 'd',
        lines: [
          { action: 'delete', line: 1, text: '\u00ff' },
          { action: 'create', line: 1, text: '\u00fe' },
        ],
      },
    ]);
    expect(changes.map(({ action, kind, name }) => [action, kind, name])).toEqual([
      ['update', 'setting', MAX],
      ['update', 'rule', 'in'],
      ['update', 'link', 'dummy0'],
    ]);
  });

  test('in the other direction, too, and not from themselves', async () => {
    const { state } = await twoGenerations();
    expect(compareGenerations(state, 2, 1).changes.map(({ action }) => action)).toEqual(['update', 'update', 'update']);
    expect(compareGenerations(state, 2, 2)).toEqual({ files: [], changes: [] });
  });

  test('one of which is a clear', async () => {
    const world = await twoGenerations();
    await clear(world, author);
    const { changes } = compareGenerations(world.state, 2, 3);
    expect(changes.map(({ action, kind, name }) => [action, kind, name])).toEqual([
      ['delete', 'setting', MAX],
      ['delete', 'table', 'ringwall'],
    ]);
  });

  test('of which one is not there', async () => {
    const { state } = await twoGenerations();
    expect(() => compareGenerations(state, 1, 7)).toThrow('there is no generation 7');
    expect(() => compareGenerations(testWorld().state, 1, 2)).toThrow('there is no generation 1');
  });
});
