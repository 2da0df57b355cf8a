import { describe, expect, it } from 'vitest';
import { FakeNftables } from '../../../src/netlink/index.js';
import type { Rule } from '../../../src/ruleset/index.js';
import { diffRuleset, spellChange, spellOrigin } from '../../../src/ruleset/index.js';
import { compileSite } from '../../support/golden.js';
import { goldenSites, randomSites, referenceSites } from '../../support/sites.js';
import { smallSite } from './small-site.js';

interface Prefix {
  readonly guest: number;
  readonly level: number;
  readonly chain: string;
  readonly text: string;
}

/** As Proxmox's logger reads it (spec firewall.md 7.7); null where it would show the whole prefix as it is. */
function readPrefix(prefix: string): Prefix | null {
  const [, guest, level, chain, text] = /^:([0-9]+):([0-7]):([^ :]{1,28}): (.*)$/.exec(prefix) ?? [];
  if (guest === undefined || level === undefined || chain === undefined || text === undefined) return null;
  return { guest: Number(guest), level: Number(level), chain, text };
}

const prefixIn = ({ statements }: Rule): string | null =>
  statements.find((statement) => statement.kind === 'log')?.prefix ?? null;

describe('the reader of prefixes', () => {
  it.each([
    ['100:6:c: DROP: '],
    [':x:6:c: DROP: '],
    [':100:8:c: DROP: '],
    [':100:66:c: DROP: '],
    [':100:6:: DROP: '],
    [':100:6:a b: DROP: '],
    [':100:6:c:DROP: '],
    [`:100:6:${'c'.repeat(29)}: DROP: `],
  ])('refuses `%s`', (prefix) => {
    expect(readPrefix(prefix)).toBeNull();
  });
});

describe('every log prefix is one that Proxmox’s logger reads, and names its line', () => {
  const sites = [...goldenSites(), ...randomSites(), ...referenceSites()];
  const logs = sites.flatMap(({ root }) => {
    const { compiled } = compileSite(root);
    return compiled.ruleset.tables.flatMap(({ chains }) =>
      chains.flatMap(({ rules }) =>
        rules.flatMap((rule) => {
          const prefix = prefixIn(rule);
          return prefix === null
            ? []
            : [{ prefix, rule, chains: chains.map(({ name }) => name), guests: compiled.units }];
        }),
      ),
    );
  });

  it('and there are many', () => {
    expect(logs.length).toBeGreaterThan(100);
    expect(new Set(logs.map(({ prefix }) => readPrefix(prefix)?.text.split(' ')[0])).size).toBeGreaterThan(3);
  });

  it('with its guest, its chain, its action and its line', () => {
    const wrong = logs.filter(({ prefix, chains, rule: { origin }, guests }) => {
      const read = readPrefix(prefix);
      if (read === null || prefix.length > 127 || !chains.some((name) => name.startsWith(read.chain))) return true;
      if (read.guest !== 0 && !guests.has(read.guest)) return true;
      const [, line] = /^(?:policy )?(?:ACCEPT|DROP|REJECT)(?: (\S+))?: $/.exec(read.text) ?? [null];
      return line === null || line !== (origin === null ? undefined : spellOrigin(origin));
    });
    expect(wrong.map(({ prefix }) => prefix)).toEqual([]);
  });
});

describe('a line that only moved', () => {
  const before = 'log_level_in: info\n[RULES]\nIN ACCEPT -p tcp -dport 80 -log info\nIN DROP -p tcp -dport 81\n';
  const after = before.replace('[RULES]\n', '[RULES]\n# what follows is one line further down\n');

  const loaded = async (): Promise<FakeNftables> => {
    const kernel = new FakeNftables();
    await bring(kernel, before);
    kernel.count(7n, 700n);
    return kernel;
  };
  const bring = async (kernel: FakeNftables, vm: string) => {
    const { ruleset } = smallSite({ vm }).compiled;
    const current = await kernel.read();
    const { operations, changes } = diffRuleset(ruleset, current);
    expect(await kernel.commit(operations, current.generation)).toEqual({ ok: true });
    return changes;
  };
  const counted = async (kernel: FakeNftables) => {
    const { tables } = await kernel.read();
    return tables.flatMap(({ chains }) =>
      chains.flatMap(({ name, rules }) =>
        rules.flatMap(({ handle, counter }) => (counter === null ? [] : [{ name, handle, packets: counter.packets }])),
      ),
    );
  };

  it('has its log rule written anew, so that no entry names a wrong line, and nothing else', async () => {
    const changes = await bring(await loaded(), after);
    expect(changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual(['update rule guest-100-in']);
    expect(changes.map(spellChange).join()).toContain('ACCEPT 100.fw:6: ');
  });

  it('keeps the counters of all its rules', async () => {
    const kernel = await loaded();
    const rules = await counted(kernel);
    await bring(kernel, after);
    expect(await counted(kernel)).toEqual(rules);
    expect(rules.every(({ packets }) => packets === 7n)).toBe(true);
  });

  it('changes nothing where it logs nothing', async () => {
    const kernel = await loaded();
    await bring(kernel, before.replace(' -log info', ''));
    expect(await bring(kernel, after.replace(' -log info', ''))).toEqual([]);
  });
});
