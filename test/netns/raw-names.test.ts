import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openNftables } from '../../src/netlink/index.js';
import type { Rule } from '../../src/ruleset/index.js';
import { hostOnly, makeSite, type TestSite } from '../support/cli.js';
import { runHere } from '../support/in-process.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { portRule } from '../unit/apply/random-ruleset.js';

let site: TestSite;
let netns: TestNamespace;
beforeEach(() => {
  site = makeSite(hostOnly);
  netns = makeNamespace();
});
afterEach(() => {
  netns.remove();
  site.remove();
});

/** What nft lists, byte by byte. */
const listed = (): string =>
  execFileSync('ip', ['netns', 'exec', netns.name, 'nft', 'list', 'ruleset'], { encoding: 'latin1' });

test('names that are no UTF-8 in our table are reported, and apply takes them away', async () => {
  const where = ['--root', site.root, '--state', site.state, '--netns', netns.name];
  expect(await runHere(['apply', '--yes', ...where])).toMatchObject({ code: 0 });
  const wanted = listed();
  const port = openNftables(netns.name);
  const table = { family: 'inet', name: 'ringwall' } as const;
  const [chain, set, map] = ['a\udcff', 'a\udcfe', 'a\udcfd'] as const;
  const jump: Rule = { matches: [], statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain } }], origin: null };
  const { generation } = await port.read();
  const added = await port.commit(
    [
      { kind: 'add chain', table, chain: { name: chain, rules: [] } },
      // As UTF-8 reads both names wrong, they would be one.
      { kind: 'add chain', table, chain: { name: 'a\udcfc', rules: [] } },
      { kind: 'add rule', table, chain, rule: portRule(7), position: { at: 'end' } },
      { kind: 'add rule', table, chain: 'host-in', rule: jump, position: { at: 'end' } },
      { kind: 'add set', table, set: { name: set, type: 'ipv4_addr', elements: [], origin: null } },
      { kind: 'add map', table, map: { name: map, type: 'ifname', elements: [] } },
      { kind: 'add map elements', table, map, elements: [{ key: 'b\udcff', verdict: { kind: 'drop' }, origin: null }] },
    ],
    generation,
  );
  expect(added).toEqual({ ok: true });
  port.close();
  expect(listed()).toContain('chain a\xff {');

  const { code, out } = await runHere(['status', ...where, '--json']);
  expect(code).toBe(2);
  const names = JSON.parse(out).drift.map(({ name }: { name: string }) => name);
  for (const name of [chain, 'a\udcfc', set, map]) expect(names).toContain(`inet/${name}`);
  expect(await runHere(['apply', '--yes', ...where])).toMatchObject({ code: 0, err: '' });
  expect(listed()).toBe(wanted);
  expect(await runHere(['status', ...where])).toMatchObject({ code: 0 });
}, 60_000);
