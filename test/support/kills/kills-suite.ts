import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../cli.js';
import { campaign, type Outcome, spellOutcome, totalOf } from './campaign.js';
import type { Change } from './change.js';
import { Victims } from './victims.js';

/** `all`, or changes by their numbers or names, between semicolons. */
const { RINGWALL_KILLS: wanted = 'all', RINGWALL_KILLS_MOST } = process.env;

/**
 * Kills each change at its boundaries: at all of them, or at `most` that are spread over it. Ends with a line that counts
 * them.
 */
export function killsSuite(changes: readonly Change[], most = Number.POSITIVE_INFINITY): void {
  const isChosen = ([number, { name }]: [number, Change]): boolean =>
    wanted === 'all' || wanted.split(';').some((word) => word === String(number) || word === name);
  const chosen = changes.map((change, place): [number, Change] => [place + 1, change]).filter(isChosen);
  const outcomes: Outcome[] = [];
  /** As many as there were campaigns at a time. */
  const idle: Victims[] = [];
  beforeAll(build, 240_000);
  afterAll(() => {
    for (const victims of idle) victims.close();
    console.log(totalOf(outcomes));
  });

  describe('killed at a boundary and recovered, a host is as before or as after the change', () => {
    test.concurrent.each(chosen.map(([number, change]): [string, Change] => [`${number} ${change.name}`, change]))(
      '%s',
      async (name, change) => {
        const victims = idle.pop() ?? new Victims();
        try {
          const outcome = await campaign(change, victims, Number(RINGWALL_KILLS_MOST ?? most));
          outcomes.push(outcome);
          console.log([`${name}: ${spellOutcome(outcome)}`, ...outcome.mixed].join('\n  '));
          expect(outcome.mixed).toEqual([]);
          expect(outcome.old + outcome.new).toBe(outcome.kills);
          expect(outcome.kills).toBeGreaterThan(0);
        } finally {
          idle.push(victims);
        }
      },
      7_200_000,
    );
  });
}
