import { main } from '../../src/cli/main.js';

/** What a command line said, and its exit code. */
export interface RanHere {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process: of the sources, and without the start of another one. */
export async function runHere(args: readonly string[]): Promise<RanHere> {
  const said = { out: '', err: '' };
  const code = await main(['node', 'ringwall', ...args], {
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) },
  });
  return { code, ...said };
}
