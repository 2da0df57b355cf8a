import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../support/cli.js';
import { cutPower } from '../support/power/campaign.js';
import { VolatileDisk } from '../support/power/volatile-disk.js';

const CUTS = Number(process.env['RINGWALL_POWER_CUTS'] ?? 30);
const SEED = Number(process.env['RINGWALL_POWER_CUTS_SEED'] ?? 1);
const DISK_SIZE = 64 << 20;

const folder = mkdtempSync(join(tmpdir(), 'ringwall-disk-'));
const disk = new VolatileDisk(makeImage(), join(folder, 'socket'));
beforeAll(async () => {
  build();
  await disk.listen();
}, 120_000);
afterAll(() => {
  disk.close();
  rmSync(folder, { recursive: true });
});

/** A file system that promises least: data follows their metadata at any time, and a rename waits for no data. */
function makeImage(): Buffer {
  const file = join(folder, 'image');
  writeFileSync(file, '');
  truncateSync(file, DISK_SIZE);
  execFileSync('/usr/sbin/mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', file]);
  execFileSync('/usr/sbin/tune2fs', ['-o', 'journal_data_writeback', '-E', 'mount_opts=noauto_da_alloc', file]);
  return readFileSync(file);
}

test(
  `after each of ${CUTS} power cuts the machine holds what was kept last`,
  async () => {
    const say = (line: string): void => void process.stdout.write(`${line}\n`);
    say(`seed ${SEED}`);
    const outcome = await cutPower(disk, { cuts: CUTS, seed: SEED }, say);
    const { cuts, old, new: fresh, certain, cutShort, unflushed } = outcome;
    say(
      `${cuts} power cuts, ${cutShort} of them in a start. Of the other starts ${certain} had to hold one site and did; after a cut in a change ${old} held the old one, ${fresh} the new one, none a mix. ${unflushed.survived} of ${unflushed.written} files survived that were not flushed`,
    );
    expect(certain + old + fresh + cutShort, 'every start but the first follows a cut').toBe(CUTS + 1);
    expect(unflushed.survived, 'a cut that loses nothing is none').toBeLessThan(unflushed.written);
  },
  120_000 + CUTS * 120_000,
);
