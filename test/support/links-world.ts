import { type Applied, apply, recover, rollback, type World } from '../../src/apply/index.js';
import type { CurrentLinks, LinkOperation, Links } from '../../src/bridges/index.js';
import { type Excuse, FakeNftables, type Performed, type RoutePort } from '../../src/netlink/index.js';
import { type MemoryFiles, memoryClock, memoryFiles, memoryProcesses, type Processes } from '../../src/ports/index.js';
import { FakeSysctls } from '../../src/sysctl/index.js';

const author = { user: 'test', version: '0' };

/** Links that are applied and rolled back over a port, with the records in memory. */
export class LinksWorld {
  readonly #port: RoutePort;
  readonly #world: World;
  readonly files: MemoryFiles;
  /** The operation that is refused next, counted from 0; null lets all pass. */
  failAt: number | null = null;
  /** The operation at which the run ends as if the power went, counted from 0. */
  cutAt: number | null = null;
  #applied = 0;

  constructor(port: RoutePort, processes: Processes = memoryProcesses({})) {
    this.#port = port;
    this.files = memoryFiles({ '/var/lib/placeholder': '' });
    this.#world = {
      state: { files: this.files, path: '/var/lib/ringwall' },
      clock: memoryClock(),
      nftables: new FakeNftables(),
      sysctls: new FakeSysctls(),
      processes,
      route: {
        read: () => port.read(),
        perform: (operations, excuse) => this.#perform(operations, excuse),
        apply: (operation) => port.apply(operation),
        rename: (link, name) => port.rename(link, name),
        move: (link, to) => port.move(link, to),
        close: () => port.close(),
      },
    };
  }

  read(): Promise<CurrentLinks> {
    return this.#port.read();
  }

  /** Operations tried so far. */
  get applied(): number {
    return this.#applied;
  }

  apply(links: Links, runHooks = false): Promise<Applied> {
    return apply(this.#world, { firewall: null, links, sources: new Map(), node: 'pve1', author, runHooks });
  }

  async rollback(): Promise<void> {
    await rollback(this.#world, { author });
  }

  async recover(): Promise<void> {
    await recover(this.#world);
  }

  async #perform(operations: readonly LinkOperation[], excuse?: Excuse): Promise<Performed> {
    const first = this.#applied;
    const isHere = (number: number | null): number is number =>
      number !== null && number >= first && number < first + operations.length;
    if (isHere(this.cutAt)) {
      const done = operations.slice(0, this.cutAt - first);
      this.#applied += done.length;
      this.cutAt = null;
      await this.#port.perform(done, excuse);
      throw new Error('cut short');
    }
    this.#applied += operations.length;
    if (!isHere(this.failAt)) return this.#port.perform(operations, excuse);
    const failing = operations.with(this.failAt - first, impossible);
    this.failAt = null;
    return this.#port.perform(failing, excuse);
  }
}

/** Every kernel refuses it. */
const impossible: LinkOperation = { kind: 'delete link', link: 'not-there' };
