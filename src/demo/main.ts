/** The demo of `npm start`: shows the main job on `demo/site`, with real packets, and leaves nothing behind. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Failure } from '../diagnostics/index.js';
import { cast } from './cast.js';
import { tell } from './story.js';
import { dim, say } from './transcript.js';
import { makeWorld } from './world.js';

const original = fileURLToPath(new URL('../../demo/site', import.meta.url));
/** Exit codes a shell gives a program that a signal ended: 128 and the signal's number (signal(7)). */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const folder = mkdtempSync(join(tmpdir(), 'ringwall-demo-'));
const world = makeWorld(cast);

function cleanUp(): void {
  world.remove();
  rmSync(folder, { recursive: true, force: true });
}

for (const [signal, code] of Object.entries(signals)) {
  process.once(signal, () => {
    cleanUp();
    process.exit(code);
  });
}

const started = performance.now();
try {
  const root = join(folder, 'site');
  cpSync(original, root, { recursive: true });
  say('ringwall, shown on a Proxmox node, two guests and an outside host, each a network namespace of its own.');
  say(dim('(each command also gets --root, --state and --netns, so that it acts on these alone)'));
  await world.build();
  await tell({ original, root, state: join(folder, 'state'), world });
  cleanUp();
  say(`\nAll as it should be, in ${Math.round((performance.now() - started) / 1000)} s. Nothing is left behind.`);
} catch (error) {
  const help = error instanceof Failure && error.help !== undefined ? `\n  help: ${error.help}` : '';
  process.stderr.write(`demo: ${error instanceof Failure ? error.message : String(error)}${help}\n`);
  if (!(error instanceof Failure) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
} finally {
  cleanUp();
}
