// Numbers the system calls by which a run changes something, and kills the process at one of them. It wraps what Node and
// koffi offer, so the program that runs above it is the one that is shipped. Import it before anything that loads koffi.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import process from 'node:process';
import koffi from 'koffi';

const { O_ACCMODE = 3, O_CREAT, O_RDONLY } = fs.constants;

/** What each boundary comes before, such as `fsync position.json`; its place plus one is its number. */
export const passed = [];

let watching = false;
let fatal = null;

/** From here on boundaries are numbered, and the process is killed at `number`, or at none. */
export function watch(number) {
  watching = true;
  fatal = number;
}

const real = { ...fs };

function boundary(what) {
  if (!watching) return;
  passed.push(what);
  if (passed.length === fatal) process.kill(process.pid, 'SIGKILL');
}

/** A boundary inside a call: `half` does a part of it before the process is killed. */
function boundaryInside(what, half) {
  if (!watching) return;
  passed.push(what);
  if (passed.length !== fatal) return;
  half();
  process.kill(process.pid, 'SIGKILL');
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
fs.fsyncSync = (fd) => {
  boundary(`fsync ${nameOf(files.get(fd))}`);
  real.fsyncSync(fd);
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

const NLM_F_DUMP = 0x300;
const NFNL_MSG_BATCH_BEGIN = 16;
const NFNL_MSG_BATCH_END = 17;
const NFNL_SUBSYS_NFTABLES = 10;
/** NFT_MSG_GET* (uapi linux/netfilter/nf_tables.h). */
const nftablesQuestions = new Set([1, 4, 7, 10, 13, 16, 19]);

/**
 * Do these messages only ask? rtnetlink has its questions at each fourth number; a batch without an end is a dry run
 * (nfnetlink.c nfnetlink_rcv_batch).
 */
function asks(bytes) {
  const type = bytes.readUInt16LE(4);
  if ((bytes.readUInt16LE(6) & NLM_F_DUMP) === NLM_F_DUMP) return true;
  if (type === NFNL_MSG_BATCH_BEGIN) return lastType(bytes) !== NFNL_MSG_BATCH_END;
  return type >> 8 === NFNL_SUBSYS_NFTABLES ? nftablesQuestions.has(type & 0xff) : type >> 8 === 0 && (type & 3) === 2;
}

function lastType(bytes) {
  let type = 0;
  for (let at = 0; at < bytes.length; at += (bytes.readUInt32LE(at) + 3) & ~3) type = bytes.readUInt16LE(at + 4);
  return type;
}

function boundaryOfMessage(bytes) {
  if (!asks(bytes)) boundary(`send ${bytes.length} bytes`);
}

const load = koffi.load;
koffi.load = (...place) => {
  const library = load(...place);
  return new Proxy(library, {
    get(target, key) {
      if (key !== 'func') return target[key];
      return (signature, ...rest) => {
        const native = target.func(signature, ...rest);
        if (!/\bsend\(/.test(signature)) return native;
        const send = (fd, bytes, ...more) => {
          boundaryOfMessage(bytes);
          return native(fd, bytes, ...more);
        };
        send.async = (fd, bytes, ...more) => {
          boundaryOfMessage(bytes);
          native.async(fd, bytes, ...more);
        };
        return send;
      };
    },
  });
};

const { RawNetlinkSocket } = createRequire(import.meta.url)('netlink');
const sendRaw = RawNetlinkSocket.prototype.send;
RawNetlinkSocket.prototype.send = function send(bytes, ...rest) {
  boundaryOfMessage(bytes);
  sendRaw.call(this, bytes, ...rest);
};
