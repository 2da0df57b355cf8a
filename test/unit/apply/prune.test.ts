import { describe, expect, test } from 'vitest';
import { apply, history, rollback } from '../../../src/apply/index.js';
import { outdated } from '../../../src/apply/prune.js';
import { Failure } from '../../../src/diagnostics/index.js';
import { portRule, tableOf } from './random-ruleset.js';
import { testWorld } from './test-world.js';

const day = 24 * 60 * 60 * 1000;
const now = Date.UTC(2026, 5, 1);
/** Generations 1 to `count`; the newest is `newest` days old, each one before it `step` days older. */
const made = (count: number, newest: number, step: number) =>
  Array.from({ length: count }, (_, index) => ({
    generation: index + 1,
    time: now - (newest + (count - 1 - index) * step) * day,
  }));
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => to - index);

describe('outdated generations', () => {
  test('none of the newest twenty, however old', () => {
    expect(outdated(made(20, 4000, 10), new Set(), now)).toEqual([]);
  });

  test('those beyond twenty that are older than thirty days', () => {
    expect(outdated(made(40, 0, 1), new Set(), now)).toEqual(numbers(1, 9));
    expect(outdated(made(25, 31, 0), new Set(), now)).toEqual(numbers(1, 5));
    expect(outdated(made(25, 30, 0), new Set(), now)).toEqual([]);
  });

  test('those beyond fifty, however young', () => {
    expect(outdated(made(53, 0, 0), new Set(), now)).toEqual(numbers(1, 3));
  });

  test('never one that is needed', () => {
    expect(outdated(made(103, 400, 1), new Set([1, 3, 50]), now)).toEqual(
      numbers(1, 83).filter((generation) => ![1, 3, 50].includes(generation)),
    );
  });

  test('of unknown age only by their number', () => {
    const unknown = made(53, 400, 1).map(({ generation }) => ({ generation, time: null }));
    expect(outdated(unknown, new Set(), now)).toEqual(numbers(1, 3));
  });

  test('none from the future, where a clock was wrong', () => {
    expect(outdated(made(45, -400, 0), new Set(), now)).toEqual([]);
  });
});

describe('apply', () => {
  const author = { user: 'anna', version: '0.1.0' };
  const days = 31 * 24 * 60;

  /** Each look at the clock is a minute later: so many generations, a month and more between them. */
  async function applied(count: number) {
    const world = testWorld();
    for (let port = 1; port <= count; port += 1) {
      for (let minute = 0; minute < days; minute += 1) world.clock.now();
      await applyPort(world, port);
    }
    return world;
  }
  const applyPort = (world: ReturnType<typeof testWorld>, port: number) =>
    apply(world, {
      firewall: { ruleset: { tables: [tableOf([{ name: 'in', rules: [portRule(port)] }])] }, sysctls: [] },
      links: null,
      sources: new Map(),
      node: 'pve1',
      author,
    });
  const storedIn = ({ files }: ReturnType<typeof testWorld>) =>
    (files.list('/var/lib/ringwall/generations') ?? []).map(Number).sort((a, b) => a - b);

  test('removes what is outdated, whole', async () => {
    const world = await applied(22);
    expect(storedIn(world)).toEqual(numbers(3, 22).reverse());
    expect(history(world.state).damaged).toEqual([]);
  });

  test('keeps what the current generation would go back to', async () => {
    const world = await applied(20);
    await rollback(world, { generation: 1, author });
    await applyPort(world, 90);
    expect(storedIn(world)).toContain(1);
    expect((await rollback(world, { author })).generation).toBe(1);
  });

  test('is done although nothing can be removed', async () => {
    const world = await applied(20);
    const files = {
      ...world.files,
      rename: (from: string, to: string) => {
        if (to.endsWith('/old')) throw new Failure('file-rename', `${from} cannot be renamed`);
        world.files.rename(from, to);
      },
    };
    const { generation, warnings } = await applyPort({ ...world, state: { ...world.state, files } }, 90);
    expect(generation).toBe(21);
    expect(warnings).toEqual(['old generations stay: /var/lib/ringwall/generations/1 cannot be renamed']);
    expect(storedIn(world)).toHaveLength(21);
  });
});
