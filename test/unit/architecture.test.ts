import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPage, repository, sectionsOf, tableRows } from '../support/docs.js';

/** What the page says of a room: the rooms and packages it may import. */
interface Room {
  readonly name: string;
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

/** An import of one file by another, both relative to `src/` and without their ending; or of a package. */
interface Import {
  readonly from: string;
  readonly to: string;
  /** With the file, by a call in it, or never: only the type check follows it. */
  readonly loaded: 'with the file' | 'by a call' | 'never';
}

const page = readPage('docs/architecture.md');
const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
const section = (title: string): string => sectionsOf(page, 2).find((found) => found.title === title)?.text ?? '';

const rooms: readonly Room[] = tableRows(section('The rooms')).map(([name = '', , mayImport = '', packages = '']) => ({
  name: quoted(name)[0] ?? '',
  rooms: quoted(mayImport),
  packages: quoted(packages),
}));

/** Files that others may import past the index of their room, by the page. */
const sideDoors: ReadonlySet<string> = new Set(tableRows(section('Side doors')).flatMap(([file = '']) => quoted(file)));

const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.includes('generated'))
  .sort();

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^;'"]*?\sfrom\s+)?'([^']+)'/gm;
const CALL = /import\('([^']+)'\)|createRequire\([^)]*\)\('([^']+)'\)/g;

/** The package a file of it belongs to. */
const packageOf = (target: string): string => (target.startsWith('node:') ? target : (target.split('/')[0] ?? target));

function importsOf(path: string): Import[] {
  const text = readFileSync(join(repository, 'src', path), 'utf8');
  const resolve = (target: string): string =>
    target.startsWith('.') ? posix.join(dirname(path), target).replace(/\.js$/, '') : packageOf(target);
  const from = path.replace(/\.ts$/, '');
  return [
    ...[...text.matchAll(STATEMENT)].map(
      ([, type, target = '']): Import => ({
        from,
        to: resolve(target),
        loaded: type === undefined ? 'with the file' : 'never',
      }),
    ),
    ...[...text.matchAll(CALL)].map(
      ([, target, required]): Import => ({ from, to: resolve(target ?? required ?? ''), loaded: 'by a call' }),
    ),
  ];
}

const imports = sources.flatMap(importsOf);
const roomOf = (path: string): string => path.slice(0, path.indexOf('/'));
const isFile = ({ to }: Import): boolean => sources.includes(`${to}.ts`) || to.includes('/generated/');
const isNode = ({ to }: Import): boolean => to.startsWith('node:');

test('every folder of src is a room of the page, and every room is a folder', () => {
  expect(rooms.map(({ name }) => name).sort()).toEqual([...new Set(sources.map(roomOf))].sort());
});

test('every import leads to a file or to a package', () => {
  const packages = new Set(rooms.flatMap((room) => room.packages));
  expect(imports.filter((found) => !isFile(found) && !isNode(found) && !packages.has(found.to))).toEqual([]);
  expect(imports.filter(isFile).length).toBeGreaterThan(sources.length);
});

describe.each(rooms)('$name', ({ name, rooms: mayImport, packages }) => {
  const own = imports.filter(({ from }) => roomOf(from) === name);
  const outward = own.filter((found) => isFile(found) && roomOf(found.to) !== name);

  test('imports the rooms of its row, and each of them', () => {
    expect([...new Set(outward.map(({ to }) => roomOf(to)))].sort()).toEqual([...mayImport].sort());
  });

  test('imports other rooms through their index', () => {
    const around = outward.filter(({ to }) => to !== `${roomOf(to)}/index` && !sideDoors.has(to));
    expect(around).toEqual([]);
  });

  test('imports the packages of its row, and each of them', () => {
    const found = own.filter((one) => !isFile(one) && !isNode(one)).map(({ to }) => to);
    expect([...new Set(found)].sort()).toEqual([...packages].sort());
  });
});

test('each side door is used', () => {
  const used = new Set(imports.filter((found) => roomOf(found.to) !== roomOf(found.from)).map(({ to }) => to));
  expect([...sideDoors].filter((file) => !used.has(file))).toEqual([]);
});

/** Everything that is loaded when a file is, before any call. */
function loadedWith(start: readonly string[]): Set<string> {
  const found = new Set<string>(start);
  for (const path of found) {
    for (const { from, to, loaded } of imports) if (from === path && loaded === 'with the file') found.add(to);
  }
  return found;
}

test('no command loads native code before it talks to the kernel', () => {
  const commands = sources.filter((path) => roomOf(path) === 'cli').map((path) => path.replace(/\.ts$/, ''));
  const loaded = [...loadedWith(commands)];
  expect(loaded).toContain('compiler/compile');
  expect(loaded.filter((path) => path === 'koffi' || roomOf(path) === 'netlink')).toEqual([]);
  expect(loadedWith(['netlink/index'])).toContain('koffi');
});
