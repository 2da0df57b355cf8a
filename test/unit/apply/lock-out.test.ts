import { describe, expect, test } from 'vitest';
import { apply, clear, preview, rollback, type World } from '../../../src/apply/index.js';
import { readKeep } from '../../../src/guard/index.js';
import { FakeRoute } from '../../../src/netlink/index.js';
import { type MemoryFiles, memoryClock, memoryFiles, memoryProcesses } from '../../../src/ports/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { CLUSTER, HOST, links, rulesOf, type SiteFiles } from '../guard/world.js';
import { TestKernel } from './test-kernel.js';

const STATE = '/var/lib/ringwall';
const author = { user: 'anna', version: '0.1.0' };
const ways = [readKeep('198.51.100.7:22/tcp')];

const on = '[OPTIONS]\nenable: 1\n';
const open: SiteFiles = { [CLUSTER]: on, [HOST]: '[RULES]\nIN ACCEPT -source 198.51.100.0/24 -p tcp -dport 22\n' };
const closed: SiteFiles = { [CLUSTER]: on, [HOST]: '[RULES]\nIN DROP -source 198.51.100.0/24 -p tcp -dport 22\n' };

interface TestWorld extends World {
  readonly nftables: TestKernel;
  readonly files: MemoryFiles;
}

function world(): TestWorld {
  const files = memoryFiles({ '/var/lib/placeholder': '' });
  const state = { files, path: STATE };
  const clock = memoryClock();
  const [nftables, sysctls, route] = [new TestKernel(), new FakeSysctls(), new FakeRoute(links)];
  return { files, state, clock, nftables, sysctls, route, processes: memoryProcesses({}) };
}

const desired = (files: SiteFiles) => ({ firewall: { ruleset: rulesOf(files), sysctls: [] }, links: null });
const bring = (to: World, files: SiteFiles, guarded: typeof ways | null = ways) =>
  apply(to, {
    ...desired(files),
    sources: new Map(Object.entries(files)),
    node: 'pve1',
    author,
    ways: guarded ?? undefined,
  });

const refused = expect.objectContaining({
  code: 'lock-out',
  exit: 3,
  message: `this would close a way by which administrators get in:
  --keep, 198.51.100.7 to port 22/tcp: DROP by ${HOST}:2: IN DROP -source 198.51.100.0/24 -p tcp -dport 22`,
});

describe('a change that closes a way', () => {
  test('is refused before anything is written', async () => {
    const w = world();
    await bring(w, open);
    const commits = w.nftables.commits.length;
    const files = w.files.dump();
    await expect(bring(w, closed)).rejects.toEqual(refused);
    expect(w.nftables.commits).toHaveLength(commits);
    expect(w.files.dump()).toEqual(files);
  });

  test('also the first of all, whatever other tables do', async () => {
    const w = world();
    const files = w.files.dump();
    await expect(bring(w, closed)).rejects.toEqual(refused);
    expect(w.nftables.commits).toEqual([]);
    expect(w.files.dump()).toEqual(files);
  });

  test('that its review throws out leaves no state directory, and is shown once when it does not', async () => {
    const w = world();
    const who = { session: undefined, ways };
    const request = { ...desired(open), sources: new Map(), node: 'pve1', author };
    const files = w.files.dump();
    const see = () => {
      throw new Error('no');
    };
    await expect(apply(w, { ...request, review: { who, see } })).rejects.toThrow('no');
    expect(w.files.dump()).toEqual(files);
    let times = 0;
    const count = (): void => {
      times += 1;
    };
    expect(await apply(w, { ...request, review: { who, see: count } })).toMatchObject({ generation: 1 });
    expect(times).toBe(1);
  });

  test('is a finding of the preview, which refuses nothing', async () => {
    const w = world();
    await bring(w, open);
    const found = await preview(w, desired(closed), { session: undefined, ways });
    expect(found.closed).toMatchObject([
      { way: ways[0], ending: { verdict: 'DROP', origin: { file: HOST, line: 2 } } },
    ]);
  });

  test('goes ahead where no guard is asked for', async () => {
    const w = world();
    await bring(w, open);
    expect(await bring(w, closed, null)).toMatchObject({ generation: 2 });
    // From now on it is closed, and no reason any more.
    expect(await bring(w, { ...closed, [CLUSTER]: `${on}policy_out: DROP\n` })).toMatchObject({ generation: 3 });
  });

  test('may be a rollback', async () => {
    const w = world();
    await bring(w, closed, null);
    await bring(w, open);
    const files = w.files.dump();
    await expect(rollback(w, { author, ways })).rejects.toEqual(refused);
    await expect(rollback(w, { author, ways, only: 'firewall' })).rejects.toEqual(refused);
    expect(w.files.dump()).toEqual(files);
    expect(await rollback(w, { author })).toMatchObject({ generation: 1 });
    // Which opens again.
    expect(await rollback(w, { author, ways, generation: 2 })).toMatchObject({ generation: 2 });
  });

  test('is never a clear, but may be the way back from it', async () => {
    const w = world();
    await bring(w, closed, null);
    expect(await clear(w, author)).toMatchObject({ removed: ['inet ringwall', 'bridge ringwall'] });
    await expect(rollback(w, { author, ways })).rejects.toEqual(refused);
  });
});

describe('what the kernel holds now', () => {
  const extra = { matches: [], statements: [{ kind: 'counter' }], origin: null } as const;

  test('is known by digests, and not what was applied', async () => {
    const w = world();
    await bring(w, open);
    const wouldClose = async () => (await preview(w, desired(closed), { session: undefined, ways })).closed.length;
    expect(await wouldClose()).toBe(1);
    const { tables, generation } = await w.nftables.read();
    const [accepting] = tables[0]?.chains.find(({ name }) => name === 'host-in')?.rules ?? [];
    if (accepting === undefined) throw new Error('host-in has no rule');
    const table = { family: 'inet', name: 'ringwall' } as const;
    const remove = { kind: 'delete rule', table, chain: 'host-in', handle: accepting.handle, origin: null } as const;
    expect(await w.nftables.commit([remove], generation)).toMatchObject({ ok: true });
    expect(await wouldClose()).toBe(0);
  });

  test('is not known with a rule of somebody else: then every way may be open', async () => {
    const w = world();
    await bring(w, closed, null);
    await w.nftables.addForeignRule({ family: 'inet', name: 'ringwall' }, 'host-in', extra, 0);
    await expect(bring(w, closed)).rejects.toEqual(refused);
  });
});
