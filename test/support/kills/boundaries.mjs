// Numbers the system calls by which a run changes something, and kills the process at one of them. It wraps what Node and
// koffi offer, so the program that runs above it is the one that is shipped. Import it before anything that loads koffi.
// A flush to disk is none: a process that is killed before it leaves the same files as one that is killed after it.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import process from 'node:process';
import koffi from 'koffi';

const { O_ACCMODE = 3, O_CREAT, O_RDONLY } = fs.constants;

let names = [];
let fatal = null;
let dying = false;

/** From here on boundaries are numbered from 1 again. The process is killed at a number, or at the first name that begins so, or never. */
export function watch(place) {
  names = [];
  fatal = place;
}

/** What each boundary since then comes before, such as `rename position.json`. */
export const passed = () => names;

/** Is it over here? */
function pass(what) {
  names.push(what);
  dying ||= names.length === fatal || (typeof fatal === 'string' && what.startsWith(fatal));
  return dying;
}

const real = { ...fs };

const die = () => process.kill(process.pid, 'SIGKILL');

function boundary(what) {
  if (pass(what)) die();
}

/** A boundary inside a call: `half` does a part of it before the process is killed. */
function boundaryInside(what, half) {
  if (!pass(what)) return;
  half();
  die();
}

const files = new Map();
const nameOf = (path) => basename(String(path)).replace(/\.new-\d+$/, '.new-PID');
const isKernel = (path) => String(path).startsWith('/proc/');

fs.openSync = (path, flags, mode) => {
  const writes = typeof flags === 'number' && ((flags & O_ACCMODE) !== O_RDONLY || (flags & O_CREAT) !== 0);
  if (writes && !isKernel(path)) boundary(`open ${nameOf(path)}`);
  const fd = real.openSync(path, flags, mode);
  files.set(fd, path);
  return fd;
};
fs.writeFileSync = (file, data, options) => {
  const path = typeof file === 'number' ? files.get(file) : file;
  boundary(`write ${nameOf(path)}`);
  // The kernel takes a setting as one write; a file can be written in part.
  if (typeof file === 'number' && !isKernel(path)) {
    const bytes = Buffer.from(data);
    boundaryInside(`half of ${nameOf(path)}`, () => real.writeSync(file, bytes.subarray(0, bytes.length >> 1)));
  }
  real.writeFileSync(file, data, options);
};
fs.writeSync = (fd, ...rest) => {
  if (files.has(fd)) boundary(`write ${nameOf(files.get(fd))}`);
  return real.writeSync(fd, ...rest);
};
fs.ftruncateSync = (fd, length) => {
  boundary(`truncate ${nameOf(files.get(fd))}`);
  real.ftruncateSync(fd, length);
};
fs.mkdirSync = (path, options) => {
  boundary(`mkdir ${nameOf(path)}`);
  return real.mkdirSync(path, options);
};
fs.renameSync = (from, to) => {
  boundary(`rename ${nameOf(from)} ${nameOf(to)}`);
  real.renameSync(from, to);
};
fs.rmSync = (path, options) => {
  if (real.lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    boundary(`remove ${nameOf(path)}`);
    const inside = real.lstatSync(path).isDirectory() ? real.readdirSync(path) : [];
    if (inside.length > 0) {
      boundaryInside(`half of removing ${nameOf(path)}`, () => {
        for (const name of inside.slice(0, inside.length >> 1)) real.rmSync(`${path}/${name}`, { recursive: true });
      });
    }
  }
  real.rmSync(path, options);
};
for (const name of ['spawn', 'spawnSync', 'execFile', 'execFileSync']) {
  const start = childProcess[name];
  childProcess[name] = (program, ...rest) => {
    boundary(`start ${basename(program)}`);
    return start(program, ...rest);
  };
}
syncBuiltinESMExports();

/** The messages of a buffer: where each ends, its type and flags (uapi linux/netlink.h nlmsghdr). */
function messagesOf(bytes) {
  const messages = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + ((bytes.readUInt32LE(at) + 3) & ~3);
    messages.push({ end, type: bytes.readUInt16LE(at + 4), flags: bytes.readUInt16LE(at + 6) });
    at = end;
  }
  return messages;
}

const NLM_F_DUMP = 0x300;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
/** NFT_MSG_GET* (uapi linux/netfilter/nf_tables.h). */
const nftablesQuestions = new Set([1, 4, 7, 10, 13, 16, 19]);

/** A batch is taken whole or not at all, and one without an end is a dry run (nfnetlink.c nfnetlink_rcv_batch). */
function boundaryOfRules(bytes) {
  const messages = messagesOf(bytes);
  const [first] = messages;
  const changes =
    first.type === NFNL_MSG_BATCH_BEGIN
      ? messages.at(-1).type === NFNL_MSG_BATCH_END
      : (first.flags & NLM_F_DUMP) !== NLM_F_DUMP && !nftablesQuestions.has(first.type & 0xff);
  if (changes) boundary(`send rules, ${bytes.length} bytes`);
}

/** rtnetlink has its questions at each fourth number (uapi linux/rtnetlink.h). */
const isLinkChange = ({ type }) => (type & 3) !== 2;

/** The kernel performs what is sent at once message by message. */
function boundariesOfLinks(bytes, send) {
  let sent = 0;
  for (const [place, message] of messagesOf(bytes).entries()) {
    if (!isLinkChange(message)) continue;
    boundaryInside(`send links, message ${place + 1}`, () => {
      if (sent > 0) send(bytes.subarray(0, sent));
    });
    sent = message.end;
  }
}

/** NETLINK_ROUTE (uapi linux/netlink.h). */
const NETLINK_ROUTE = 0;
/** Of the sockets that are open. */
const protocols = new Map();

function beforeSending(native, fd, bytes, flags) {
  if (protocols.get(fd) !== NETLINK_ROUTE) boundaryOfRules(bytes);
  else boundariesOfLinks(bytes, (part) => native(fd, part, part.length, flags));
}

const load = koffi.load;
koffi.load = (...place) => {
  const library = load(...place);
  return new Proxy(library, {
    get(target, key) {
      if (key !== 'func') return target[key];
      return (signature, ...rest) => {
        const native = target.func(signature, ...rest);
        if (/\bsocket\(/.test(signature)) {
          return (domain, type, protocol) => {
            const fd = native(domain, type, protocol);
            protocols.set(fd, protocol);
            return fd;
          };
        }
        if (!/\bsend\(/.test(signature)) return native;
        const send = (fd, bytes, length, flags) => {
          beforeSending(native, fd, bytes, flags);
          return native(fd, bytes, length, flags);
        };
        send.async = (fd, bytes, length, flags, done) => {
          beforeSending(native, fd, bytes, flags);
          native.async(fd, bytes, length, flags, done);
        };
        return send;
      };
    },
  });
};
