import process from 'node:process';
import { describe, expect, test } from 'vitest';
import {
  apply as bringKernel,
  clear,
  confirm,
  history,
  readPosition,
  recover,
  rollback,
  sitDown,
  startWatchmen,
  status,
  type World,
  watchPending,
} from '../../../src/apply/index.js';
import { unitArguments } from '../../../src/apply/watchmen.js';
import { Failure } from '../../../src/diagnostics/index.js';
import { FakeRoute } from '../../../src/netlink/index.js';
import {
  type MemoryClock,
  type MemoryFiles,
  type MemoryProcesses,
  memoryClock,
  memoryFiles,
  memoryProcesses,
} from '../../../src/ports/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { desiredOf } from '../bridges/site.js';
import { portRule, tableOf } from './random-ruleset.js';
import { TestKernel } from './test-kernel.js';

interface TestWorld extends World {
  readonly clock: MemoryClock;
  readonly files: MemoryFiles;
  readonly nftables: TestKernel;
  readonly sysctls: FakeSysctls;
  readonly processes: MemoryProcesses;
}

function world(): TestWorld {
  const files = memoryFiles({ '/var/lib/placeholder': '' });
  return {
    files,
    state: { files, path: '/var/lib/ringwall' },
    clock: memoryClock(),
    nftables: new TestKernel(),
    sysctls: new FakeSysctls(),
    route: new FakeRoute(),
    processes: memoryProcesses({}),
  };
}

const author = { user: 'anna', version: '0.1.0' };
const MAX = 'net.netfilter.nf_conntrack_max';
const origin = { file: 'etc/pve/nodes/pve1/host.fw', line: 3 };
const SECONDS = 60;
const DEADLINE = SECONDS * 1000;
/** Milliseconds since boot when a test begins. */
const START = memoryClock().sinceBoot();
const POSITION = '/var/lib/ringwall/position.json';
const WAY_BACK = '/var/lib/ringwall/way-back.json';
const LINKS_UNDO = '/var/lib/ringwall/links-undo.json';
const nobody = async (): Promise<void> => {};

/** A rule, a setting and a bridge that all tell one number from another. */
const site = (number: number) => ({
  firewall: {
    ruleset: { tables: [tableOf([{ name: 'in', rules: [portRule(number)] }])] },
    sysctls: [{ name: MAX, value: 1000 + number, origin } as const],
  },
  links: desiredOf(`auto br${number}\niface br${number}\n\tbridge-ports none\n\taddress 192.0.2.${number}/24\n`).links,
});

const apply = (w: World, number: number, timer?: { extend?: boolean; seconds?: number }) =>
  bringKernel(w, {
    ...site(number),
    sources: new Map(),
    node: 'pve1',
    author,
    timer: timer && { seconds: timer.seconds ?? SECONDS, extend: timer.extend ?? false, startWatchmen: nobody },
  });
const applyPending = (w: World, number: number) => apply(w, number, {});

/** All that the kernel holds of what a change changes. */
async function kernel({ nftables, sysctls, route }: World) {
  const { tables } = await nftables.read();
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules.map(({ digest }) => digest)));
  const { links, ...rest } = await route.read();
  // A link that is made again gets another number.
  const unnumbered = links.map((link) => ({ ...link, index: 0 }));
  return { tables: tables.length, rules, max: sysctls.read(MAX)?.value, links: { links: unnumbered, ...rest } };
}

/** A world with generation 1 in force, and what its kernel holds. */
async function settled() {
  const w = world();
  await apply(w, 1);
  return { w, old: await kernel(w) };
}

/** The same with generation 2 pending. */
async function waiting() {
  const { w, old } = await settled();
  await applyPending(w, 2);
  return { w, old, fresh: await kernel(w) };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: { code: string; message: string; exit: number }) => error,
  );

describe('a change with a timer', () => {
  test('is in force and pending, and is taken back at the deadline with all it changed', async () => {
    const { w, old, fresh } = await waiting();
    expect(fresh).not.toEqual(old);
    expect(readPosition(w.state)).toMatchObject({
      current: 2,
      confirmed: 1,
      pending: { generation: 2, back: 1, until: '2026-01-01T00:01:00.000Z' },
    });
    expect(await status(w)).toMatchObject({ generation: 2, drift: [], pending: { left: DEADLINE } });
    await watchPending(w, nobody);
    expect(w.clock.sinceBoot()).toBe(START + DEADLINE);
    expect(await kernel(w)).toEqual(old);
    expect(readPosition(w.state)).toMatchObject({ current: 1, confirmed: 1, pending: null, unconfirmed: [2] });
    expect(w.files.dump().has(WAY_BACK)).toBe(false);
    expect(history(w.state).entries.map(({ generation, confirmed }) => [generation, confirmed])).toEqual([
      [2, false],
      [1, true],
    ]);
  });

  test('is kept by a confirm, and the watchman goes home', async () => {
    const { w, fresh } = await waiting();
    w.clock.advance(DEADLINE - 1);
    expect(await confirm(w, null)).toEqual({ generation: 2, pending: null });
    await watchPending(w, nobody);
    w.clock.advance(DEADLINE);
    expect(await recover(w)).toEqual({ generation: 2, takenBack: null, interrupted: null });
    expect(await kernel(w)).toEqual(fresh);
    expect(history(w.state).entries.every(({ confirmed }) => confirmed)).toBe(true);
    expect(await failure(confirm(w, null))).toMatchObject({ code: 'nothing-pending' });
  });

  test('a confirm at the deadline is too late, and takes it back itself', async () => {
    const { w, old } = await waiting();
    w.clock.advance(DEADLINE);
    expect(await failure(confirm(w, null))).toMatchObject({
      code: 'too-late',
      message: 'too late: generation 2 goes back to generation 1, and is no more in force',
    });
    expect(await kernel(w)).toEqual(old);
  });

  test('that is the first one goes back to nothing of ours', async () => {
    const w = world();
    const old = await kernel(w);
    await applyPending(w, 2);
    w.clock.advance(DEADLINE);
    expect(await recover(w)).toEqual({ generation: null, takenBack: 1, interrupted: null });
    expect(await kernel(w)).toEqual(old);
    expect(old.tables).toBe(0);
  });

  test.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])('does not mind a time of day that is set %s an hour', async (_, by) => {
    const { w, old, fresh } = await waiting();
    w.clock.set(w.clock.now() + by);
    w.clock.advance(DEADLINE - 1);
    expect((await recover(w)).takenBack).toBe(null);
    expect(await kernel(w)).toEqual(fresh);
    w.clock.advance(1);
    expect((await recover(w)).takenBack).toBe(2);
    expect(await kernel(w)).toEqual(old);
  });

  test('does not outlive a start of the machine', async () => {
    const { w, old } = await waiting();
    w.clock.reboot();
    w.clock.advance(1);
    expect((await recover(w)).takenBack).toBe(2);
    expect(await kernel(w)).toEqual(old);
  });

  test('cannot be where nobody knows what is in force', async () => {
    const { w, old } = await settled();
    for (const path of [...w.files.dump().keys()]) if (path.startsWith('/var/lib/ringwall/')) w.files.remove(path);
    expect(await failure(applyPending(w, 2))).toMatchObject({ code: 'no-way-back' });
    expect(await kernel(w)).toEqual(old);
  });

  test('that says what is in force already is not pending', async () => {
    const { w } = await settled();
    expect(await applyPending(w, 1)).toEqual({ generation: 1, changes: [], warnings: [], pending: null });
  });
});

describe('while a change is pending', () => {
  test('others are refused, and say which', async () => {
    const { w, fresh } = await waiting();
    const dump = w.files.dump();
    for (const other of [
      () => apply(w, 3),
      () => applyPending(w, 3),
      () => clear(w, author),
      () => rollback(w, { generation: 2, author }),
    ]) {
      expect(await failure(other())).toMatchObject({
        code: 'pending',
        exit: 3,
        message:
          'a change is pending: generation 2, applied by anna, goes back to generation 1 in 60 s unless confirmed; nothing was changed',
      });
    }
    expect(await kernel(w)).toEqual(fresh);
    expect(w.files.dump()).toEqual(dump);
  });

  test.each([undefined, 1])('rollback to %s takes it back at once', async (generation) => {
    const { w, old } = await waiting();
    expect(await rollback(w, { generation, author })).toMatchObject({ generation: 1, takenBack: 2 });
    expect(await kernel(w)).toEqual(old);
  });

  test('rollback that is killed half way is finished by the next run, although there was time left', async () => {
    for (const next of [recover, (w: World) => failure(confirm(w, null))]) {
      const { w, old } = await waiting();
      w.nftables.beforeLoad = async () => {
        w.nftables.beforeLoad = undefined;
        throw new Error('the power went');
      };
      await expect(rollback(w, { author })).rejects.toThrow('the power went');
      expect((await kernel(w)).links).toEqual(old.links);
      await next(w);
      expect(await kernel(w)).toEqual(old);
      expect(readPosition(w.state)).toMatchObject({ current: 1, confirmed: 1, pending: null, unconfirmed: [2] });
    }
  });

  test('what undoes the links goes with the next run when its own was killed before it could remove it', async () => {
    const { w, fresh } = await waiting();
    w.files.writeAtomically(LINKS_UNDO, '{"generation":2,"inverses":[]}\n');
    expect((await recover(w)).takenBack).toBe(null);
    expect(await kernel(w)).toEqual(fresh);
    expect(w.files.dump().has(LINKS_UNDO)).toBe(false);
  });

  test('rollback on a full disk takes it back all the same', async () => {
    const { w, old } = await waiting();
    w.files.trouble = { space: 0 };
    await failure(rollback(w, { author }));
    expect(await kernel(w)).toEqual(old);
  });

  test('more time is more time', async () => {
    const { w, old } = await waiting();
    w.clock.advance(DEADLINE - 1);
    const { pending } = await confirm(w, 100);
    expect(pending).toMatchObject({ generation: 2, back: 1 });
    w.clock.advance(99_999);
    expect((await recover(w)).takenBack).toBe(null);
    w.clock.advance(1);
    expect((await recover(w)).takenBack).toBe(2);
    expect(await kernel(w)).toEqual(old);
  });

  test('--extend goes on from it, any number of times, and leads back to where it all began', async () => {
    const { w, old } = await waiting();
    for (const number of [3, 4, 3]) {
      w.clock.advance(DEADLINE - 1);
      expect((await apply(w, number, { extend: true })).pending).toMatchObject({ back: 1 });
    }
    // What changes nothing gets the new deadline all the same.
    w.clock.advance(DEADLINE - 1);
    expect(await apply(w, 3, { extend: true })).toMatchObject({
      generation: 5,
      changes: [],
      pending: { generation: 5 },
    });
    w.clock.advance(DEADLINE - 1);
    expect((await recover(w)).takenBack).toBe(null);
    w.clock.advance(1);
    expect((await recover(w)).takenBack).toBe(5);
    expect(await kernel(w)).toEqual(old);
    expect(history(w.state).entries.map(({ generation, confirmed }) => [generation, confirmed])).toEqual([
      [5, false],
      [4, false],
      [3, false],
      [2, false],
      [1, true],
    ]);
  });

  test('--extend that the kernel refuses leaves it pending, with its way back', async () => {
    const { w, old, fresh } = await waiting();
    w.sysctls.readOnly.add(MAX);
    expect(await failure(apply(w, 3, { extend: true }))).not.toBe(null);
    w.sysctls.readOnly.clear();
    expect(await kernel(w)).toEqual(fresh);
    expect(readPosition(w.state)).toMatchObject({ current: 2, pending: { generation: 2 }, unconfirmed: [] });
    w.clock.advance(DEADLINE);
    expect((await recover(w)).takenBack).toBe(2);
    expect(await kernel(w)).toEqual(old);
  });
});

describe('nothing keeps it from going back', () => {
  /** Lets a watchman wait; `spoil` is called when the change is pending, `mend` when the kernel holds the old state. */
  async function watched(spoil: (w: TestWorld) => Promise<void> | void, mend: (w: TestWorld) => void = () => {}) {
    const { w, old } = await waiting();
    let spoiled = false;
    let back: number | null = null;
    w.clock.afterWait = async () => {
      if (!spoiled) await spoil(w);
      spoiled = true;
      if (back === null && JSON.stringify((await kernel(w)).links) === JSON.stringify(old.links)) {
        back = w.clock.sinceBoot() - START;
        mend(w);
      }
    };
    await watchPending(w, nobody);
    expect(await kernel(w)).toEqual(old);
    expect(back ?? w.clock.sinceBoot() - START).toBeLessThanOrEqual(DEADLINE + 1000);
    expect(readPosition(w.state)).toMatchObject({ current: 1, pending: null });
  }

  const mended = (w: TestWorld): void => {
    w.files.trouble = {};
  };

  test.each<[string, (w: TestWorld) => Promise<void> | void, ((w: TestWorld) => void)?]>([
    [
      'a full disk',
      (w) => {
        w.files.trouble = { space: 0 };
      },
      mended,
    ],
    [
      'a disk that can only be read',
      (w) => {
        w.files.trouble = { changesLeft: { count: 0, errno: 'EROFS', once: false } };
      },
      mended,
    ],
    [
      'a disk that cannot be read',
      (w) => {
        w.files.trouble = { forbidden: ['/var/lib/ringwall'] };
      },
      mended,
    ],
    ['a position that is cut off', (w) => w.files.writeAtomically(POSITION, '{"current":')],
    ['a way back that is cut off', (w) => w.files.writeAtomically(WAY_BACK, '{"from":')],
    ['a way back that is gone', (w) => w.files.remove(WAY_BACK)],
    ['another program that commits', (w) => w.nftables.addForeignSet({ family: 'inet', name: 'ringwall' }, 'foreign')],
    [
      'a kernel that refuses the batch',
      (w) => {
        w.nftables.beforeLoad = async () => ({ ok: false, reason: 'unknown' });
      },
    ],
    [
      'rules that cannot be compared',
      (w) => {
        w.nftables.addForeignSet({ family: 'inet', name: 'ringwall' }, 'foreign');
        w.nftables.beforeCommit = async () => ({ ok: false, reason: 'refused', errors: [] });
      },
    ],
  ])('%s', (_, spoil, mend) => watched(spoil, mend));

  test('a lock whose holder is stopped', async () => {
    const { w, old } = await waiting();
    const lock = w.files.lock('/var/lib/ringwall/lock');
    if (lock.held) w.processes.stopped.set(process.pid, lock.release);
    expect(await watchPending(w, nobody)).toEqual({ kind: 'settled' });
    expect(w.clock.sinceBoot()).toBe(START + DEADLINE + 100);
    expect(await kernel(w)).toEqual(old);
  });

  test('a lock whose holder works is waited for', async () => {
    const { w, old, fresh } = await waiting();
    const lock = w.files.lock('/var/lib/ringwall/lock');
    w.clock.afterWait = async () => {
      if (w.clock.sinceBoot() < START + DEADLINE + 5000) expect(await kernel(w)).toEqual(fresh);
      else if (lock.held) lock.release();
    };
    expect(await watchPending(w, nobody)).toEqual({ kind: 'settled' });
    expect(await kernel(w)).toEqual(old);
  });

  test('a new watchman that finds the way back cut off', async () => {
    const { w, old } = await waiting();
    const text = w.files.dump().get(WAY_BACK) ?? '';
    w.files.writeAtomically(WAY_BACK, text.slice(0, text.length / 2));
    w.clock.advance(DEADLINE);
    await watchPending(w, nobody);
    const { links, ...rest } = await kernel(w);
    expect(rest).toEqual({ ...rest, tables: old.tables, rules: old.rules, max: old.max });
    expect(links.addresses).toEqual(old.links.addresses);
  });
});

describe('a watchman whose state directory is gone', () => {
  const gone = async (spoil: (w: TestWorld) => void) => {
    const { w, old, fresh } = await waiting();
    let rounds = 0;
    w.clock.afterWait = async () => {
      rounds += 1;
      if (rounds === 3) spoil(w);
    };
    const end = await watchPending(w, nobody);
    return { w, old, fresh, end, spent: w.clock.sinceBoot() - START };
  };
  const remove = (w: TestWorld): void => w.files.remove('/var/lib/ringwall');

  test('takes the change back at once, because nobody can confirm it, and makes no new one', async () => {
    const { w, old, end, spent } = await gone(remove);
    expect(end).toEqual({ kind: 'records gone', failure: null });
    expect(spent).toBe(300);
    expect(await kernel(w)).toEqual(old);
    expect(w.files.attributes('/var/lib/ringwall')).toBe(null);
  });

  test('tries for a while, and then says why it could not', async () => {
    const { end, spent, w, fresh } = await gone((w) => {
      remove(w);
      w.nftables.beforeLoad = async () => ({ ok: false, reason: 'unknown' });
    });
    expect(end).toMatchObject({ kind: 'records gone', failure: { code: 'not-back' } });
    expect(spent).toBeLessThan(DEADLINE);
    expect((await kernel(w)).rules).toEqual(fresh.rules);
  });

  test('leaves the kernel alone when another one has its place', async () => {
    const { w, fresh, end } = await gone((w) => {
      remove(w);
      w.files.makeDirectory('/var/lib/ringwall');
    });
    expect(end).toEqual({ kind: 'records gone', failure: null });
    expect(await kernel(w)).toEqual(fresh);
  });

  test('before it began has nothing to wait for', async () => {
    expect(await watchPending(world(), nobody)).toEqual({ kind: 'settled' });
  });
});

test('a watchman whose network namespace is gone ends at the deadline', async () => {
  const { w } = await waiting();
  const { sysctls } = w;
  const read = () => {
    throw new Failure('no-such-netns', 'there is no network namespace n1');
  };
  const there = {
    ...w,
    sysctls: { write: (...args: Parameters<typeof sysctls.write>) => sysctls.write(...args), read },
  };
  expect(await watchPending(there, nobody)).toEqual({ kind: 'namespace gone' });
  expect(w.clock.sinceBoot()).toBe(START + DEADLINE);
});

describe('whatever fails on the way leads back', () => {
  const troubles = (once: boolean) => Array.from({ length: 28 }, (_, count) => ({ count, once }));

  test.each([...troubles(true), ...troubles(false)])('the write after $count, once: $once', async ({ count, once }) => {
    const { w, old } = await settled();
    w.files.trouble = { changesLeft: { count, errno: 'EIO', once } };
    await failure(applyPending(w, 2));
    // As long as nothing can be written, and then when it can.
    w.clock.afterWait = async () => {
      if (JSON.stringify(await kernel(w)) === JSON.stringify(old)) w.files.trouble = {};
    };
    await watchPending(w, nobody);
    expect(await kernel(w)).toEqual(old);
    w.files.trouble = {};
    await recover(w);
    expect(readPosition(w.state)).toMatchObject({ current: 1, confirmed: 1, applying: null, pending: null });
  });

  test('watchmen that cannot be started', async () => {
    const { w, old } = await settled();
    const dump = w.files.dump();
    const timer = { seconds: 9, extend: false, startWatchmen: () => Promise.reject(new Error('no more processes')) };
    const request = { ...site(2), sources: new Map(), node: null, author, timer };
    await expect(bringKernel(w, request)).rejects.toThrow('no more processes');
    expect(await kernel(w)).toEqual(old);
    expect(w.files.dump()).toEqual(dump);
  });
});

describe('who waits', () => {
  const watchman = { program: '/usr/bin/node', args: ['/opt/ringwall', 'recover', '--await'], unit: true };
  const node = { '/usr/bin/node': () => ({ kind: 'exited', code: 0, output: '' }) as const };
  const run = (w: TestWorld, kind: 'ok' | 'refused') => ({
    ...w,
    files: w.files,
    processes: memoryProcesses({
      ...node,
      '/usr/bin/systemd-run': () => ({ kind: 'exited', code: kind === 'ok' ? 0 : 1, output: '' }),
    }),
  });

  test('is a unit where systemd runs', async () => {
    const w = run(world(), 'ok');
    w.files.makeDirectory('/run/systemd/system');
    await startWatchmen(w, watchman, 7);
    expect(w.processes.runs.map(({ program, args }) => [program, ...args])).toEqual([
      ['/usr/bin/systemd-run', ...unitArguments(watchman, 7)],
    ]);
    expect(unitArguments(watchman, 7)).toEqual(
      expect.arrayContaining(['--unit=ringwall-confirm-7', '--property=Restart=on-failure', 'recover', '--await']),
    );
    expect(w.processes.starts).toEqual([]);
  });

  test.each<[string, boolean, boolean, 'ok' | 'refused']>([
    ['without systemd', false, true, 'ok'],
    ['in a namespace that systemd does not know', true, false, 'ok'],
    ['when systemd refuses', true, true, 'refused'],
  ])('are two processes %s', async (_, systemd, unit, kind) => {
    const w = run(world(), kind);
    if (systemd) w.files.makeDirectory('/run/systemd/system');
    await startWatchmen(w, { ...watchman, unit }, 7);
    expect(w.processes.starts.map(({ args }) => args)).toEqual([
      [...watchman.args, '--paired'],
      [...watchman.args, '--paired'],
    ]);
  });

  test('there are two seats, and whose neighbour is gone starts another', async () => {
    const { w } = await waiting();
    const processes = memoryProcesses(node);
    const here = { ...w, processes };
    const first = await sitDown(here, watchman);
    await first?.tick();
    expect(processes.starts).toEqual([]);
    w.clock.advance(501);
    await first?.tick();
    await first?.tick();
    expect(processes.starts.map(({ args }) => args)).toEqual([[...watchman.args, '--paired']]);
    const second = await sitDown(here, watchman);
    expect(second).not.toBe(null);
    expect(await sitDown(here, watchman)).toBe(null);
    await first?.tick();
    await second?.tick();
    expect(processes.starts.length).toBe(1);
  });
});
