import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Administrator } from '../apply/index.js';
import { readConnections, readKeep, readSshConnection, sessionWays, spellAddress, type Way } from '../guard/index.js';
import type { Within } from './kernel.js';

/**
 * How the administrator comes to the network namespace of that name, or to this one: over the SSH session this process
 * runs in, if that is a connection of that namespace, and by the ways `--keep` names. `within` runs a function there.
 */
export function administrator(kept: readonly Way[], within: Within): Administrator {
  const said = sshConnections().flatMap((text) => readSshConnection(text) ?? []);
  // A node may have many connections: the table is read only when there is something to find in it.
  const session = said.length === 0 ? [] : sessionWays(said, within(establishedConnections));
  const [first] = session;
  return { session: first?.own == null ? undefined : spellAddress(first.own), ways: [...session, ...kept] };
}

/** Reads what `--keep` says, before anything else is done. */
export const keptWays = (words: readonly string[]): Way[] => words.map(readKeep);

/** What `SSH_CONNECTION` is here and in the processes this one comes from, the nearest first: sudo leaves it out. */
function sshConnections(): string[] {
  const found: string[] = [];
  const own = process.env['SSH_CONNECTION'];
  if (own !== undefined) found.push(own);
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    const entry = readProc(`/proc/${pid}/environ`)
      .split('\0')
      .find((variable) => variable.startsWith('SSH_CONNECTION='));
    if (entry !== undefined) found.push(entry.slice('SSH_CONNECTION='.length));
  }
  return found;
}

const parentOf = (pid: number): number => Number(/^PPid:\s*(\d+)$/m.exec(readProc(`/proc/${pid}/status`))?.[1] ?? 0);

const establishedConnections = () =>
  ['tcp', 'tcp6'].flatMap((name) => readConnections(readProc(`/proc/thread-self/net/${name}`)));

/** Empty when the process has ended, belongs to somebody else, or the kernel has no IPv6. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
