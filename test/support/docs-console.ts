import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { program } from './cli.js';
import { type Fence, fencesOf, pages, readPage, repository } from './docs.js';
import { makeNamespace } from './netns.js';

/**
 * A console block of a page. Lines that start with `$ ` are commands, the lines after each are what it says, stdout and
 * stderr together; a line `…` stands for any number of lines, `…` inside a line for any text. An exit code other than
 * zero is the last line, as in `[exit 2]`. There are two commands: `ringwall …`, and
 * `edit FILE: "old" becomes "new"`, which says nothing. Each block starts anew, in a folder of its own.
 */
export interface ConsoleBlock {
  readonly page: string;
  readonly line: number;
  /** In a network namespace of its own, with a copy of a site that may be edited as `site`. */
  readonly netns: boolean;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly command: string;
  readonly expected: readonly string[];
}

export function consoleBlocks(page: string): ConsoleBlock[] {
  return fencesOf(readPage(page))
    .filter(({ info }) => info.startsWith('console'))
    .map((fence) => readBlock(page, fence));
}

export const allConsoleBlocks = (): ConsoleBlock[] => pages().flatMap(consoleBlocks);

function readBlock(page: string, { info, line, body }: Fence): ConsoleBlock {
  if (info !== 'console' && info !== 'console netns') throw new Error(`${page}:${line}: no such block: ${info}`);
  const steps: { command: string; expected: string[] }[] = [];
  for (const text of body) {
    if (text.startsWith('$ ')) steps.push({ command: text.slice(2), expected: [] });
    else if (steps.length === 0) throw new Error(`${page}:${line}: the block does not start with a command`);
    else steps.at(-1)?.expected.push(text);
  }
  if (steps.length === 0) throw new Error(`${page}:${line}: the block has no command`);
  return { page, line, netns: info === 'console netns', steps };
}

/** Runs the commands of a block in turn, on a host of its own where it needs a kernel; answers what each said, with a line for an exit code other than zero. */
export function runBlock({ netns, steps }: ConsoleBlock): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'ringwall-docs-'));
  const namespace = netns ? makeNamespace() : null;
  try {
    for (const name of ['golden', 'demo/site', 'docs/examples'])
      cpSync(join(repository, name), join(folder, name), { recursive: true });
    // The hardware that site names; its far end is a port of nothing.
    namespace?.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0-far');
    if (netns) cpSync(join(repository, 'golden/host-rules/site'), join(folder, 'site'), { recursive: true });
    const prefix = namespace === null ? [] : ['ip', 'netns', 'exec', namespace.name];
    return steps.map(({ command }) => runCommand(command, folder, prefix));
  } finally {
    namespace?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function runCommand(command: string, folder: string, prefix: readonly string[]): string[] {
  const [, file, from, to] = /^edit (\S+): "(.+)" becomes "(.+)"$/.exec(command) ?? [];
  if (file !== undefined && from !== undefined && to !== undefined) {
    edit(join(folder, file), from, to);
    return [];
  }
  const [name, ...args] = wordsOf(command);
  if (name !== 'ringwall') throw new Error(`only \`ringwall\` and \`edit\` run in a console block: ${command}`);
  return runRingwall(args, folder, prefix);
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
  writeFileSync(path, text.replace(from, to));
}

/** Words between blanks; quotes keep blanks together. Nothing else is special, because no shell reads the line. */
const wordsOf = (command: string): string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');

function runRingwall(args: readonly string[], folder: string, prefix: readonly string[]): string[] {
  const [file = '', ...rest] = [...prefix, process.execPath, program, ...args];
  // One file for both streams keeps their lines in the order in which they were written.
  const path = join(folder, '.said');
  const said = openSync(path, 'w');
  const { SUDO_USER: _, ...env } = process.env;
  const { status, error } = spawnSync(file, rest, { cwd: folder, stdio: ['ignore', said, said], env });
  closeSync(said);
  if (error !== undefined) throw error;
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return status === 0 ? lines : [...lines, `[exit ${status}]`];
}

/** Is this what the page says? */
export function isAsWritten(expected: readonly string[], said: readonly string[]): boolean {
  const pattern = expected.map((line) => (line === '…' ? '(?:.*\n)*?' : `${anyText(line)}\n`)).join('');
  return new RegExp(`^${pattern}$`).test(said.map((line) => `${line}\n`).join(''));
}

const anyText = (line: string): string =>
  line
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');

/** Writes into a page what the commands of a block said, where that is not what the page says already. */
export function updateBlock({ page, line, steps }: ConsoleBlock, said: readonly (readonly string[])[]): void {
  const lines = readPage(page).split('\n');
  const old = steps.flatMap(({ command, expected }) => [`$ ${command}`, ...expected]);
  if (lines.slice(line, line + old.length).join('\n') !== old.join('\n')) {
    throw new Error(`${page}:${line}: the page changed meanwhile; run the update again`);
  }
  const body = steps.flatMap(({ command, expected }, index) => {
    const now = said[index] ?? [];
    return [`$ ${command}`, ...(isAsWritten(expected, now) ? expected : now.map(withoutChance))];
  });
  lines.splice(line, old.length, ...body);
  writeFileSync(join(repository, page), lines.join('\n'));
}

/** What differs from run to run: times, and the folder the block ran in. */
const withoutChance = (line: string): string =>
  line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…').replaceAll(new RegExp(`${tmpdir()}/ringwall-docs-\\w+`, 'g'), '…');
