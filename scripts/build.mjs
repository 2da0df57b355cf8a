// Builds dist/: grammars to parsers, TypeScript, and of that the program in few files. Does nothing when dist/ is newer than everything it is made from.
//   node scripts/build.mjs [--grammar]     --grammar stops after the parsers: enough for vitest and the type check
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import peggy from 'peggy';
import { bundleModule, bundleProgram } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const grammars = join(root, 'grammar');
const generated = join(root, 'src/parser/generated');
const dist = join(root, 'dist');

const DECLARATION = `export interface ParseOptions {
  grammarSource?: unknown;
  startRule?: string;
}
export interface Position {
  offset: number;
  line: number;
  column: number;
}
export class SyntaxError extends globalThis.SyntaxError {
  readonly location: { source: unknown; start: Position; end: Position };
  readonly expected: readonly unknown[] | null;
  readonly found: string | null;
}
export function parse(input: string, options?: ParseOptions): unknown;
`;

/** The newest change under a path in milliseconds. Folders count too: that is how a deleted file is seen. */
function newestChange(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

/** Writes beside the target and renames, so that a test run reading the parser meanwhile never sees half of it. */
function replaceFile(path, text) {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

function generateParser(source, name) {
  const text = peggy.generate(readFileSync(source, 'utf8'), {
    output: 'source',
    format: 'es',
    cache: false,
    allowedStartRules: ['*'],
    grammarSource: source,
  });
  replaceFile(join(generated, `${name}.d.ts`), DECLARATION);
  replaceFile(join(generated, `${name}.js`), text);
}

function generateParsers() {
  const names = existsSync(grammars) ? readdirSync(grammars).filter((file) => file.endsWith('.peggy')) : [];
  const wanted = new Set(names.map((file) => basename(file, '.peggy')));
  mkdirSync(generated, { recursive: true });
  for (const file of readdirSync(generated)) {
    if (!wanted.has(file.replace(/\.(js|d\.ts)$/, ''))) rmSync(join(generated, file));
  }
  const generator = newestChange(fileURLToPath(import.meta.url));
  for (const name of wanted) {
    const source = join(grammars, `${name}.peggy`);
    const made = newestChange(join(generated, `${name}.js`));
    if (made <= Math.max(newestChange(source), generator)) generateParser(source, name);
  }
}

/**
 * `program/`, which bin/ringwall runs: what a command needs in two dozen files, each with its compiled form. Node takes most of a
 * command's time to find, open, compile and link modules, and there are 340 of them (bench/README.md).
 */
async function makeProgram(compiled) {
  const folder = join(compiled, 'program');
  await bundleProgram('main', join(compiled, 'cli/main.js'), folder, join(dist, 'program'));
  await bundleModule('probe-connection', join(compiled, 'cli/probe-connection.js'), folder);
}

async function compile() {
  const made = newestChange(join(dist, '.built'));
  const inputs = [
    'src',
    'grammar',
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
    'bin/program.js',
  ];
  if (made > Math.max(...inputs.map((input) => newestChange(join(root, input))))) return;

  // Compiled aside and then renamed: a build that fails leaves the last good one in place.
  const fresh = mkdtempSync(join(root, '.dist-'));
  try {
    const tsc = join(root, 'node_modules/.bin/tsc');
    execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', fresh], { cwd: root, stdio: 'inherit' });
    cpSync(generated, join(fresh, 'parser/generated'), { recursive: true });
    await makeProgram(fresh);
    writeFileSync(join(fresh, '.built'), '');
    // mkdtemp makes it private; what root built, every user may run.
    chmodSync(fresh, 0o755);
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

try {
  generateParsers();
  if (!process.argv.includes('--grammar')) await compile();
} catch (error) {
  // A grammar error knows how to show its own place; the compiler has already printed what is wrong.
  if (error instanceof peggy.GrammarError) {
    const sources = error.location?.source
      ? [{ source: error.location.source, text: readFileSync(error.location.source, 'utf8') }]
      : [];
    console.error(error.format(sources));
  } else if (!('status' in error)) console.error(error);
  console.error('build failed: dist/ was left as it was');
  process.exit(1);
}
