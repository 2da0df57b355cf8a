import { Failure } from '../diagnostics/index.js';
import { parseAddress } from '../site/index.js';
import type { Way } from './way.js';

/** An address, IPv6 in brackets, a port, and a protocol that is tcp where none is said. */
const KEEP = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})(?:\/(tcp|udp))?$/;

/** Reads `ADDRESS:PORT/PROTO`: connections of that remote address to that port of the node must stay possible. */
export function readKeep(word: string): Way {
  const [, bracketed, plain, digits, protocol] = KEEP.exec(word) ?? [];
  const remote = parseAddress(bracketed ?? plain ?? '');
  const port = Number(digits);
  if (remote === undefined || (remote.family === 6) !== (bracketed !== undefined) || !(port >= 1 && port <= 65_535)) {
    throw new Failure('bad-keep', `--keep \`${word}\` is not ADDRESS:PORT/PROTO`, {
      help: 'write the address that must still get in and the port of this node, as 198.51.100.7:22/tcp or [2001:db8::7]:22/tcp',
      exit: 64,
    });
  }
  return { by: 'keep', protocol: protocol === 'udp' ? 'udp' : 'tcp', remote, remotePort: null, own: null, port };
}
