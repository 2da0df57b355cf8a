// Sends frames at a link as fast as the kernel takes them: node flood.mjs LINK < frames, one in hex on each line. The first
// line is sent once for every 50 of the others, with another source port each time. Ends with its standard input.
import { createInterface } from 'node:readline/promises';
import { setImmediate as turn } from 'node:timers/promises';
import koffi from 'koffi';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ALL = 0x0300;
const BURST = 512;
const SPARSE = 50;
/** Behind the headers of Ethernet and IPv4. */
const SOURCE_PORT = 34;
const FIRST_PORT = 10_000;
const PORTS = 30_000;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const send = libc.func('long send(int fd, const void *bytes, size_t length, int flags)');
const indexOf = libc.func('unsigned int if_nametoindex(const char *name)');

const fd = socket(AF_PACKET, SOCK_RAW, 0);
const address = Buffer.alloc(20);
address.writeUInt16LE(AF_PACKET, 0);
address.writeUInt16LE(ALL, 2);
address.writeInt32LE(indexOf(process.argv[2]), 4);
if (bind(fd, address, address.length) !== 0) throw new Error(`cannot send at ${process.argv[2]}`);

const frames = [];
let ended = false;
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => frames.push(Buffer.from(line, 'hex')));
lines.on('close', () => {
  ended = true;
});
while (frames.length < Number(process.argv[3])) await turn();

const [rare, ...probes] = frames;
let sent = 0;
while (!ended) {
  for (let left = BURST; left > 0; left -= 1) {
    sent += 1;
    const frame = sent % SPARSE === 0 ? rare : probes[sent % probes.length];
    if (frame === rare) rare.writeUInt16BE(FIRST_PORT + ((sent / SPARSE) % PORTS), SOURCE_PORT);
    send(fd, frame, frame.length, 0);
  }
  await turn();
}
