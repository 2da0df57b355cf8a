import { describe, expect, test } from 'vitest';
import { type InterfacesContent, parseInterfaces } from '../../../src/parser/index.js';

const read = (text: string) => {
  const { tree, diagnostics } = parseInterfaces(new TextEncoder().encode(text), 'interfaces');
  return { contents: tree.lines.map(({ content }) => content), diagnostics };
};

/** A line's content as one text. */
function brief(content: InterfacesContent): string {
  switch (content.kind) {
    case 'auto':
      return `auto ${content.class}: ${content.names.map(({ value }) => value)}`;
    case 'iface':
      return [
        `iface ${content.name.value} ${content.family?.value} ${content.method?.value}`,
        ...(content.inherits === null ? [] : [`inherits ${content.inherits.value}`]),
      ].join(' ');
    case 'foreign':
      return `${content.keyword}: ${content.names.map(({ value }) => value)}`;
    case 'source':
      return `${content.directory ? 'directory' : 'file'} ${content.path.value}`;
    case 'option':
      return `${content.key.value} = ${content.value.value}`;
    default:
      return content.kind;
  }
}

const briefly = (text: string) => {
  const { contents, diagnostics } = read(text);
  return { lines: contents.map(brief), codes: diagnostics.map(({ code }) => code) };
};

test('every kind of line', () => {
  expect(
    briefly(
      [
        '# comment',
        'auto lo vmbr0',
        'allow-hotplug eth0',
        'allow-auto eth1',
        'iface vmbr0 inet static',
        '\taddress 192.0.2.1/24',
        '    # inside',
        '\tbridge_ports  eth0 eth1  ',
        '',
        'iface eth0',
        'iface eth1 inet',
        'source /etc/network/interfaces.d/*',
        'source-directory /etc/network/more.d',
      ].join('\n'),
    ),
  ).toEqual({
    lines: [
      'comment',
      'auto auto: lo,vmbr0',
      'auto hotplug: eth0',
      'auto auto: eth1',
      'iface vmbr0 inet static',
      'address = 192.0.2.1/24',
      'comment',
      'bridge-ports = eth0 eth1',
      'blank',
      'iface eth0 undefined undefined',
      'iface eth1 inet undefined',
      'file /etc/network/interfaces.d/*',
      'directory /etc/network/more.d',
    ],
    codes: [],
  });
});

describe('lines that cannot be read', () => {
  test.each([
    ['auto', ['inert'], ['interfaces/missing-name']],
    ['allow-hotplug', ['inert'], ['interfaces/missing-name']],
    ['iface\n address 192.0.2.1', ['inert', 'inert'], ['interfaces/missing-name']],
    ['source', ['inert'], ['interfaces/missing-value']],
    ['address 192.0.2.1', ['inert'], ['interfaces/unknown-keyword']],
    ['auto lo\n address 192.0.2.1', ['auto auto: lo', 'inert'], ['interfaces/unknown-keyword']],
    ['iface a\n mtu', ['iface a undefined undefined', 'inert'], ['interfaces/missing-value']],
    ['iface a inet static mtu 1500', ['iface a inet static'], ['interfaces/ignored-words']],
    ['source a b', ['file a'], ['interfaces/ignored-words']],
    [
      '% if x:\niface a\n% endif\n mtu 1500',
      ['inert', 'iface a undefined undefined', 'inert', 'mtu = 1500'],
      ['interfaces/template', 'interfaces/template'],
    ],
    ['auto a\0b', ['inert'], ['syntax/character']],
  ])('%j', (text, lines, codes) => {
    expect(briefly(text)).toEqual({ lines, codes });
  });
});

describe('lines of one dialect', () => {
  test.each([
    ['iface a inet static inherits b', ['iface a inet static inherits b'], []],
    ['iface a inherits b c', ['iface a undefined undefined inherits b'], ['interfaces/ignored-words']],
    [
      'mapping eth0 eth1\n script /x\n map a\\b\nauto a',
      ['mapping: eth0,eth1', 'script = /x', 'map = a b', 'auto auto: a'],
      ['interfaces/unsupported-stanza', 'interfaces/dialect'],
    ],
    ['vlan br\n bridge_vids 5', ['vlan: br', 'bridge-vids = 5'], ['interfaces/unsupported-stanza']],
    ['rename a=b c=d', ['rename: a=b,c=d'], ['interfaces/unsupported-stanza']],
    [
      'iface a\nno-scripts a\n mtu 1500',
      ['iface a undefined undefined', 'no-scripts: a', 'mtu = 1500'],
      ['interfaces/unsupported-stanza'],
    ],
    ['auto /eth* eth1', ['auto auto: /eth*,eth1'], ['interfaces/dialect']],
    [
      'iface a\n\n mtu 1500\n\n\n alias b',
      ['iface a undefined undefined', 'blank', 'mtu = 1500', 'blank', 'blank', 'alias = b'],
      ['interfaces/dialect', 'interfaces/dialect'],
    ],
  ])('%j', (text, lines, codes) => {
    expect(briefly(text)).toEqual({ lines, codes });
  });
});

describe('lines joined by a backslash', () => {
  test('are one line, and the words know where they stand', () => {
    const { contents, diagnostics } = read('iface a\n  bridge-ports eth0 \\\n    eth1 \\  \n    eth2\n  mtu 1500\n');
    expect(diagnostics.map(({ code }) => code)).toEqual(['interfaces/dialect']);
    expect(contents.map(brief)).toEqual([
      'iface a undefined undefined',
      'bridge-ports = eth0 eth1 eth2',
      'continuation',
      'continuation',
      'mtu = 1500',
    ]);
    const option = contents[1];
    expect(option?.kind === 'option' && option.value.span).toEqual({
      file: 'interfaces',
      line: 2,
      column: 16,
      endLine: 4,
      endColumn: 9,
    });
  });

  test('in the middle of a line a backslash is a blank', () => {
    expect(briefly('iface a\n up echo a\\tb\n').lines[1]).toBe('up = echo a tb');
  });

  test('a comment takes in the next line too', () => {
    expect(briefly('# a \\\nauto a\nauto b\n').lines).toEqual(['comment', 'continuation', 'auto auto: b']);
  });

  test('the last line has nothing to join', () => {
    expect(briefly('auto a \\').lines).toEqual(['auto auto: a']);
    expect(briefly('\\').lines).toEqual(['blank']);
  });
});
