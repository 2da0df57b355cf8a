import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../support/cli.js';
import { campaign, type Outcome } from '../support/kills/campaign.js';
import type { Change } from '../support/kills/change.js';
import { hostChanges } from '../support/kills/host-changes.js';
import { Victims } from '../support/kills/victims.js';

/** The change to kill, or `all`. */
const { RINGWALL_KILLS: wanted = 'all' } = process.env;

const isChosen = ({ name }: Change): boolean => wanted === 'all' || wanted === name;

const outcomes: Outcome[] = [];
let victims: Victims;
beforeAll(() => {
  build();
  victims = new Victims();
}, 120_000);
afterAll(() => {
  victims.close();
  const total = (count: (outcome: Outcome) => number): number => outcomes.reduce((sum, one) => sum + count(one), 0);
  console.log(
    outcomes.map((one) => `${one.change}: ${one.boundaries.length} boundaries, ${spell(one)}`).join('\n'),
    `\n${outcomes.length} changes: ${total(({ kills }) => kills)} kills, ${total(({ mixed }) => mixed.length)} mixed`,
  );
});

const spell = ({ kills, old, new: fresh, mixed }: Outcome): string =>
  `${kills} kills, ${old} as before, ${fresh} as after, ${mixed.length} mixed`;

describe('killed at a boundary and recovered, a host is as before or as after the change', () => {
  test.each(hostChanges.filter(isChosen).map((change): [string, Change] => [change.name, change]))(
    '%s',
    async (_name, change) => {
      const outcome = await campaign(change, victims);
      outcomes.push(outcome);
      expect(outcome.mixed).toEqual([]);
      expect(outcome.old + outcome.new).toBe(outcome.kills);
      expect(outcome.kills).toBeGreaterThan(0);
    },
    3_600_000,
  );
});
