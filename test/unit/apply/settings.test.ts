import { describe, expect, test } from 'vitest';
import {
  apply as bringKernel,
  clear,
  history,
  preview,
  rollback,
  status,
  type World,
} from '../../../src/apply/index.js';
import { readPosition } from '../../../src/apply/position.js';
import { FakeRoute } from '../../../src/netlink/index.js';
import { type MemoryFiles, memoryClock, memoryFiles, memoryProcesses } from '../../../src/ports/index.js';
import { FakeSysctls, type Sysctl } from '../../../src/sysctl/index.js';
import { portRule, tableOf } from './random-ruleset.js';
import { TestKernel } from './test-kernel.js';

interface TestWorld extends World {
  readonly nftables: TestKernel;
  readonly sysctls: FakeSysctls;
  readonly files: MemoryFiles;
}

function world(): TestWorld {
  const files = memoryFiles({ '/var/lib/placeholder': '' });
  const state = { files, path: '/var/lib/ringwall' };
  return {
    files,
    state,
    clock: memoryClock(),
    nftables: new TestKernel(),
    sysctls: new FakeSysctls(),
    route: new FakeRoute(),
    processes: memoryProcesses({}),
  };
}

const MAX = 'net.netfilter.nf_conntrack_max';
const SYN_RECV = 'net.netfilter.nf_conntrack_tcp_timeout_syn_recv';
const author = { user: 'anna', version: '0.1.0' };

/** A site with a rule for one port, a limit of connections, and a timeout; null where no line asks. */
const desired = (port: number, max: number | null, synRecv: number | null = null) => {
  const origin = { file: 'etc/pve/nodes/pve1/host.fw', line: 3 };
  const sysctls: Sysctl[] = [
    ...(max === null ? [] : [{ name: MAX, value: max, origin } as const]),
    ...(synRecv === null ? [] : [{ name: SYN_RECV, value: synRecv, origin } as const]),
  ];
  const ruleset = { tables: [tableOf([{ name: 'in', rules: [portRule(port)] }])] };
  return { firewall: { ruleset, sysctls }, links: null };
};
const apply = (w: World, ...site: Parameters<typeof desired>) =>
  bringKernel(w, { ...desired(...site), sources: new Map(), node: 'pve1', author });
const valuesOf = ({ sysctls }: TestWorld) => [sysctls.values.get(MAX), sysctls.values.get(SYN_RECV)];
const replacedIn = ({ state }: World) => Object.fromEntries(readPosition(state).replaced);

describe('settings', () => {
  test('alone make a generation, are in the summary, and are not written twice', async () => {
    const w = world();
    await apply(w, 1, null);
    expect((await preview(w, desired(1, 100000))).changes.map(({ name }) => name)).toEqual([MAX]);
    const { generation, changes } = await apply(w, 1, 100000);
    expect([generation, changes.length, w.nftables.commits.length]).toEqual([2, 1, 1]);
    expect(history(w.state).entries[0]?.summary).toBe('1 updated');
    expect(await apply(w, 1, 100000)).toEqual({ generation: 2, changes: [], warnings: [], pending: null });
  });

  test('that the kernel has already are a generation all the same: from then on they are watched', async () => {
    const w = world();
    await apply(w, 1, null);
    expect(await apply(w, 1, 65536)).toEqual({ generation: 2, changes: [], warnings: [], pending: null });
    w.sysctls.write(MAX, 70000);
    expect((await status(w)).drift).toEqual([
      { kind: 'setting', name: MAX, problem: 'was changed: 70000 and not 65536' },
    ]);
    w.sysctls.values.delete(MAX);
    expect((await status(w)).drift).toEqual([{ kind: 'setting', name: MAX, problem: 'this kernel has it no more' }]);
  });

  test('go back to what they were before the first of ours, over any number of generations', async () => {
    const w = world();
    w.sysctls.write(MAX, 77777);
    await apply(w, 1, 100000, 30);
    await apply(w, 1, 200000, 30);
    expect(replacedIn(w)).toEqual({ [MAX]: 77777, [SYN_RECV]: 60 });
    await apply(w, 1, null, 30);
    expect(valuesOf(w)).toEqual([77777, 30]);
    expect(replacedIn(w)).toEqual({ [SYN_RECV]: 60 });
    // Nobody asks now: another value is others' business, and what is found when a line asks again counts.
    w.sysctls.write(MAX, 88888);
    expect(await apply(w, 1, null, 30)).toMatchObject({ changes: [] });
    await rollback(w, { generation: 1, author });
    expect(valuesOf(w)).toEqual([100000, 30]);
    expect(await clear(w, author)).toMatchObject({ restored: { length: 2 } });
    expect(valuesOf(w)).toEqual([88888, 60]);
    expect(replacedIn(w)).toEqual({});
    await rollback(w, { author });
    expect(valuesOf(w)).toEqual([100000, 30]);
  });
});

describe('one fails, and all is as it was', () => {
  const applied = async (): Promise<TestWorld> => {
    const w = world();
    await apply(w, 1, 100000);
    return w;
  };
  const unchanged = async (w: TestWorld): Promise<void> => {
    expect(valuesOf(w)).toEqual([100000, 60]);
    expect(w.nftables.commits).toHaveLength(1);
    expect(history(w.state).entries).toHaveLength(1);
    expect(readPosition(w.state)).toMatchObject({ current: 1, applying: null, replaced: new Map([[MAX, 65536]]) });
    expect((await status(w)).drift).toEqual([]);
  };

  test('a setting that is refused: no rule is sent', async () => {
    const w = await applied();
    w.sysctls.stubborn.add(SYN_RECV);
    await expect(apply(w, 2, 200000, 30)).rejects.toThrow(`host.fw:3: the kernel refused 30 for ${SYN_RECV}: EINVAL`);
    await unchanged(w);
  });

  test('rules that are refused: the settings go back', async () => {
    const w = await applied();
    w.nftables.beforeCommit = async () => ({ ok: false, reason: 'refused', errors: [] });
    await expect(apply(w, 2, 200000, 30)).rejects.toThrow('the kernel refused the transaction');
    await unchanged(w);
  });

  test('rules that are refused, and a setting that cannot go back: it is named and still owed', async () => {
    const w = await applied();
    w.nftables.beforeCommit = async () => {
      w.sysctls.stubborn.add(SYN_RECV);
      return { ok: false, reason: 'refused', errors: [] };
    };
    await expect(apply(w, 2, 200000, 30)).rejects.toThrow(`: ${SYN_RECV} could not be put back`);
    expect(valuesOf(w)).toEqual([100000, 30]);
    w.sysctls.stubborn.clear();
    w.nftables.beforeCommit = undefined;
    await apply(w, 2, 100000);
    expect(valuesOf(w)).toEqual([100000, 60]);
  });

  test('a setting the kernel lacks: nothing is written at all', async () => {
    const w = await applied();
    w.sysctls.values.delete(SYN_RECV);
    const records = w.files.dump();
    await expect(apply(w, 2, 200000, 30)).rejects.toThrow(`host.fw:3: this kernel has no ${SYN_RECV}`);
    expect(w.files.dump()).toEqual(records);
    expect(valuesOf(w)).toEqual([100000, undefined]);
  });

  test('a run that was cut short between settings and rules: what it replaced is not forgotten', async () => {
    const w = await applied();
    w.nftables.beforeCommit = async () => {
      throw new Error('power cut');
    };
    await expect(apply(w, 2, 200000, 30)).rejects.toThrow('power cut');
    expect(valuesOf(w)).toEqual([200000, 30]);
    w.nftables.beforeCommit = undefined;
    await apply(w, 2, null);
    expect(valuesOf(w)).toEqual([65536, 60]);
    expect(replacedIn(w)).toEqual({});
  });

  test('any call of the file system: the settings are those of the rules', async () => {
    let failures = 0;
    for (let count = 0; ; count += 1) {
      const w = await applied();
      w.files.trouble = { changesLeft: { count, errno: 'EIO', once: true } };
      const done = await apply(w, 2, 200000, 30).then(
        () => true,
        () => false,
      );
      w.files.trouble = {};
      expect(valuesOf(w)).toEqual(w.nftables.commits.length === 2 ? [200000, 30] : [100000, 60]);
      if (done) break;
      failures += 1;
      await rollback(w, { generation: 1, author });
      expect(valuesOf(w)).toEqual([100000, 60]);
      await clear(w, author);
      expect(valuesOf(w)).toEqual([65536, 60]);
    }
    expect(failures).toBeGreaterThanOrEqual(6);
  });
});
