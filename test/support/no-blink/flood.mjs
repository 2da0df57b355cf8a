// Sends frames at links until its standard input ends: node flood.mjs FRAMES BURST PAUSE < frames, one on each line, `rare LINK HEX`
// or `often LINK HEX`. One of the rare follows 19 of the others. BURST frames, then PAUSE milliseconds.
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import koffi from 'koffi';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ALL = 0x0300;
const SPARSE = 20;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const send = libc.func('long send(int fd, const void *bytes, size_t length, int flags)');
const indexOf = libc.func('unsigned int if_nametoindex(const char *name)');

const sockets = new Map();
function socketOf(link) {
  const known = sockets.get(link);
  if (known !== undefined) return known;
  const fd = socket(AF_PACKET, SOCK_RAW, 0);
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16LE(ALL, 2);
  address.writeInt32LE(indexOf(link), 4);
  if (bind(fd, address, address.length) !== 0) throw new Error(`cannot send at ${link}`);
  sockets.set(link, fd);
  return fd;
}

const [count, burst, pause] = process.argv.slice(2).map(Number);
const frames = { rare: [], often: [] };
let ended = false;
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [kind, link, hex] = line.split(' ');
  frames[kind].push({ fd: socketOf(link), frame: Buffer.from(hex, 'hex') });
});
lines.on('close', () => {
  ended = true;
});
while (frames.rare.length + frames.often.length < count) await turn();

const { rare, often } = frames;
let sent = 0;
while (!ended) {
  for (let left = burst; left > 0; left -= 1) {
    sent += 1;
    const { fd, frame } = sent % SPARSE === 0 ? rare[(sent / SPARSE - 1) % rare.length] : often[sent % often.length];
    send(fd, frame, frame.length, 0);
  }
  await (pause === 0 ? turn() : sleep(pause));
}
