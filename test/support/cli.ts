import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(repository, 'bin/ringwall');

/** Builds the program the tests run; does nothing when it is newer than its sources. */
export function build(): void {
  execFileSync(process.execPath, [join(repository, 'scripts/build.mjs')], { cwd: repository, stdio: 'pipe' });
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `bin/ringwall` without a terminal. `prefix` is a program that starts it, such as `ip netns exec NAME`. */
export function ringwall(args: readonly string[], prefix: readonly string[] = []): Ran {
  const [command, ...rest] = [...prefix, process.execPath, program, ...args];
  if (command === undefined) throw new Error('no command');
  const { status, stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8', input: '', maxBuffer: 1 << 26 });
  return { code: status, out: stdout, err: stderr };
}

export interface TestSite {
  /** A folder of its own: `site/` is the root, `state/` is not made yet. */
  readonly folder: string;
  readonly root: string;
  readonly state: string;
  write(path: string, text: string): void;
  remove(): void;
}

export function makeSite(files: Readonly<Record<string, string>>): TestSite {
  const folder = mkdtempSync(join(tmpdir(), 'ringwall-site-'));
  const root = join(folder, 'site');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  mkdirSync(root);
  for (const [path, text] of Object.entries(files)) write(path, text);
  return {
    folder,
    root,
    state: join(folder, 'state'),
    write,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A node without guests: what is compiled for it needs no conntrack in the bridge family. */
export const hostOnly = {
  'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n\n[IPSET office]\n192.0.2.0/24\n',
  'etc/pve/nodes/pve1/host.fw':
    '[RULES]\nIN ACCEPT -p tcp -dport 80\nIN ACCEPT -p tcp -dport 443\nIN ACCEPT -source +office -p tcp -dport 25\n',
} as const;
