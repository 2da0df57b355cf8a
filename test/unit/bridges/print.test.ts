import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Links, printLinks } from '../../../src/bridges/index.js';
import { desiredOf } from './site.js';

const batch = (text: string): string[] =>
  printLinks(desiredOf(text).links)
    .split('\n')
    .filter((line) => /^[^#]|^#bridge /.test(line));

describe('the batch', () => {
  it('makes lower links first, whatever the order of the file', () => {
    expect(
      batch(
        [
          'auto vmbr0 bond0',
          'iface vmbr0',
          '\taddress 10.0.0.1/8',
          '\tgateway 10.0.0.2',
          '\tmetric 7',
          '\tbridge-ports bond0.5',
          'iface bond0',
          '\tbond-slaves eth0',
          '\tbond-mode 1',
          '\tmtu 9000',
        ].join('\n'),
      ),
    ).toEqual([
      'link add dev bond0 type bond mode active-backup',
      'link set dev eth0 down',
      'link set dev eth0 master bond0',
      'link set dev bond0 mtu 9000',
      'link set dev bond0 up',
      'link add link bond0 dev bond0.5 type vlan protocol 802.1q id 5',
      'link set dev bond0.5 up',
      'link add dev vmbr0 type bridge',
      'link set dev bond0.5 master vmbr0',
      'address add 10.0.0.1/8 dev vmbr0',
      'link set dev vmbr0 up',
      'route add default via 10.0.0.2 dev vmbr0 onlink metric 7',
    ]);
  });

  it('leaves the default PVID as it is', () => {
    expect(
      batch(
        'auto b b.1 b.5\niface b\n\tbridge-ports eth0\n\tbridge-vlan-aware yes\n\tbridge-vids 1 1-4\niface b.1\niface b.5\n',
      ).filter((line) => line.startsWith('#bridge')),
    ).toEqual(['#bridge vlan add dev eth0 vid 2-4', '#bridge vlan add dev b vid 5 self']);
  });

  it('names no VLAN ids where the bridge does not filter', () => {
    expect(batch('auto b b.5\niface b\n\tbridge-ports eth0\n\tbridge-vids 2-4\niface b.5\n').join('\n')).not.toContain(
      '#bridge',
    );
  });

  it('leaves out what does not come up, cannot be made, or stands on such', () => {
    const text =
      'iface eth0\nauto x x.5 b v\niface x\n\ttunnel-mode gre\niface x.5\niface b\n\tbridge-ports x\niface v\n\tvlan-raw-device v\n\tvlan-id 6\n';
    expect(batch(text)).toEqual(['link add dev b type bridge', 'link set dev b up']);
    const printed = printLinks(desiredOf(text).links);
    expect(printed).toContain('# eth0 is left alone: nothing brings it up (interfaces:1)\n');
    expect(printed).toContain('# not-yet: x is not made: tunnel-mode is not supported\n');
    expect(printed).toContain('# not-yet: x.5 is not made: it stands on x\n');
    expect(printed).toContain('# not-yet: port x of b\n');
    expect(printed).toContain('# v is not made: it stands on itself (interfaces:8)\n');
  });

  it.each([
    ['the uplink', 'link set dev eth0 alias "the uplink"'],
    ['the "uplink"', `link set dev eth0 alias 'the "uplink"'`],
    ['port #1', undefined],
    [`"it's"`, undefined],
  ])('an alias stands in the quotes it does not have: %s', (alias, line) => {
    expect(batch(`auto eth0\niface eth0\n\talias ${alias}\n`).find((one) => one.includes('alias'))).toBe(line);
  });

  it('refuses names that nobody checked', () => {
    const links = (name: string): Links => ({
      links: [
        {
          kind: 'physical',
          name,
          origin: { file: 'f', line: 1 },
          start: 'auto',
          addresses: [],
          gateways: [],
        },
      ],
      guestPorts: [],
      unmanaged: [],
    });
    expect(printLinks(links('eth0'))).toContain('link set dev eth0 up');
    for (const name of ['eth0 up', 'a\nb', '-all', '']) {
      expect(() => printLinks(links(name))).toThrow(expect.objectContaining({ code: 'bad-link-name' }));
    }
  });

  it('a class of traffic is hexadecimal, as ip reads it', () => {
    const vxlan = (tos: string) => desiredOf(`auto v\niface v\n\tvxlan-id 9\n\tvxlan-tos ${tos}\n`).links;
    expect(printLinks(vxlan('16'))).toContain('type vxlan id 9 dstport 4789 tos 0x10\n');
    expect(printLinks(vxlan('inherit'))).toContain('tos 0x1\n');
  });

  it('is one command or comment a line, whatever the file says', () => {
    const command =
      /^(link (add|set) (link [\w.-]+ )?dev [\w.-]+ ([\w. :-]+|alias ("[\x20-\x7e]*"|'[\x20-\x7e]*'))|address add [0-9a-f.:]+\/\d+ dev [\w.-]+|route add default via [0-9a-f.:]+ dev [\w.-]+ onlink( metric \d+)?|#.*|)$/;
    const key = fc.constantFrom(
      'address',
      'gateway',
      'mtu',
      'bridge-ports',
      'bond-slaves',
      'bond-mode',
      'vlan-raw-device',
      'vlan-id',
      'vrf',
      'hwaddress',
      'alias',
      'bridge-vids',
      'bridge-pathcosts',
      'vxlan-id',
      'vxlan-remoteip',
      'up',
    );
    const word = fc.oneof(
      fc.constantFrom('10.0.0.1/8', 'fe80::1', 'eth0', 'br', '5', 'none', '1500', '2-9'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const line = fc.oneof(
      fc
        .tuple(fc.constantFrom('auto', 'iface'), fc.oneof(fc.constantFrom('br', 'eth0', 'br.5', 'all'), word))
        .map((words) => words.join(' ')),
      fc.tuple(key, word).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = printLinks(desiredOf(['auto all', ...lines].join('\n')).links);
        for (const one of text.split('\n')) expect(one).toMatch(command);
      }),
      { numRuns: 300 },
    );
  }, 30_000);
});
