// Puts a module and all that it imports into a few files of script code, each with what V8 makes of it (bin/program.js).
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import v8 from 'node:v8';
import { rolldown } from 'rolldown';
import { compiledFormOf, scriptOf } from '../bin/program.js';

/**
 * Makes `folder`/NAME.cjs of the module that is in `path`, and a file for each module it loads when it needs it. `runsIn` is where
 * the folder will be then.
 */
export async function bundleProgram(name, path, folder, runsIn = folder) {
  const file = '[name].cjs';
  await bundle(name, path, { dir: folder, format: 'cjs', entryFileNames: file, chunkFileNames: file });
  for (const made of readdirSync(folder))
    if (made.endsWith('.cjs')) keepCompiled(join(folder, made), join(runsIn, made));
}

/** Makes `folder`/NAME.js, which Node runs as a process of its own. */
export const bundleModule = (name, path, folder) => bundle(name, path, { dir: folder });

async function bundle(name, path, output) {
  const build = await rolldown({
    input: { [name]: path },
    platform: 'node',
    // It brings native code, which it looks for beside its own files.
    external: [/^koffi$/],
  });
  await build.write(output);
  await build.close();
}

/** All functions of it, not only those that would run at once. */
function keepCompiled(path, name) {
  v8.setFlagsFromString('--no-lazy');
  const script = scriptOf(path, name);
  // V8 looks at its flags, too, whether the compiled form fits.
  v8.setFlagsFromString('--lazy');
  writeFileSync(compiledFormOf(path), script.createCachedData());
}
