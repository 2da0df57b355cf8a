import { describe, expect, test } from 'vitest';
import type { Change } from '../../support/kills/change.js';
import { differences } from '../../support/kills/dump.js';
import { hostChanges } from '../../support/kills/host-changes.js';
import { Killed, MemoryHost } from '../../support/kills/memory-host.js';
import { vlanChanges } from '../../support/kills/vlan-changes.js';

const inMemory = [...hostChanges, ...vlanChanges].filter(
  ({ before, code = 0 }) => code === 0 && before.every((step) => 'files' in step || 'ringwall' in step),
);

async function prepare({ before, edit = {} }: Change): Promise<MemoryHost> {
  const host = new MemoryHost();
  for (const step of before) {
    if ('files' in step) host.write(step.files);
    if ('ringwall' in step) await host.run(step.ringwall, null);
  }
  host.write(edit);
  return host;
}

/** Cuts `command` short at one call; false when it has no call of that number. */
async function cutShort(host: MemoryHost, command: readonly string[], call: number): Promise<boolean> {
  try {
    await host.run(command, call);
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return true;
  }
}

describe('a change that is cut short at any call has happened, or has not', () => {
  test.each(inMemory.map((change): [string, Change] => [change.name, change]))('%s', async (_name, change) => {
    const finished = await prepare(change);
    const before = await finished.dump();
    await finished.run(change.command, null);
    const after = await finished.dump();
    expect(differences(before, after)).not.toEqual([]);

    const mixed: string[] = [];
    let host = await prepare(change);
    for (let call = 1; await cutShort(host, change.command, call); call += 1) {
      const what = host.passed.at(-1);
      await host.run(['recover'], null);
      const found = await host.dump();
      const [fromOld, fromNew] = [differences(before, found), differences(after, found)];
      if (fromOld.length === 0) continue;
      if (fromNew.length > 0)
        mixed.push(`at ${call} (${what}): neither old (${fromOld.join(', ')}) nor new (${fromNew.join(', ')})`);
      host = await prepare(change);
    }
    expect(mixed).toEqual([]);
  });
});
