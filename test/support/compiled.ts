import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The netlink room as JavaScript, for tests that need a process of their own. */
export interface CompiledNetlink {
  /** Output of a process that runs `body`, a module that can use everything the room exports under the name `netlink`. */
  run(body: string, wrapper?: readonly string[]): string;
  remove(): void;
}

export function compileNetlink(): CompiledNetlink {
  // Inside node_modules, so that the packages are found from there.
  const folder = mkdtempSync(join(root, 'node_modules/.ringwall-test-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  execFileSync(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['--ignoreConfig', '--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--noCheck'],
    ...['--rootDir', join(root, 'src'), '--outDir', folder, join(root, 'src/netlink/index.ts')],
  ]);
  // The rooms that `netlink` has its values from import the parsers, which are built before any test runs.
  cpSync(join(root, 'src/parser/generated'), join(folder, 'parser/generated'), { recursive: true });
  const script = join(folder, 'body.js');
  return {
    run(body, wrapper = []) {
      writeFileSync(script, `import * as netlink from './netlink/index.js';\n${body}`);
      const [program = process.execPath, ...args] = [...wrapper, process.execPath, script];
      return execFileSync(program, args, { encoding: 'utf8', timeout: 30_000 }).trim();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
