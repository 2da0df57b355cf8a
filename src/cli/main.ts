import process from 'node:process';
import { CommanderError } from 'commander';
import { Failure, harmless, harmlessJson } from '../diagnostics/index.js';
import { nodeFiles, systemClock } from '../ports/index.js';
import { version } from './author.js';
import type { Context, GlobalOptions, Output } from './context.js';
import { readGlobalOptions } from './options.js';
import { makeProgram } from './program.js';

/** NO_COLOR: https://no-color.org */
const { NO_COLOR, RINGWALL_DEBUG } = process.env;

/** Where a command's words go. */
export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/**
 * Runs the command line of `argv` (node, script, arguments) and answers its exit code. Only the help of commander goes
 * to the process's own streams in any case.
 */
export async function main(argv: readonly string[], streams: Streams = process): Promise<number> {
  ignoreClosedPipes();
  const json = argv.includes('--json');
  let code = 0;
  const program = makeProgram(version(), async (reader, act) => {
    code = await act(contextOf(readGlobalOptions(reader), streams));
  });
  try {
    await program.parseAsync([...argv]);
    return code;
  } catch (error) {
    return report(error, json, streams);
  }
}

function contextOf(options: GlobalOptions, { stdout, stderr }: Streams): Context {
  return {
    options,
    files: nodeFiles,
    clock: systemClock,
    out: outputOn(stdout, options.color),
    err: outputOn(stderr, options.color),
  };
}

function outputOn(stream: Stream, color: GlobalOptions['color']): Output {
  const wanted = color === 'always' || (color === 'auto' && stream.isTTY === true && !NO_COLOR);
  return { write: (text) => void stream.write(text), color: wanted };
}

/** `ringwall plan | head` closes the pipe early: the rest is not wanted, and that is no error. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    // A process may run several command lines.
    if (stream.listeners('error').includes(ignoreClosedPipe)) continue;
    stream.on('error', ignoreClosedPipe);
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Shows why a command could not go on; answers the exit code. */
function report(error: unknown, json: boolean, { stdout, stderr }: Streams): number {
  const failure = toFailure(error);
  if (failure === null) return 0;
  if (json) {
    const { code, message, help } = failure;
    const shown = { code, message, ...(help === undefined ? {} : { help }) };
    stdout.write(`${harmlessJson({ error: shown })}\n`);
  } else {
    const lines = linesOf(failure.message).map((line) => `ringwall: ${line}`);
    const help = failure.help === undefined ? '' : `  help: ${harmless(failure.help)}\n`;
    stderr.write(lines.join('') + help);
  }
  if (RINGWALL_DEBUG && error instanceof Error) stderr.write(linesOf(error.stack ?? '').join(''));
  return failure.exit;
}

const linesOf = (text: string): string[] => text.split('\n').map((line) => `${harmless(line)}\n`);

/** Null when there is nothing more to say, as after `--help`. */
function toFailure(error: unknown): Failure | null {
  if (error instanceof Failure) return error;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    // Without any command, commander has already shown the help.
    const message =
      error.code === 'commander.help'
        ? 'no command was given'
        : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return new Failure('usage', message, { help: '`ringwall --help` shows the commands', exit: 64 });
  }
  const what = error instanceof Error ? error.message : String(error);
  return new Failure('bug', `this is a bug: ${what}`, {
    help: 'run it again with RINGWALL_DEBUG=1 and report what it says',
    cause: error,
  });
}
