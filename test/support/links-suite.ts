import { describe, expect, it } from 'vitest';
import { type CurrentLinks, type Links, linkDifferences } from '../../src/bridges/index.js';
import { hardware, interfacesCases, linksOfCase } from './interfaces-cases.js';
import type { LinksWorld } from './links-world.js';

/** A host with `en0`, `en1` and `en2`, which are down. */
export interface TestHost {
  readonly world: LinksWorld;
  remove(): void;
}

export async function onHost<T>(makeHost: () => TestHost, act: (world: LinksWorld) => Promise<T>): Promise<T> {
  const host = makeHost();
  try {
    return await act(host.world);
  } finally {
    host.remove();
  }
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

/**
 * Changes from each interfaces file to each other, and back; and with each of their steps refused once. `chosen` are the
 * files to begin with, `targets` those to go to.
 */
export function linksSuite(
  makeHost: () => TestHost,
  chosen: readonly string[],
  targets: readonly string[] = interfacesCases,
): void {
  const clean = new Map<string, CurrentLinks>();
  async function cleanState(name: string): Promise<CurrentLinks> {
    const known = clean.get(name);
    if (known !== undefined) return known;
    const state = await onHost(makeHost, async (world) => {
      await world.apply(linksOf(name));
      return world.read();
    });
    clean.set(name, state);
    return state;
  }

  describe('from each file to each other, and back', () => {
    it.each(chosen)('%s', async (from) => {
      const problems: string[] = [];
      for (const to of targets.filter((name) => name !== from)) {
        await onHost(makeHost, async (world) => {
          const say = (lines: readonly string[]) => problems.push(...lines.map((line) => `${to}: ${line}`));
          try {
            await world.apply(linksOf(from));
            const before = await world.read();
            await world.apply(linksOf(to));
            say(linkDifferences(withoutMacs(await cleanState(to)), withoutMacs(await world.read())));
            if ((await world.rest(linksOf(to))) > 0) say(['the plan is not empty']);
            await world.rollback();
            say(linkDifferences(hardwareMacs(before), hardwareMacs(await world.read())).map((line) => `back: ${line}`));
            if ((await world.rest(linksOf(from))) > 0) say(['back: the plan is not empty']);
          } catch (error) {
            say([String(error)]);
          }
        });
      }
      expect(problems).toEqual([]);
    });
  });

  describe('a run that is cut short, wherever, is undone by the next one', () => {
    it.each(chosen)('%s', async (from) => {
      const problems: string[] = [];
      const to = targets[(targets.indexOf(from) + 1) % targets.length] ?? from;
      await onHost(makeHost, async (world) => {
        await world.apply(linksOf(from));
        const before = await world.read();
        for (let step = 0; ; step += 1) {
          world.cutAt = world.applied + step;
          const cut = await world.apply(linksOf(to)).then(
            () => false,
            () => true,
          );
          if (!cut) {
            expect(step).toBeGreaterThan(0);
            break;
          }
          await world.apply(linksOf(from));
          problems.push(...linkDifferences(before, await world.read()).map((line) => `${to}, step ${step}: ${line}`));
        }
      });
      expect(problems).toEqual([]);
    });
  });

  describe('a step that fails, whichever it is, leaves everything as it was', () => {
    it.each(chosen)('%s', async (from) => {
      const problems: string[] = [];
      const at = targets.indexOf(from);
      // Three plans from each file make more than thirty.
      const next = new Set([1, 4, 7].map((more) => targets[(at + more) % targets.length] ?? from));
      next.delete(from);
      for (const to of next) {
        await onHost(makeHost, async (world) => {
          await world.apply(linksOf(from));
          const before = await world.read();
          for (let step = 0; ; step += 1) {
            world.failAt = world.applied + step;
            const failure: unknown = await world.apply(linksOf(to)).then(
              () => null,
              (error: unknown) => error,
            );
            if (failure === null) {
              expect(step).toBeGreaterThan(0);
              break;
            }
            const lost = linkDifferences(before, await world.read());
            problems.push(...lost.map((line) => `${to}, step ${step}: ${line}`));
            if (!String(failure).includes('every step was undone')) problems.push(`${to}, step ${step}: ${failure}`);
          }
        });
      }
      expect(problems).toEqual([]);
    });
  });
}
