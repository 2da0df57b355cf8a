import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { World } from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { spellEnd } from '../ports/index.js';
import { parseAddress } from '../site/index.js';

/** What has to be reachable from the node. */
export interface Probe {
  readonly address: string;
  readonly port: number;
  /** As it was given. */
  readonly word: string;
}

/** An address, IPv6 in brackets, and a port. */
const PROBE = /^tcp:(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})$/;

/** Reads `tcp:ADDRESS:PORT`. Failure `bad-probe`. */
export function readProbe(word: string): Probe {
  const [, bracketed, plain, digits] = PROBE.exec(word) ?? [];
  const address = bracketed ?? plain ?? '';
  const found = parseAddress(address);
  const port = Number(digits);
  if (found === undefined || (found.family === 6) !== (bracketed !== undefined) || !(port >= 1 && port <= 65_535)) {
    throw new Failure('bad-probe', `--probe \`${word}\` is not tcp:ADDRESS:PORT`, {
      help: 'write what must be reachable from this node, as tcp:192.0.2.1:22 or tcp:[2001:db8::1]:22',
      exit: 64,
    });
  }
  return { address, port, word };
}

const connection = fileURLToPath(new URL('./probe-connection.js', import.meta.url));
/** Milliseconds; the kernel sends the first packet of a connection anew after one second and after three. */
const LIMIT = 5000;

/** What could not be reached, and why, a line each. The probes run at once. */
export async function failedProbes({ processes }: World, probes: readonly Probe[]): Promise<string[]> {
  const results = await Promise.all(
    probes.map(async ({ address, port, word }) => {
      const args = [connection, address, String(port)];
      const end = await processes.run({ program: process.execPath, args, environment: {}, limit: LIMIT });
      return end.kind === 'exited' && end.code === 0 ? [] : [`${word}: ${spellEnd(end)}`];
    }),
  );
  return results.flat();
}
