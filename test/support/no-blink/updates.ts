import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../../src/cli/main.js';
import type { TestSite } from '../cli.js';
import { type Flood, startFlood } from './flood.js';
import type { Count, Witness } from './witness.js';

/** Every seventh update goes back by one generation. */
const BACK = 7;

export interface Battle {
  readonly witness: Witness;
  /** The namespace ringwall acts on. */
  readonly netns: string;
  readonly site: TestSite;
  /** The namespace the probes come from, by its link `eth0`. */
  readonly sender: string;
  readonly frames: readonly Buffer[];
  /** The `n`th of a row of sites. */
  siteNumber(n: number): Readonly<Record<string, string>>;
}

export async function ringwall({ site, netns }: Battle, ...args: string[]): Promise<void> {
  let said = '';
  const stream = {
    write: (text: string) => {
      said += text;
    },
  };
  const options = ['--root', site.root, '--state', site.state, '--netns', netns, '--json', '--force'];
  const code = await main(['node', 'ringwall', ...args, ...options], { stdout: stream, stderr: stream });
  if (code !== 0) throw new Error(said);
}

async function probed({ witness }: Battle, count: number): Promise<void> {
  while (witness.count()['probes sent'] < count) await sleep(20);
}

/** What the witness counts while probes come and `act` runs. */
export async function flooded(battle: Battle, act: () => Promise<void>): Promise<Count> {
  const { witness, sender, frames } = battle;
  witness.start();
  const flood: Flood = startFlood(sender, 'eth0', frames);
  try {
    await probed(battle, 500);
    await act();
  } finally {
    await flood.stop();
  }
  // What is still queued between the two ends.
  await sleep(100);
  return witness.count();
}

/** The same for so many updates, of which each is another site or the generation before, and at least so many probes. */
export const updated = (battle: Battle, updates: number, probes: number): Promise<Count> =>
  flooded(battle, async () => {
    for (let n = 1; n <= updates; n += 1) {
      if (n % BACK === 0) await ringwall(battle, 'rollback');
      else {
        for (const [path, text] of Object.entries(battle.siteNumber(n))) battle.site.write(path, text);
        await ringwall(battle, 'apply');
      }
    }
    await probed(battle, probes);
  });
