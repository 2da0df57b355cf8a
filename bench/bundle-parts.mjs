// Makes .cache/bench of links-parts.mjs.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../scripts/bundle.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = here('../.cache/bench');
rmSync(folder, { recursive: true, force: true });
await bundleProgram('links-parts', here('links-parts.mjs'), folder);
