import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../../src/ports/index.js';
import { matchesGlob } from '../../../src/site/glob.js';
import { addressesOf, readSite, spellStanzaAddress } from '../../../src/site/index.js';
import { expandNameRange } from '../../../src/site/name-range.js';

function read(main: string, files: Readonly<Record<string, string>> = {}) {
  const all = Object.entries({ 'etc/network/interfaces': main, ...files });
  const { site, diagnostics } = readSite(
    memoryFiles(Object.fromEntries(all.map(([path, text]) => [`/s/${path}`, text]))),
    {
      root: '/s',
      hostname: 'pve1',
      now: 0,
    },
  );
  const { interfaces } = site;
  return {
    ...interfaces,
    stanzas: interfaces.stanzas.map(({ name, family, method, options }) =>
      [name.value, family?.value, method?.value, ...options.map(({ key, value }) => `${key.value}=${value.value}`)]
        .filter((word) => word !== undefined)
        .join(' '),
    ),
    starts: [...interfaces.starts].map(([name, mark]) => `${mark} ${name}`),
    found: diagnostics.map(({ span, code }) => `${span.file.replace('etc/network/', '')}:${span.line} ${code}`),
  };
}

describe('files that are sourced', () => {
  it('stand where they are sourced, in byte order, relative to the file that sources them', () => {
    const { files, stanzas, found } = read('iface a\nsource interfaces.d/*\niface z\n', {
      'etc/network/interfaces.d/b2': 'iface b2\n',
      'etc/network/interfaces.d/b1': 'iface b1\nsource more/[c-d]?\n',
      'etc/network/interfaces.d/.hidden': 'iface hidden\n',
      'etc/network/interfaces.d/more/c1': 'iface c1\n',
      'etc/network/interfaces.d/more/d1': 'iface d1\n',
      'etc/network/interfaces.d/more/e1': 'iface e1\n',
    });
    expect(stanzas).toEqual(['a', 'b1', 'c1', 'd1', 'b2', 'z']);
    expect(files).toHaveLength(5);
    expect(found).toEqual([]);
  });

  it('are found through patterns in any part of the path', () => {
    const files = { 'etc/network/x1/a': 'iface a\n', 'etc/network/x2/a': 'iface b\n', 'etc/network/y/a': 'iface c\n' };
    expect(read('source /etc/network/x*/a\n', files).stanzas).toEqual(['a', 'b']);
  });

  it('are read once; a circle ends and is said', () => {
    const { files, found } = read('source a\nsource a\n', {
      'etc/network/a': 'source b\n',
      'etc/network/b': 'iface b\nsource ../network/a\nsource b\n',
    });
    expect(files.map((file) => file.split('/').at(-1))).toEqual(['interfaces', 'a', 'b']);
    expect(found).toEqual(['b:2 interfaces/source', 'b:3 interfaces/source']);
  });

  it('that are not there are said, unless a pattern finds none', () => {
    expect(read('source none\nsource none/*\nsource-directory none\nsource-directory none/*\n').found).toEqual([
      'interfaces:1 interfaces/source',
      'interfaces:3 interfaces/source',
    ]);
  });

  it('a directory gives all of its files; Debian passes over some', () => {
    const { stanzas, found } = read('source-directory interfaces.d\n', {
      'etc/network/interfaces.d/b.conf': 'iface b\n',
      'etc/network/interfaces.d/a': 'iface a\n',
      'etc/network/interfaces.d/.c': 'iface c\n',
      'etc/network/interfaces.d/sub/d': 'iface d\n',
    });
    expect(stanzas).toEqual(['a', 'b']);
    expect(found).toEqual(['interfaces:1 interfaces/dialect']);
  });

  it('an option at the top of one belongs to no stanza', () => {
    const { stanzas, found } = read('iface a\nsource b\n', { 'etc/network/b': ' mtu 1400\n' });
    expect(stanzas).toEqual(['a']);
    expect(found).toEqual(['b:1 interfaces/unknown-keyword']);
  });
});

describe('stanzas', () => {
  it.each([
    [
      'iface swp[1-3]\n mtu 1400\n alias $IFACE',
      ['swp1 mtu=1400 alias=swp1', 'swp2 mtu=1400 alias=swp2', 'swp3 mtu=1400 alias=swp3'],
      [],
    ],
    ['iface a[1-2]b[0-1].5', ['a1b0.5', 'a1b1.5', 'a2b0.5', 'a2b1.5'], []],
    ['iface a[2-1]\n mtu 1400', [], ['interfaces:1 interfaces/range']],
    ['iface a[0-99999][0-99999]', [], ['interfaces:1 interfaces/range']],
    ['iface a[x]', ['a[x]'], []],
    [
      'iface t inet static\n mtu 1400\niface a inherits t\n alias b',
      ['t inet static mtu=1400', 'a inet static mtu=1400 alias=b'],
      ['interfaces:3 interfaces/dialect'],
    ],
    [
      'iface t inet static\n mtu 1400\niface a inet6 static inherits t',
      ['t inet static mtu=1400', 'a inet6 static'],
      ['interfaces:3 interfaces/inherits'],
    ],
    [
      'iface a\nmapping b\n script c\nvlan a\n bridge-vids 5',
      ['a'],
      ['interfaces:2 interfaces/unsupported-stanza', 'interfaces:4 interfaces/unsupported-stanza'],
    ],
  ])('%j', (text, stanzas, found) => {
    expect(read(text)).toMatchObject({ stanzas, found });
  });

  it.each([
    ['address 10.0.0.1\n netmask 255.0.0.0', ['10.0.0.1/255.0.0.0']],
    ['netmask 8\n address 10.0.0.1\n address 10.0.0.2', ['10.0.0.1/8', '10.0.0.2']],
    ['address 10.0.0.1/24\n netmask 8', ['10.0.0.1/24']],
    ['address 10.0.0.1\n address 10.0.0.2\n netmask 8\n netmask 9', ['10.0.0.1', '10.0.0.2/8']],
  ])('%j: a netmask belongs to one address', (text, addresses) => {
    const { site } = readSite(memoryFiles({ '/s/etc/network/interfaces': `iface a\n ${text}\n` }), {
      root: '/s',
      hostname: 'pve1',
      now: 0,
    });
    expect(site.interfaces.stanzas.flatMap(addressesOf).map(spellStanzaAddress)).toEqual(addresses);
  });
});

describe('what is started', () => {
  it.each([
    ['auto a b\niface a\niface b', ['auto a', 'auto b'], []],
    ['allow-auto a\nallow-hotplug b\nallow-ovs c\niface a\niface b\niface c', ['auto a', 'hotplug b'], []],
    ['allow-hotplug a\nauto a\nallow-hotplug a\niface a', ['auto a'], []],
    ['iface a\nauto a', ['auto a'], ['interfaces:2 interfaces/dialect']],
    ['auto a\niface a\nauto a', ['auto a'], []],
    ['auto a[1-2]\niface a[1-2]', ['auto a1', 'auto a2'], ['interfaces:1 interfaces/dialect']],
    ['auto eth0\niface eth1', ['auto eth0'], ['interfaces:1 interfaces/no-stanza']],
    ['auto all\niface a', ['auto all'], []],
    ['auto /a*\niface a', [], ['interfaces:1 interfaces/dialect']],
  ])('%j', (text, starts, found) => {
    expect(read(text)).toMatchObject({ starts, found });
  });
});

const MEANING = new Map([
  ['*', '.*'],
  ['?', '.'],
  ['[!a]', '[^a]'],
]);

describe('patterns of file names', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'a*', true],
    ['abc', '*b*', true],
    ['abc', 'a?c', true],
    ['abc', 'a[a-c]c', true],
    ['abc', 'a[!a-c]c', false],
    ['a]c', 'a[]]c', true],
    ['a[c', 'a[c', true],
    ['ab', 'a', false],
    ['a', 'ab', false],
    ['.a', '*', false],
    ['.a', '.*', true],
    ['', '*', true],
  ])('%j against %j', (name, pattern, matches) => {
    expect(matchesGlob(name, pattern)).toBe(matches);
  });

  it('agree with the same pattern as a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]'), { maxLength: 6 });
    fc.assert(
      fc.property(text, pattern, (name, parts) => {
        const source = parts.map((part) => MEANING.get(part) ?? part).join('');
        expect(matchesGlob(name, parts.join(''))).toBe(new RegExp(`^${source}$`).test(name));
      }),
    );
  });

  it('take no time that grows with every star', () => {
    expect(matchesGlob('a'.repeat(250), `${'*a'.repeat(100)}b`)).toBe(false);
  });
});

it('a range has its last name, and no more than 4096 names', () => {
  expect(expandNameRange('a[1-4096]')).toHaveLength(4096);
  expect(expandNameRange('a[0-4096]')).toBeNull();
});
