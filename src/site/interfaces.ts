import { posix } from 'node:path';
import { diagnose, type Report } from '../diagnostics/index.js';
import type { InterfacesContent, InterfacesTree, Word } from '../parser/index.js';
import { isGlob, matchesGlob } from './glob.js';

/** Where interfaces files come from; paths are relative to the root. */
export interface InterfacesSource {
  tree(path: string): InterfacesTree | null;
  /** The names in a directory in byte order; none when there is no such directory. */
  list(path: string): readonly string[];
  isDirectory(path: string): boolean;
}

/** The interfaces files of a node. */
export interface InterfacesFiles {
  /** In the order they are read. */
  readonly files: readonly string[];
  /** What their lines say, in the order they are read: those of a sourced file stand where it is sourced. */
  readonly contents: readonly InterfacesContent[];
}

const MAIN = 'etc/network/interfaces';

/** How deep files may source each other; more is a circle of symbolic links. */
const DEEPEST = 16;

/** The main interfaces file and those it names by `source` and `source-directory`, each once. */
export function readInterfacesFiles(source: InterfacesSource, report: Report): InterfacesFiles {
  const files: string[] = [];
  const contents: InterfacesContent[] = [];
  const visit = (path: string, above: readonly string[]): boolean => {
    if (files.includes(path)) return true;
    const tree = source.tree(path);
    if (tree === null) return false;
    files.push(path);
    for (const { content } of tree.lines) {
      contents.push(content);
      if (content.kind === 'source') follow(content, [...above, path]);
    }
    return true;
  };
  const follow = ({ directory, path }: SourceContent, above: readonly string[]): void => {
    // Joined to the root first: no number of `..` leads out of it.
    const base = path.value.startsWith('/') ? '' : posix.dirname(above.at(-1) ?? MAIN);
    const target = posix.join('/', base, path.value).slice(1).replace(/\/+$/, '');
    const found = directory ? filesOf(source, target, path, report) : expand(source, target);
    const circle = found.find((file) => above.includes(file)) ?? (above.length > DEEPEST ? target : undefined);
    if (circle !== undefined) {
      const message = `\`${circle}\` is sourced while it is read: it is not read a second time`;
      report(diagnose('interfaces/source', path.span, message, { help: 'remove this line' }));
    }
    const open = above.length > DEEPEST ? [] : found.filter((file) => !above.includes(file));
    for (const file of open) {
      if (source.isDirectory(file) || visit(file, above) || isGlob(target)) continue;
      const help = 'correct the path, or remove the line';
      report(diagnose('interfaces/source', path.span, `there is no file \`${file}\``, { help }));
    }
  };
  visit(MAIN, []);
  return { files, contents };
}

type SourceContent = Extract<InterfacesContent, { readonly kind: 'source' }>;

/** The paths a pattern stands for, in byte order; a path without a pattern stands for itself. */
function expand(source: InterfacesSource, pattern: string): string[] {
  if (!isGlob(pattern)) return [pattern];
  return pattern.split('/').reduce<string[]>(
    (directories, part) =>
      directories.flatMap((directory) => {
        const below = (name: string): string => (directory === '' ? name : `${directory}/${name}`);
        if (!isGlob(part)) return [below(part)];
        return source
          .list(directory)
          .filter((name) => matchesGlob(name, part))
          .map(below);
      }),
    [''],
  );
}

/** Every file of a directory, as ifupdown2 reads them, hidden ones left out. */
function filesOf(source: InterfacesSource, pattern: string, { span }: Word, report: Report): string[] {
  const directories = expand(source, pattern);
  if (!isGlob(pattern) && !source.isDirectory(pattern)) {
    const help = 'correct the path, or remove the line';
    report(diagnose('interfaces/source', span, `there is no directory \`${pattern}\``, { help }));
  }
  return directories.flatMap((directory) => {
    const names = source.list(directory).filter((name) => !name.startsWith('.'));
    const skipped = names.find((name) => !/^[A-Za-z0-9_-]+$/.test(name));
    if (skipped !== undefined) {
      const message = `Debian's ifupdown passes over \`${skipped}\`, as over every name of other characters than letters, digits, \`_\` and \`-\``;
      report(diagnose('interfaces/dialect', span, message, { help: 'rename the file' }));
    }
    return names.map((name) => `${directory}/${name}`);
  });
}
