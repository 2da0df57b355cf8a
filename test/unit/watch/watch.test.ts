import { beforeEach, expect, test } from 'vitest';
import { apply, type Desired, status, type World } from '../../../src/apply/index.js';
import { Failure } from '../../../src/diagnostics/index.js';
import { FakeMonitor, FakeRoute } from '../../../src/netlink/index.js';
import {
  type MemoryFiles,
  memoryClock,
  memoryFiles,
  memoryProcesses,
  type StateFiles,
} from '../../../src/ports/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { type Reading, type WatchEvent, type Watched, watch } from '../../../src/watch/index.js';
import { portRule, tableOf } from '../apply/random-ruleset.js';
import { TestKernel } from '../apply/test-kernel.js';

const SITE = '/site';
const author = { user: 'anna', version: '0.1.0' };

let files: MemoryFiles;
let kernel: TestKernel;
let monitor: FakeMonitor;
let world: World;
let now: number;
let events: WatchEvent[];
/** Milliseconds between two turns. */
let pauses: number[];
beforeEach(() => {
  now = Date.UTC(2026, 0, 1);
  files = memoryFiles({ [SITE]: '80' });
  kernel = new TestKernel();
  monitor = new FakeMonitor();
  events = [];
  world = {
    state: { files, path: '/var/lib/ringwall' },
    clock: { ...memoryClock(), now: () => now, sinceBoot: () => now },
    nftables: kernel,
    sysctls: new FakeSysctls(),
    route: new FakeRoute(),
    processes: memoryProcesses({}),
  };
});

const firewall = (...ports: number[]): Desired => ({
  firewall: {
    ruleset: { tables: [tableOf([{ name: 'in', rules: ports.map((port, line) => portRule(port, line + 1)) }])] },
    sysctls: [],
  },
  links: null,
});

/** The site is a port, or `PORT until SECONDS` for one that is closed then. */
function read(through: StateFiles): Reading {
  const bytes = through.read(SITE);
  const [, port, until] = /^(\d+)(?: until (\d+))?$/.exec(bytes === null ? '' : new TextDecoder().decode(bytes)) ?? [];
  if (port === undefined) throw new Failure('no-site', 'there is no site');
  const end = until === undefined ? null : Number(until);
  const over = end !== null && now >= end;
  return {
    desired: over ? firewall() : firewall(Number(port)),
    sources: new Map(),
    node: 'pve1',
    errors: 0,
    diagnostics: [],
    validUntil: over ? null : end,
  };
}

/** Watches while these steps are done, one at each turn; then the end comes. */
async function during(...steps: readonly (() => unknown)[]): Promise<void> {
  pauses = [];
  let next = 0;
  let ended = false;
  const watched: Watched = {
    world,
    monitor,
    pid: 1,
    read,
    ways: [],
    author,
    tell: (event) => events.push(event),
    pause: async (milliseconds) => {
      now += milliseconds;
      // Only the pause between two turns: the short one waits for files to come to rest.
      if (milliseconds < 1000) return;
      pauses.push(milliseconds);
      await steps[next]?.();
      ended = next >= steps.length;
      next += 1;
    },
    ended: () => ended,
  };
  await watch(watched);
}

const write = (text: string) => (): void => files.writeAtomically(SITE, text);
const told = (): string[] => events.map((event) => ('cause' in event ? `${event.event} ${event.cause}` : event.event));
const ports = async (): Promise<number> =>
  (await kernel.read()).tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)).length;
const wait = (milliseconds: number) => (): void => {
  now += milliseconds;
};

test('a change is applied once, and nothing else is', async () => {
  await during(
    write('81'),
    () => {},
    () => {},
  );
  expect(told()).toEqual(['started', 'applied start', 'applied files', 'stopped']);
  expect(kernel.commits).toHaveLength(2);
});

test('a look that takes long is made less often, an apply that takes long keeps nobody from looking', async () => {
  kernel.beforeCommit = async () => {
    now += 5000;
    return undefined;
  };
  const { read: readFile } = files;
  await during(write('81'), () => {
    files.writeAtomically(SITE, '82');
    files.read = (path) => {
      if (path === SITE) now += 100;
      return readFile(path);
    };
  });
  expect(kernel.commits).toHaveLength(3);
  expect(pauses).toEqual([1000, 1000, 2000]);
});

test('a site that cannot be read is told once, and read again when it can be', async () => {
  await during(
    write('x'),
    wait(31_000),
    wait(31_000),
    () => {},
    write('82'),
    () => {},
  );
  expect(told()).toEqual(['started', 'applied start', 'failed files', 'applied files', 'stopped']);
  expect(await ports()).toBe(1);
});

test('what fails for another reason than the files is tried again', async () => {
  kernel.features = { ...kernel.features, log: true };
  files.trouble.space = 100;
  await during(
    () => {
      delete files.trouble.space;
    },
    wait(31_000),
    () => {},
  );
  expect(told()).toEqual(['started', 'failed start', 'applied retry', 'stopped']);
});

test('a trial ends by itself', async () => {
  files.writeAtomically(SITE, `80 until ${now + 5000}`);
  await during(
    () => {},
    wait(5000),
    () => {},
  );
  expect(told()).toEqual(['started', 'applied start', 'applied time', 'stopped']);
});

test('it waits while another run holds the lock, and says so once', async () => {
  let release = (): void => {};
  await during(
    () => {
      const lock = files.lock('/var/lib/ringwall/lock');
      if (lock.held) release = lock.release;
      files.writeAtomically(SITE, '81');
    },
    () => {},
    () => {},
    () => release(),
    () => {},
  );
  expect(told()).toEqual(['started', 'applied start', 'waiting files', 'applied files', 'stopped']);
});

test('commits of others are told and named by status; our own are not told', async () => {
  const touched = [{ family: 'inet', kind: 'chain', name: 'in' }] as const;
  let drift: readonly unknown[] = [];
  await during(
    async () => {
      await kernel.addForeignRule({ family: 'inet', name: 'ringwall' }, 'in', portRule(99, 1), 0);
      monitor.tell({
        commits: [
          { generation: 4, pid: 1, process: 'node', touched },
          { generation: 5, pid: 77, process: 'nft', touched },
          { generation: 6, pid: 78, process: 'docker', touched: [] },
        ],
      });
    },
    async () => {
      ({ drift } = await status(world));
    },
  );
  expect(events.filter(({ event }) => event === 'commit')).toEqual([
    { event: 'commit', generation: 5, pid: 77, process: 'nft', touched: ['inet/in'] },
  ]);
  expect(drift).toEqual([expect.objectContaining({ by: expect.objectContaining({ process: 'nft', pid: 77 }) })]);
  // Nobody listens any more: who knows what happened since.
  const [after] = (await status(world)).drift;
  expect(after?.by).toBeUndefined();
});

test('after lost notices nobody is named', async () => {
  const touched = [{ family: 'inet', kind: 'chain', name: 'in' }] as const;
  let named = true;
  await during(
    async () => {
      await kernel.addForeignRule({ family: 'inet', name: 'ringwall' }, 'in', portRule(99, 1), 0);
      monitor.tell({ commits: [{ generation: 5, pid: 77, process: 'nft', touched }] });
    },
    () => monitor.tell({ lost: true }),
    async () => {
      named = (await status(world)).drift.some(({ by }) => by !== undefined);
    },
  );
  expect(named).toBe(false);
  expect(told()).toContain('lost');
});

test('a full disk keeps nobody from following the files', async () => {
  await during(
    () => {
      files.trouble.space = 0;
      monitor.tell({
        commits: [{ generation: 5, pid: 77, process: 'nft', touched: [{ family: 'inet', kind: 'chain', name: 'in' }] }],
      });
    },
    () => {
      delete files.trouble.space;
      files.writeAtomically(SITE, '81');
    },
    () => {},
  );
  expect(told()).toEqual(['started', 'applied start', 'failed commits', 'commit', 'applied files', 'stopped']);
});

test('a second one is refused, and the first one goes on', async () => {
  let refusal: unknown;
  await during(
    async () => {
      refusal = await during().catch((error: unknown) => error);
    },
    write('81'),
    () => {},
  );
  expect(refusal).toMatchObject({ code: 'already-watching' });
  expect(told()).toEqual(['started', 'applied start', 'applied files', 'stopped']);
});

test('somebody else’s generation stays until the files change', async () => {
  await during(
    () => apply(world, { ...firewall(90, 91), sources: new Map(), node: 'pve1', author }),
    () => {},
    wait(60_000),
  );
  expect(told()).toEqual(['started', 'applied start', 'stopped']);
  expect(await ports()).toBe(2);
});
