import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { makeProgram } from '../../../src/cli/program.js';
import { Reader } from '../../../src/ruleset/index.js';
import { clusterSchema, guestSchema, hostSchema, vnetSchema } from '../../../src/site/options.js';
import { pages, readPage, repository, sectionsOf, tableRows } from '../../support/docs.js';

const section = (page: string, title: string): string =>
  sectionsOf(readPage(page), 2).find((found) => found.title === title)?.text ?? '';
const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

describe('links lead somewhere', () => {
  /** As the sites that show Markdown make them. */
  const anchorsOf = (page: string): string[] =>
    [...readPage(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );

  test.each(pages())('%s', (page) => {
    const links = [...readPage(page).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(repository, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('from the README to every page', () => {
    const readme = readPage('README.md');
    expect(pages().filter((page) => page !== 'README.md' && !readme.includes(`](${page})`))).toEqual([]);
  });
});

describe('docs/cli.md', () => {
  const program = makeProgram('0.0.0', async () => {});
  const longOptions = (command: Command): string[] => command.options.flatMap(({ long }) => (long ? [long] : []));
  /** The first column of a section's table, without placeholders. */
  const documented = (title: string): string[] => {
    const text = section('docs/cli.md', title);
    return text.includes('| option |')
      ? tableRows(text).flatMap(([cell = '']) => quoted(cell)[0]?.split(' ')[0] ?? [])
      : [];
  };

  test('has a section for each command', () => {
    const titles = sectionsOf(readPage('docs/cli.md'), 2).map(({ title }) => title);
    expect(titles).toEqual(['Options of every command', ...program.commands.map((command) => command.name())]);
  });

  test.each(program.commands.map((command) => [command.name(), command] as const))(
    '%s has its options',
    (name, command) => {
      expect(documented(name).sort()).toEqual(longOptions(command).sort());
      expect(section('docs/cli.md', name)).toContain('JSON: `');
    },
  );

  test('the options of every command', () => {
    const own = longOptions(program).filter((option) => option !== '--version');
    expect(documented('Options of every command').sort()).toEqual(own.sort());
  });
});

test('docs/dependencies.md has a reason for each package', () => {
  const manifest = new Reader(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));
  const names = (key: string): string[] =>
    [...manifest.field(key).entries((version) => version.string())].map(([name]) => name);
  const reasons = (title: string): string[] =>
    tableRows(section('docs/dependencies.md', title)).flatMap(([name = '']) => quoted(name));
  expect(reasons('At run time').sort()).toEqual(names('dependencies').sort());
  expect(reasons('To build and to test').sort()).toEqual(names('devDependencies').sort());
});

test('docs/dependencies.md names each Debian package that is installed', () => {
  const script = readFileSync(join(repository, 'scripts/setup.sh'), 'utf8');
  const installed = /^packages=\(([^)]*)\)/m.exec(script)?.[1]?.trim().split(/\s+/) ?? [];
  expect(installed.length).toBeGreaterThan(2);
  const text = readPage('docs/dependencies.md');
  const paragraph = quoted(text.slice(text.indexOf('From Debian')));
  expect(paragraph.filter((name) => name !== 'linux-image-amd64').sort()).toEqual(installed.sort());
});

test('docs/semantics.md names each option without effect', () => {
  const without = [clusterSchema, hostSchema, guestSchema, vnetSchema].flatMap((schema) =>
    Object.entries(schema)
      .filter(([, type]) => 'elsewhere' in type)
      .map(([name]) => name),
  );
  expect(quoted(section('docs/semantics.md', 'Options without effect')).sort()).toEqual(without.sort());
});

test('docs/semantics.md shows each choice between the two implementations somewhere', () => {
  const choices = tableRows(section('docs/semantics.md', 'Where the two implementations differ'));
  expect(choices.length).toBeGreaterThan(30);
  expect(choices.filter((cells) => cells.length !== 6 || !/\]\([^)]+\)$/.test(cells.at(-1) ?? ''))).toEqual([]);
});
