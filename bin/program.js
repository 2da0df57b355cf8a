// The program is a few files of script code, and beside each stands what V8 made of it when it was built: to compile it anew is
// a third of what a command spends on itself. V8 looks whether that fits itself and the text, and compiles where it does not.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

/** Where the compiled form of a file of the program is. */
export const compiledFormOf = (path) => `${path}.v8`;

/**
 * A file of the program as V8 takes it: the body of a function, as everywhere in CommonJS. `name` is where it will be when it
 * runs, which the compiled form keeps.
 */
export function scriptOf(path, name = path) {
  const compiled = compiledFormOf(path);
  return new Script(
    `(function (exports, require, module, __filename, __dirname) { 'use strict'; ${readFileSync(path, 'utf8')}\n})`,
    {
      filename: pathToFileURL(name).href,
      ...(existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {}),
    },
  );
}

/** What a file of the program exports. Other files of it are loaded when it asks for them. */
export function loadProgram(path, loaded = new Map()) {
  const known = loaded.get(path);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(path, module);
  const elsewhere = createRequire(path);
  const require = (id) => (id.startsWith('./') ? loadProgram(join(dirname(path), id), loaded) : elsewhere(id));
  scriptOf(path).runInThisContext()(module.exports, require, module, path, dirname(path));
  return module.exports;
}
