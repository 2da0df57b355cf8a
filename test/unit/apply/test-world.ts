import type { World } from '../../../src/apply/index.js';
import { FakeRoute } from '../../../src/netlink/index.js';
import { type MemoryFiles, memoryClock, memoryFiles, memoryProcesses } from '../../../src/ports/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { TestKernel } from './test-kernel.js';

export interface TestWorld extends World {
  readonly nftables: TestKernel;
  readonly sysctls: FakeSysctls;
  readonly files: MemoryFiles;
}

/** All in memory; each look at the clock is a minute later. */
export function testWorld(): TestWorld {
  const files = memoryFiles({ '/var/lib/placeholder': '' });
  let now = Date.UTC(2026, 0, 1);
  const clock = {
    ...memoryClock(),
    now: () => {
      now += 60_000;
      return now;
    },
  };
  return {
    files,
    state: { files, path: '/var/lib/ringwall' },
    clock,
    nftables: new TestKernel(),
    sysctls: new FakeSysctls(),
    route: new FakeRoute(),
    processes: memoryProcesses({}),
  };
}
