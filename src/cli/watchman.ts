import { readlinkSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Watchman } from '../apply/index.js';
import type { Context } from './context.js';

/** From `src/cli`, `dist/cli` and `dist/program`. */
const program = fileURLToPath(new URL('../../bin/ringwall', import.meta.url));

/** The command that waits for the end of a pending change, for the records and the kernel of this one. */
export function watchman({ options }: Context): Watchman {
  const { root, node, state, netns } = options;
  return {
    program: process.execPath,
    args: [
      program,
      'recover',
      '--await',
      ...['--root', root, '--state', state],
      ...(node === undefined ? [] : ['--node', node]),
      ...(netns === undefined ? [] : ['--netns', netns]),
    ],
    unit: netns !== undefined || inFirstNamespace(),
  };
}

/** Units of systemd are in the network namespace of the first process, and so must be who starts one for its own. */
function inFirstNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/net') === readlinkSync('/proc/1/ns/net');
  } catch {
    return false;
  }
}
