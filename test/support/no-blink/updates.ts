import { setTimeout as sleep } from 'node:timers/promises';
import type { TestSite } from '../cli.js';
import { runHere } from '../in-process.js';
import { type Flood, type FloodFrame, type Pace, startFlood } from './flood.js';
import type { Seen, Witness } from './witness.js';

export interface Battle {
  readonly witness: Witness;
  /** The namespace ringwall acts on. */
  readonly netns: string;
  readonly site: TestSite;
  /** The namespace the frames come from. */
  readonly sender: string;
  readonly frames: readonly FloodFrame[];
  readonly pace: Pace;
}

export async function ringwall({ site, netns }: Battle, ...args: string[]): Promise<void> {
  const options = ['--root', site.root, '--state', site.state, '--netns', netns, '--json'];
  const { code, out, err } = await runHere([...args, ...options]);
  if (code !== 0) throw new Error(err + out);
}

/** The files as they are to be, in force. */
export async function applied(battle: Battle, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) battle.site.write(path, text);
  await ringwall(battle, 'apply', '--force');
}

/** Waits until so many probes have come. */
export async function probed({ witness }: Battle, count: number): Promise<void> {
  while (witness.seen().forbidden.sent < count) await sleep(20);
}

/** What the witness counts while probes come and `act` runs. */
export async function flooded(battle: Battle, act: () => Promise<void>): Promise<Seen> {
  const { witness, sender, frames, pace } = battle;
  witness.start();
  const flood: Flood = startFlood(sender, frames, pace);
  try {
    await probed(battle, 500);
    await act();
  } finally {
    await flood.stop();
  }
  // What is still queued between the two ends.
  await sleep(100);
  return witness.seen();
}
