import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { build, makeSite, ringwall, type TestSite } from '../../support/cli.js';

const loose = '[rules]\r\n# first\nin   accept -p tcp # later\nfrob\n';
const canonical = '[RULES]\n# first\nIN ACCEPT -p tcp # later\nfrob\n';

let site: TestSite;
let folder = '';
beforeAll(build, 120_000);
beforeEach(() => {
  site = makeSite({ 'cluster.fw': loose, 'host.fw': canonical, 'sdn/firewall/zone1.fw': '[rules]\nforward accept\n' });
  folder = realpathSync(site.root);
});
afterEach(() => site.remove());

const path = (name: string): string => join(folder, name);
const textOf = (name: string): string => readFileSync(path(name), 'utf8');
const fmt = (...args: string[]) => ringwall(['fmt', ...args.map((arg) => (arg.startsWith('-') ? arg : path(arg)))]);

describe('fmt', () => {
  test('changes what is not canonical, keeps its mode, and touches nothing else', () => {
    chmodSync(path('cluster.fw'), 0o640);
    const { ino } = statSync(path('host.fw'));
    expect(fmt('cluster.fw', 'host.fw', 'sdn/firewall/zone1.fw')).toEqual({
      code: 0,
      out: `${path('cluster.fw')}\n${path('sdn/firewall/zone1.fw')}\n`,
      err:
        `${path('cluster.fw')}: 1 line cannot be read and stays as it is\n` +
        `${path('host.fw')}: 1 line cannot be read and stays as it is\n`,
    });
    expect(textOf('cluster.fw')).toBe(canonical);
    expect(textOf('sdn/firewall/zone1.fw')).toBe('[RULES]\nFORWARD ACCEPT\n');
    expect(statSync(path('cluster.fw')).mode & 0o7777).toBe(0o640);
    expect(statSync(path('host.fw')).ino).toBe(ino);
    expect(readdirSync(folder).sort()).toEqual(['cluster.fw', 'host.fw', 'sdn']);

    expect(fmt('cluster.fw', 'host.fw', 'sdn/firewall/zone1.fw').out).toBe('');
  });

  test('--check writes nothing and is 1 where something is to be changed', () => {
    expect(fmt('--check', 'cluster.fw', 'host.fw')).toMatchObject({ code: 1, out: `${path('cluster.fw')}\n` });
    expect(fmt('--check', '--json', 'cluster.fw')).toMatchObject({
      code: 1,
      out: `${JSON.stringify({ changed: [path('cluster.fw')] })}\n`,
    });
    expect(textOf('cluster.fw')).toBe(loose);
    expect(fmt('--check', '--json', 'host.fw')).toMatchObject({ code: 0, out: '{"changed":[]}\n' });
  });

  test('a file that is named twice is one', () => {
    expect(JSON.parse(fmt('--json', 'cluster.fw', 'sdn/../cluster.fw').out).changed).toHaveLength(1);
  });

  test.each<[string, () => void, string[], string]>([
    ['is not there', () => {}, ['100.fw'], 'there is no file PATH/100.fw'],
    ['is a directory', () => mkdirSync(path('100.fw')), ['100.fw'], 'Cannot read PATH/100.fw: it is a directory'],
    [
      'is a symbolic link',
      () => symlinkSync(path('cluster.fw'), path('100.fw')),
      ['100.fw'],
      'PATH/100.fw is a symbolic link, which a new file would take the place of',
    ],
    [
      'is no firewall file',
      () => writeFileSync(path('interfaces'), ''),
      ['interfaces'],
      'PATH/interfaces has not the name of a firewall file',
    ],
    ['is a guest’s configuration', () => {}, ['100.conf'], 'PATH/100.conf has not the name of a firewall file'],
  ])('what %s is refused, and no file is changed', (_, make, files, message) => {
    make();
    const { code, out, err } = fmt('cluster.fw', ...files);
    expect(err).toContain(`ringwall: ${message.replace('PATH', folder)}\n`);
    expect(out).toBe('');
    expect(code).toBe(1);
    expect(textOf('cluster.fw')).toBe(loose);
  });

  test.runIf(process.geteuid?.() === 0)('a file whose owner cannot be kept is left as it is', () => {
    for (const place of [site.folder, folder]) chmodSync(place, 0o777);
    const { code, err } = ringwall(
      ['fmt', path('cluster.fw')],
      ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
    );
    expect(err).toContain(`Cannot write ${path('cluster.fw')}: permission denied`);
    expect(code).toBe(1);
    expect(textOf('cluster.fw')).toBe(loose);
    expect(readdirSync(folder).sort()).toEqual(['cluster.fw', 'host.fw', 'sdn']);
  });

  test('without a file it is wrong usage', () => {
    expect(ringwall(['fmt'])).toMatchObject({ code: 64, out: '' });
  });
});
