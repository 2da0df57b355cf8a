import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Failure } from '../diagnostics/index.js';

/** Where distributions put iproute2's `ip`. */
const PLACES = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'];

/** The path of `ip`. Failure: `no-ip`. */
export function ipProgram(): string {
  const found = PLACES.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Failure('no-ip', 'the program `ip` is not installed', { help: 'apt-get install iproute2' });
  }
  return found;
}

/** Is there a network namespace of this name? */
export const namespaceExists = (name: string): boolean => existsSync(`/run/netns/${name}`);

/**
 * Makes a named network namespace. One of the same name without any process in it is what a killed run left, and goes
 * first. Failures: `netns-in-use`, `netns`.
 */
export function addNamespace(name: string): void {
  if (namespaceExists(name)) {
    const pids = ip(['netns', 'pids', name]).trim().split(/\s+/).join(', ');
    if (pids !== '') {
      throw new Failure('netns-in-use', `network namespace ${name} is in use by process ${pids}`, {
        help: 'another run is not finished: wait for it or end it',
      });
    }
    deleteNamespace(name);
  }
  ip(['netns', 'add', name]);
}

/** Takes the name away; the namespace goes with the last process in it. */
export function deleteNamespace(name: string): void {
  ip(['netns', 'delete', name]);
}

function ip(args: readonly string[]): string {
  try {
    return execFileSync(ipProgram(), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (error instanceof Failure) throw error;
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Failure('netns', `\`ip ${args.join(' ')}\` failed: ${said}`, {
      help: 'network namespaces need root',
      cause: error,
    });
  }
}
