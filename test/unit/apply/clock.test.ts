import { expect, test } from 'vitest';
import { apply, history, rollback, status } from '../../../src/apply/index.js';
import { memoryClock } from '../../../src/ports/index.js';
import { portRule, tableOf } from './random-ruleset.js';
import { testWorld } from './test-world.js';

const HOUR = 3_600_000;
const author = { user: 'anna', version: '0.1.0' };

test.each([
  ['back', -HOUR],
  ['forward', HOUR],
])(
  'a clock that is set %s an hour between changes moves the times in the records and nothing else',
  async (_way, by) => {
    const start = Date.UTC(2026, 0, 1, 12);
    let now = start;
    const world = { ...testWorld(), clock: { ...memoryClock(), now: () => now } };
    for (const port of [1, 2, 3]) {
      const ruleset = { tables: [tableOf([{ name: 'in', rules: [portRule(port)] }])] };
      const firewall = { ruleset, sysctls: [] };
      expect(await apply(world, { firewall, links: null, sources: new Map(), node: null, author })).toMatchObject({
        generation: port,
      });
      now += by;
    }
    const { entries } = history(world.state);
    expect(entries.map(({ generation, previous, current, time }) => [generation, previous, current, time])).toEqual(
      [
        [3, 2, true, start + 2 * by],
        [2, 1, false, start + by],
        [1, null, false, start],
      ].map(([generation, previous, current, time]) => [
        generation,
        previous,
        current,
        new Date(Number(time)).toISOString(),
      ]),
    );
    expect((await status(world)).drift).toEqual([]);
    expect(await rollback(world, { author })).toMatchObject({ generation: 2 });
    now -= 5 * by;
    expect(await rollback(world, { author })).toMatchObject({ generation: 1 });
    expect((await status(world)).drift).toEqual([]);
  },
);
