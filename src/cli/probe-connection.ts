import { connect } from 'node:net';
import process from 'node:process';

// A process of its own, started by `probe.ts` in the network namespace of the host: arguments are an address and a port.
const [address = '', port = ''] = process.argv.slice(2);
const socket = connect(Number(port), address);
socket.once('connect', () => process.exit(0));
socket.once('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(`${error.code ?? error.message}\n`);
  process.exit(1);
});
