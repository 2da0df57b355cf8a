import { apply, clear, recover, rollback, type World } from '../../../src/apply/index.js';
import type { CurrentLink, LinkOperation } from '../../../src/bridges/index.js';
import { desiredLinks } from '../../../src/bridges/index.js';
import { compile } from '../../../src/compiler/index.js';
import { FakeNftables, FakeRoute } from '../../../src/netlink/index.js';
import { type MemoryFiles, memoryClock, memoryFiles, memoryProcesses } from '../../../src/ports/index.js';
import { readSite } from '../../../src/site/index.js';
import { FakeSysctls } from '../../../src/sysctl/index.js';
import { bareLink } from '../bare-link.js';
import { cards, type Files } from './change.js';
import { type Dump, isNowhere } from './dump.js';

/** The process is gone: nothing it does from now on has an effect. */
export class Killed extends Error {}

const card = (name: string, index: number): CurrentLink => ({
  ...bareLink(name, index),
  mac: `bc:24:11:00:00:0${index}`,
});

const STATE = '/var/lib/ringwall';
const author = { user: 'test', version: '0' };

/** A host in memory, where a run can be cut short at each of its calls that change something. */
export class MemoryHost {
  /** Calls that changed something since `watch`. */
  passed: string[] = [];
  #killAt: number | null = null;
  #dead = false;
  readonly #files: MemoryFiles = memoryFiles({ '/var/lib/placeholder': '' });
  readonly #site: MemoryFiles = memoryFiles();
  readonly #nftables = new FakeNftables();
  readonly #sysctls = new FakeSysctls();
  readonly #route = new FakeRoute({
    links: [{ ...card('lo', 1), up: true, mtu: 65_536 }, ...cards.map((name, at) => card(name, at + 2))],
    addresses: [],
    routes: [],
    forwarding: [],
  });

  write(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      this.#site.makeDirectory(`/${path.slice(0, path.lastIndexOf('/'))}`);
      if (text === null) this.#site.remove(`/${path}`);
      else this.#site.writeAtomically(`/${path}`, text);
    }
  }

  /** The exit code. A run that is killed throws `Killed`; null kills none. */
  async run(command: readonly string[], killAt: number | null): Promise<void> {
    this.passed = [];
    this.#killAt = killAt;
    this.#dead = false;
    const only = command.includes('firewall') ? 'firewall' : command.includes('network') ? 'network' : undefined;
    switch (command[0]) {
      case 'apply': {
        const { site, sources } = readSite(this.#site, { root: '/', hostname: 'pve1', now: 0 });
        const { ruleset, sysctls } = compile(site);
        const silent = site.interfaces.files.length === 0;
        const desired = {
          firewall: only === 'network' ? null : { ruleset, sysctls },
          links: only === 'firewall' || silent ? null : desiredLinks(site).links,
        };
        await apply(this.#world(), { ...desired, sources, node: 'pve1', author });
        return;
      }
      case 'rollback': {
        const generation = command[1] === '1' ? 1 : undefined;
        await rollback(this.#world(), { generation, only, author });
        return;
      }
      case 'clear':
        await clear(this.#world(), author);
        return;
      case 'recover':
        await recover(this.#world());
        return;
      default:
        throw new Error(`there is no ${command.join(' ')} in memory`);
    }
  }

  async dump(): Promise<Dump> {
    const { tables } = await this.#nftables.read();
    const { links, ...rest } = await this.#route.read();
    const records = [...this.#files.dump()].filter(
      ([path, text]) =>
        path.startsWith(`${STATE}/`) &&
        !/\/(lock|generations)$/.test(path) &&
        !(/\/position(-copy)?\.json$/.test(path) && text !== null && isNowhere(text)),
    );
    return new Map([
      ['tables', JSON.stringify(tables, (key, value: unknown) => (key === 'handle' ? undefined : plain(value)), 1)],
      ['links', JSON.stringify([links.map(({ mac, index, ...link }) => link), rest])],
      ['settings', JSON.stringify(this.#sysctls.dump())],
      ...records.map(([path, text]): [string, string] => [path, text ?? 'a directory']),
    ]);
  }

  #boundary(what: string): void {
    if (this.#dead) throw new Killed();
    this.passed.push(what);
    if (this.passed.length !== this.#killAt) return;
    this.#dead = true;
    throw new Killed();
  }

  #world(): World {
    const counted = <T extends object>(port: T, calls: readonly string[]): T =>
      new Proxy(port, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown => {
            // The kernel drops the lock of a process that is gone.
            if (this.#dead && key !== 'lock') throw new Killed();
            if (calls.includes(String(key)))
              this.#boundary(`${String(key)} ${typeof args[0] === 'string' ? args[0] : ''}`);
            return Reflect.apply(value, target, args);
          };
        },
      });
    const files = counted(this.#files, ['makeDirectory', 'writeAtomically', 'rename', 'remove']);
    const route = this.#route;
    const perform: FakeRoute['perform'] = async (operations, excuse) => {
      const done: LinkOperation[] = [];
      try {
        for (const operation of operations) {
          this.#boundary(operation.kind);
          done.push(operation);
        }
      } catch (error) {
        if (done.length > 0) await route.perform(done, excuse);
        throw error;
      }
      return route.perform(operations, excuse);
    };
    return {
      state: { files, path: STATE },
      clock: memoryClock(),
      nftables: counted(this.#nftables, ['commit', 'load']),
      sysctls: counted(this.#sysctls, ['write']),
      route: new Proxy(counted(route, []), {
        get: (target, key) => (key === 'perform' ? perform : Reflect.get(target, key)),
      }),
      processes: memoryProcesses({}),
    };
  }
}

const plain = (value: unknown): unknown => {
  if (value instanceof Map) return [...value];
  return typeof value === 'bigint' ? `${value}` : value;
};
