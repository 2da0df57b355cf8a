import { accessSync, closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { Failure } from '../diagnostics/index.js';
import type { SysctlPort } from './port.js';
import type { SysctlName } from './sysctl.js';

/**
 * The settings under /proc/sys, as the thread sees them that `enter` runs a function on: the kernel chooses the network
 * namespace by who opens the file (net/sysctl_net.c).
 */
export function procSysctls(enter: <T>(act: () => T) => T): SysctlPort {
  return {
    read: (name) =>
      enter(() => {
        const text = readOrNull(fileOf(name));
        if (text === null) return null;
        const value = /^\d{1,10}\s*$/.test(text) ? Number(text) : null;
        if (value === null) throw refused(`${name} is no whole number: ${JSON.stringify(text)}`);
        return { value, writable: isWritable(fileOf(name)) };
      }),
    write: (name, value) =>
      enter(() => {
        try {
          writeWhole(fileOf(name), `${value}\n`);
        } catch (error) {
          throw refused(`the kernel refused ${value} for ${name}: ${errnoOf(error)}`, error);
        }
      }),
  };
}

const fileOf = (name: SysctlName): string => `/proc/sys/${name.replaceAll('.', '/')}`;

const refused = (message: string, cause?: unknown): Failure => new Failure('setting-refused', message, { cause });

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw refused(`${path} cannot be read: ${errnoOf(error)}`, error);
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** One write(2): the kernel takes each as a value of its own. O_CREAT would be refused. */
function writeWhole(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
