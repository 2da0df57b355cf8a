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

  /** The host of a file is not used again where a test could not leave it as it was. */
  async function onHostOf(name: string, examine: (world: LinksWorld) => Promise<readonly string[]>): Promise<void> {
    const { host } = await hostOf(name);
    try {
      expect(await examine(host.world)).toEqual([]);
    } catch (error) {
      hosts.delete(name);
      host.remove();
      throw error;
    }
  }

  /** The other files, beginning with the one after it. */
  function othersThan(name: string): readonly string[] {
    const at = targets.indexOf(name);
    return [...targets.slice(at + 1), ...targets.slice(0, Math.max(at, 0))];
  }
  const pairs = (
    othersOf: (others: readonly string[]) => readonly (string | undefined)[],
  ): (readonly [string, string])[] =>
    chosen.flatMap((from) => [...new Set(othersOf(othersThan(from)))].map((to = from) => [from, to] as const));
  const all = pairs((others) => others);
  const next = pairs((others) => others.slice(0, 1));
  // Three plans from each file make more than thirty.
  const some = pairs((others) => [0, 3, 6].map((place) => others[place % others.length]));

  describe('on a clean host', () => {
    it.each(targets)('%s', async (name) => {
      const { host } = await hostOf(name);
      await check?.(name, host);
      expect(restOf(linksOf(name), await host.world.read())).toBe(0);
    });
  });

  describe('from each file to each other, and back', () => {
    it.each(all)('%s, %s', async (from, to) => {
      const { clean } = await hostOf(to);
      await onHostOf(from, async (world) => {
        const before = await world.read();
        await world.apply(linksOf(to));
        const there = await world.read();
        const left = restOf(linksOf(to), there);
        await world.rollback();
        const back = await world.read();
        return [
          ...linkDifferences(withoutMacs(clean), withoutMacs(there)),
          ...(left > 0 ? ['the plan is not empty'] : []),
          ...linkDifferences(hardwareMacs(before), hardwareMacs(back)).map((line) => `back: ${line}`),
          ...(restOf(linksOf(from), back) > 0 ? ['back: the plan is not empty'] : []),
        ];
      });
    });
  });

  describe('a run that is cut short, wherever, is undone by the next one', () => {
    it.each(next)('%s, %s', (from, to) =>
      onHostOf(from, async (world) => {
        const problems: string[] = [];
        const before = await world.read();
        for (let step = 0; await isCutAt(world, step, to); step += 1) {
          await world.apply(linksOf(from));
          problems.push(...linkDifferences(before, await world.read()).map((line) => `step ${step}: ${line}`));
        }
        await world.apply(linksOf(from));
        return problems;
      }),
    );
  });

  describe('a run that is cut short, wherever, is finished by the next one that asks for the same', () => {
    it.each(next)('%s, %s', async (from, to) => {
      const { clean } = await hostOf(to);
      await onHostOf(from, async (world) => {
        const problems: string[] = [];
        for (let step = 0; await isCutAt(world, step, to); step += 1) {
          await world.apply(linksOf(to));
          const there = await world.read();
          const differences = linkDifferences(withoutMacs(clean), withoutMacs(there));
          problems.push(...differences.map((line) => `step ${step}: ${line}`));
          await world.apply(linksOf(from));
        }
        await world.apply(linksOf(from));
        return problems;
      });
    });
  });

  describe('a step that fails, whichever it is, leaves everything as it was', () => {
    it.each(some)('%s, %s', (from, to) =>
      onHostOf(from, async (world) => {
        const problems: string[] = [];
        const before = await world.read();
        for (let step = 0; ; step += 1) {
          world.failAt = world.applied + step;
          const failure = await refusalOf(world.apply(linksOf(to)));
          if (failure === null) {
            expect(step).toBeGreaterThan(0);
            break;
          }
          problems.push(...linkDifferences(before, await world.read()).map((line) => `step ${step}: ${line}`));
          if (!failure.includes('every step was undone')) problems.push(`step ${step}: ${failure}`);
        }
        world.failAt = null;
        await world.apply(linksOf(from));
        return problems;
      }),
    );
  });
}

/** Begins a run that ends at one of its steps; false when it has no such step and came to its end. */
async function isCutAt(world: LinksWorld, step: number, to: string): Promise<boolean> {
  world.cutAt = world.applied + step;
  const isCut = (await refusalOf(world.apply(linksOf(to)))) !== null;
  world.cutAt = null;
  if (!isCut) expect(step).toBeGreaterThan(0);
  return isCut;
}

const refusalOf = (run: Promise<unknown>): Promise<string | null> =>
  run.then(
    () => null,
    (error: unknown) => String(error),
  );

/** The steps a plan would still have. */
const restOf = (links: Links, current: CurrentLinks): number =>
  planLinks(mergeGoal(links, links, current), current).steps.length;
