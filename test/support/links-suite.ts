import { afterAll, describe, expect, it } from 'vitest';
import { type CurrentLinks, type Links, linkDifferences, mergeGoal, planLinks } from '../../src/bridges/index.js';
import { hardware, interfacesCases, linksOfCase } from './interfaces-cases.js';
import type { LinksWorld } from './links-world.js';

/** A host with `en0`, `en1` and `en2`, which are down. */
export interface TestHost {
  readonly world: LinksWorld;
  remove(): void;
}

const desired = new Map<string, Links>(interfacesCases.map((name) => [name, linksOfCase(name)]));
const linksOf = (name: string): Links => desired.get(name) ?? { links: [], guestPorts: [], unmanaged: [] };

/** Those the kernel makes up differ from host to host. */
const withoutMacs = ({ links, ...rest }: CurrentLinks): CurrentLinks => ({
  links: links.map((link) => ({ ...link, mac: null })),
  ...rest,
});

/** A device that is made again gets another address, unless it has that of a port. */
const hardwareMacs = ({ links, ...rest }: CurrentLinks): CurrentLinks => ({
  links: links.map((link) => (hardware.some((name) => name === link.name) ? link : { ...link, mac: null })),
  ...rest,
});

export interface LinksSuite<Host extends TestHost> {
  makeHost(): Host;
  /** The files to begin with. */
  readonly chosen: readonly string[];
  /** The files to go to from each. */
  readonly targets: readonly string[];
  /** More to be said of a host that was given one file's links and nothing else. */
  check?(name: string, host: Host): Promise<void> | void;
}

/**
 * Changes from each interfaces file to each other, and back; with each of their steps refused once, and with a run that
 * ends at each. Every file has one host, which holds its links whenever a test begins.
 */
export function linksSuite<Host extends TestHost>({ makeHost, chosen, targets, check }: LinksSuite<Host>): void {
  const hosts = new Map<string, { readonly host: Host; readonly clean: CurrentLinks }>();
  afterAll(() => {
    for (const { host } of hosts.values()) host.remove();
  });

  async function hostOf(name: string) {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const host = makeHost();
    await host.world.apply(linksOf(name));
    const made = { host, clean: await host.world.read() };
    hosts.set(name, made);
    return made;
  }

  /** The other files, beginning with the one after it. */
  function othersThan(name: string): readonly string[] {
    const at = targets.indexOf(name);
    return [...targets.slice(at + 1), ...targets.slice(0, Math.max(at, 0))];
  }

  describe('on a clean host', () => {
    it.each(targets)('%s', async (name) => {
      const { host } = await hostOf(name);
      await check?.(name, host);
      expect(restOf(linksOf(name), await host.world.read())).toBe(0);
    });
  });

  describe('from each file to each other, and back', () => {
    it.each(chosen)('%s', async (from) => {
      const problems: string[] = [];
      const { world } = (await hostOf(from)).host;
      for (const to of othersThan(from)) {
        const say = (lines: readonly string[]) => problems.push(...lines.map((line) => `${to}: ${line}`));
        const { clean } = await hostOf(to);
        const before = await world.read();
        await world.apply(linksOf(to));
        const there = await world.read();
        say(linkDifferences(withoutMacs(clean), withoutMacs(there)));
        if (restOf(linksOf(to), there) > 0) say(['the plan is not empty']);
        await world.rollback();
        const back = await world.read();
        say(linkDifferences(hardwareMacs(before), hardwareMacs(back)).map((line) => `back: ${line}`));
        if (restOf(linksOf(from), back) > 0) say(['back: the plan is not empty']);
      }
      expect(problems).toEqual([]);
    });
  });

  describe('a run that is cut short, wherever, is undone by the next one', () => {
    it.each(chosen)('%s', async (from) => {
      const problems: string[] = [];
      const { world } = (await hostOf(from)).host;
      const [to = from] = othersThan(from);
      const before = await world.read();
      for (let step = 0; ; step += 1) {
        world.cutAt = world.applied + step;
        if (!(await isRefused(world.apply(linksOf(to))))) {
          expect(step).toBeGreaterThan(0);
          break;
        }
        await world.apply(linksOf(from));
        problems.push(...linkDifferences(before, await world.read()).map((line) => `${to}, step ${step}: ${line}`));
      }
      world.cutAt = null;
      await world.apply(linksOf(from));
      expect(problems).toEqual([]);
    });
  });

  describe('a step that fails, whichever it is, leaves everything as it was', () => {
    it.each(chosen)('%s', async (from) => {
      const problems: string[] = [];
      const { world } = (await hostOf(from)).host;
      // Three plans from each file make more than thirty.
      const others = othersThan(from);
      for (const to of new Set([0, 3, 6].flatMap((place) => others[place % others.length] ?? []))) {
        const before = await world.read();
        for (let step = 0; ; step += 1) {
          world.failAt = world.applied + step;
          const failure = await refusalOf(world.apply(linksOf(to)));
          if (failure === null) {
            expect(step).toBeGreaterThan(0);
            break;
          }
          const lost = linkDifferences(before, await world.read());
          problems.push(...lost.map((line) => `${to}, step ${step}: ${line}`));
          if (!failure.includes('every step was undone')) problems.push(`${to}, step ${step}: ${failure}`);
        }
        world.failAt = null;
        await world.apply(linksOf(from));
      }
      expect(problems).toEqual([]);
    });
  });
}

const refusalOf = (run: Promise<unknown>): Promise<string | null> =>
  run.then(
    () => null,
    (error: unknown) => String(error),
  );

const isRefused = async (run: Promise<unknown>): Promise<boolean> => (await refusalOf(run)) !== null;

/** The steps a plan would still have. */
const restOf = (links: Links, current: CurrentLinks): number =>
  planLinks(mergeGoal(links, links, current), current).steps.length;
