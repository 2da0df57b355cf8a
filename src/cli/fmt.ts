import { basename, resolve } from 'node:path';
import { Failure, harmless } from '../diagnostics/index.js';
import { type FirewallScope, formatFirewall, parseFirewall, printFirewall } from '../parser/index.js';
import { answer, type Context } from './context.js';

interface Formatted {
  /** As it was named. */
  readonly file: string;
  readonly path: string;
  readonly changed: boolean;
  readonly bytes: Uint8Array;
  readonly unreadable: number;
}

/**
 * Writes firewall files in their canonical layout, once all of them could be read; a file that has it is not touched. With
 * `check` nothing is written, and the exit code is 1 if one is to be changed.
 */
export async function fmt(
  context: Context,
  names: readonly string[],
  { check }: { readonly check: boolean },
): Promise<number> {
  const byPath = new Map(names.map((name) => [resolve(name), name]));
  const formatted = [...byPath].map(([path, name]) => format(context, name, path));
  for (const { file, unreadable } of formatted) {
    if (unreadable === 0) continue;
    const lines =
      unreadable === 1
        ? '1 line cannot be read and stays as it is'
        : `${unreadable} lines cannot be read and stay as they are`;
    context.err.write(`${harmless(file)}: ${lines}\n`);
  }
  const changed = formatted.filter((one) => one.changed);
  if (!check) for (const { path, bytes } of changed) context.files.rewriteAtomically(path, bytes);
  answer(context, { changed: changed.map(({ file }) => file) }, () =>
    changed.map(({ file }) => `${harmless(file)}\n`).join(''),
  );
  return check && changed.length > 0 ? 1 : 0;
}

function format({ files }: Context, file: string, path: string): Formatted {
  const scope = scopeOf(file, path);
  if (files.attributes(path)?.kind === 'link') {
    throw new Failure('symbolic-link', `${file} is a symbolic link, which a new file would take the place of`, {
      help: 'name the file it leads to',
    });
  }
  const before = files.read(path);
  if (before === null) throw new Failure('no-such-file', `there is no file ${file}`, { help: 'check the path' });
  const { tree } = parseFirewall(before, file, scope);
  const bytes = printFirewall(formatFirewall(tree));
  return {
    file,
    path,
    changed: !Buffer.from(bytes).equals(before),
    bytes,
    unreadable: tree.lines.filter(({ content }) => content.kind === 'inert').length,
  };
}

/** What kind of firewall file it is, by its place and name. */
function scopeOf(file: string, path: string): FirewallScope {
  const name = basename(path);
  if (/\/sdn\/firewall\/[^/]+\.fw$/.test(path)) return 'vnet';
  if (name === 'cluster.fw') return 'cluster';
  if (name === 'host.fw') return 'host';
  if (/^[1-9]\d*\.fw$/.test(name)) return 'guest';
  throw new Failure('not-a-firewall-file', `${file} has not the name of a firewall file`, {
    help: 'fmt lays out cluster.fw, host.fw, <VMID>.fw and sdn/firewall/<vnet>.fw',
  });
}
