// Runs command lines of ringwall, each in a process of its own that can be killed at a boundary. Descriptor 3 has one
// order in a line, {"args": […], "killAt": N or null}; for each there are lines of answer on descriptor 4: what the run said and the
// boundaries it passed, unless it was killed, then how it ended. The processes are forks of this one, because starting
// Node costs half a second and there are thousands of runs.
import fs, { readSync, writeSync } from 'node:fs';
import process from 'node:process';
import koffi from 'koffi';
import { passed, watch } from './boundaries.mjs';

const libc = koffi.load(null);
const fork = libc.func('int fork()');
const getpid = libc.func('int getpid()');
const waitpid = libc.func('int waitpid(int pid, _Out_ int *status, int options)');
const madvise = libc.func('int madvise(uint64_t address, size_t length, int advice)');
const exit = libc.func('void _exit(int code)');
const MADV_DOFORK = 11;
// Not those of standard input and output, which ringwall makes non-blocking for every process that has them.
const ORDERS = 3;
const ANSWERS = 4;

const { main } = await import('../../../dist/cli/main.js');
// Loaded here once and not by each process.
for (const command of ['apply', 'rollback', 'clear', 'recover', 'confirm']) {
  await import(`../../../dist/cli/${command}.js`);
}
await import('../../../dist/netlink/index.js');

const smaps = Buffer.alloc(4 << 20);

/**
 * V8 marks its heap as not to be inherited (VmFlags "dc"), which a child that goes on in JavaScript needs. Looking for
 * such memory may make some, so this goes on until there is none; the text stays in one buffer, because a string of its
 * length would have a mapping of its own, marked each time.
 */
function inheritHeap() {
  gc();
  for (let found = true; found; ) {
    found = false;
    const length = readSmaps();
    for (let at = smaps.indexOf(MARK); at !== -1 && at < length; at = smaps.indexOf(MARK, at + MARK.length)) {
      found = true;
      const line = mappingBefore(at);
      const [from, to] = smaps.toString('latin1', line, smaps.indexOf(0x20, line)).split('-');
      const start = BigInt(`0x${from}`);
      if (madvise(start, Number(BigInt(`0x${to}`) - start), MADV_DOFORK) !== 0) throw new Error('madvise');
    }
  }
}

const MARK = Buffer.from(' dc');

/** Its length; the buffer behind it is empty. */
function readSmaps() {
  const fd = fs.openSync('/proc/self/smaps', 'r');
  let length = 0;
  for (let part = -1; part !== 0; length += part) part = readSync(fd, smaps, length, 1 << 16, null);
  fs.closeSync(fd);
  smaps.fill(0, length);
  return length;
}

/** Where the mapping begins that a place is about: its line begins with an address, its other lines with a capital. */
function mappingBefore(place) {
  let line = place;
  do line = smaps.lastIndexOf(0x0a, line - 2) + 1;
  while (smaps[line] >= 0x41 && smaps[line] <= 0x5a);
  return line;
}

const say = (value) => writeSync(ANSWERS, `${JSON.stringify(value)}\n`);

let unread = '';
/** Null at the end of input. */
function nextOrder() {
  const chunk = Buffer.alloc(1 << 16);
  while (!unread.includes('\n')) {
    const length = readSync(ORDERS, chunk, 0, chunk.length, null);
    if (length === 0) return null;
    unread += chunk.toString('utf8', 0, length);
  }
  const end = unread.indexOf('\n');
  const order = JSON.parse(unread.slice(0, end));
  unread = unread.slice(end + 1);
  return order;
}

/** The order, in the process that is to carry it out; null in the one all come from, at the end. */
function orderInChild() {
  for (let order = nextOrder(); order !== null; order = nextOrder()) {
    inheritHeap();
    const pid = fork();
    if (pid === 0) return order;
    const status = [0];
    while (waitpid(pid, status, 0) === -1);
    const [word] = status;
    say({ signal: word & 0x7f, code: word >> 8 });
  }
  return null;
}

const order = orderInChild();
if (order !== null) {
  // Node remembers the number of the process it was started as.
  Object.defineProperty(process, 'pid', { value: getpid() });
  const said = { out: '', err: '' };
  const streams = { stdout: { write: (text) => (said.out += text) }, stderr: { write: (text) => (said.err += text) } };
  watch(order.killAt);
  const code = await main(['node', 'ringwall', ...order.args], streams);
  watch(null);
  say({ ...said, passed });
  exit(code);
}
