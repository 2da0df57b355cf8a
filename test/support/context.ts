import type { Context, GlobalOptions, Output } from '../../src/cli/context.js';
import { type MemoryFiles, memoryClock, memoryFiles } from '../../src/ports/index.js';

/** A command's surroundings in memory: `files` below `/site`, and what it says. */
export function contextOn(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<GlobalOptions> = {},
): { readonly context: Context; readonly files: MemoryFiles; readonly said: { out: string; err: string } } {
  const said = { out: '', err: '' };
  const memory = memoryFiles(
    Object.fromEntries(Object.entries(files).map(([path, content]) => [`/site/${path}`, content])),
  );
  const context: Context = {
    options: {
      root: '/site',
      node: undefined,
      state: '/state',
      netns: undefined,
      json: false,
      color: 'never',
      only: undefined,
      ...options,
    },
    files: memory,
    clock: memoryClock(),
    out: outputTo((text) => {
      said.out += text;
    }),
    err: outputTo((text) => {
      said.err += text;
    }),
  };
  return { context, files: memory, said };
}

const outputTo = (write: (text: string) => void): Output => ({ write, color: false });
