import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkLocal } from '../../../src/compiler/ipfilter.js';
import type { Member } from '../../../src/compiler/names.js';
import { setContent } from '../../../src/compiler/names.js';
import { includes } from '../../../src/ruleset/index.js';
import { smallSite } from './small-site.js';

const spell = (interval: readonly [bigint, bigint]): string => interval.map((end) => end.toString(16)).join('-');

/** The sets of a table as `name first-last …`, in hex. */
function setsOf(files: Parameters<typeof smallSite>[0]): { problems: readonly string[]; sets: readonly string[] } {
  const { compiled, problems } = smallSite(files);
  const bridge = compiled.ruleset.tables.find(({ family }) => family === 'bridge');
  return { problems, sets: (bridge?.sets ?? []).map(({ name, elements }) => [name, ...elements.map(spell)].join(' ')) };
}

/** Spec firewall.md 5.2. */
describe('the longest prefix decides', () => {
  const member = fc.tuple(fc.boolean(), fc.nat(8), fc.nat(255)).map(([nomatch, length, value]): Member => {
    const size = 1n << BigInt(8 - length);
    const first = BigInt(value) - (BigInt(value) % size);
    return { nomatch, range: { family: 4, interval: [(10n << 24n) + first, (10n << 24n) + first + size - 1n] } };
  });

  it('as if each address looked for its most specific entry', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 10 }), (members) => {
        const content = setContent(members)[4];
        for (let address = 10n << 24n; address < (10n << 24n) + 256n; address += 1n) {
          const covering = members.filter(
            ({ range: { interval } }) => interval[0] <= address && address <= interval[1],
          );
          const sizes = covering.map(({ range: { interval } }) => interval[1] - interval[0]);
          const smallest = sizes.reduce((a, b) => (a < b ? a : b), 1n << 32n);
          const deciding = covering.filter(({ range: { interval } }) => interval[1] - interval[0] === smallest);
          // Of an entry and its exclusion of the same length, which the kernel would not hold both, the exclusion counts.
          const held = deciding.length > 0 && deciding.every(({ nomatch }) => !nomatch);
          expect(includes(content, address)).toBe(held);
        }
      }),
    );
  });

  it('each family on its own, the whole of one included', () => {
    const { sets, problems } = setsOf({
      vm: '[IPSET all]\n0.0.0.0/0\n!10.0.0.0/8\n10.1.0.0/16\n::/0\n!::/1\n[RULES]\nIN ACCEPT -source +all\n',
    });
    expect(problems).toEqual([]);
    expect(sets).toEqual([
      'guest-100/all-v4 0-9ffffff a010000-a01ffff b000000-ffffffff',
      `guest-100/all-v6 80000000000000000000000000000000-${'f'.repeat(32)}`,
    ]);
  });
});

/** Spec firewall.md 2.4: scope resolution. */
describe('which set or alias a name means', () => {
  const cluster = '[ALIASES]\nhost 10.0.0.1\n[IPSET web]\n10.0.0.10\n[IPSET v1-all]\n10.0.0.11\n';
  const files = {
    'etc/pve/sdn/.running-config': JSON.stringify({
      zones: { ids: { z1: {} } },
      vnets: { ids: { v1: { zone: 'z1' }, V2: { zone: 'z1' } } },
      subnets: {
        ids: {
          'z1-172.16.0.0-24': {
            vnet: 'v1',
            gateway: '172.16.0.1',
            'dhcp-range': ['start-address=172.16.0.100,end-address=172.16.0.150'],
          },
          'z1-172.17.0.0-24': { vnet: 'V2' },
          'z1-2001:db8:5::-64': { vnet: 'v1' },
        },
      },
    }),
    'etc/pve/sdn/pve-ipam-state.json': JSON.stringify({
      zones: {
        z1: {
          subnets: {
            '172.16.0.0/24': { ips: { '172.16.0.1': { gateway: 1 }, '172.16.0.7': { vmid: 100, mac: 'x' } } },
          },
        },
      },
    }),
  };

  it.each([
    ['+web', 'guest-100/web-v4 a000014-a000014'],
    ['+WEB', 'guest-100/web-v4 a000014-a000014'],
    ['+guest/web', 'guest-100/web-v4 a000014-a000014'],
    ['+dc/web', 'dc/web-v4 a00000a-a00000a'],
    ['+v1-all', 'dc/v1-all-v4 a00000b-a00000b'],
    ['+v2-all', 'sdn/v2-all-v4 ac110000-ac1100ff'],
    ['+sdn/V2-all', 'sdn/v2-all-v4 ac110000-ac1100ff'],
    ['+sdn/v1-gateway', 'sdn/v1-gateway-v4 ac100001-ac100001'],
    ['+sdn/v1-no-gateway -dest 10.0.0.1', 'sdn/v1-no-gateway-v4 ac100000-ac100000 ac100002-ac1000ff'],
    ['+v1-dhcp', 'sdn/v1-dhcp-v4 ac100064-ac100096'],
    ['+guest-ipam-100', 'sdn/guest-ipam-100-v4 ac100007-ac100007'],
  ])('-source %s', (source, expected) => {
    const { problems, sets } = setsOf({
      cluster,
      vm: `[IPSET Web]\n10.0.0.20\n[RULES]\nIN ACCEPT -source ${source}\n`,
      files,
    });
    expect(problems).toEqual([]);
    expect(sets).toEqual([expected]);
  });

  it('vnets that differ by case only each have their own', () => {
    const twins = {
      'etc/pve/sdn/.running-config': JSON.stringify({
        zones: { ids: { z1: {} } },
        vnets: { ids: { net: { zone: 'z1' }, NET: { zone: 'z1' } } },
        subnets: { ids: { 'z1-10.1.0.0-24': { vnet: 'net' }, 'z1-10.2.0.0-24': { vnet: 'NET' } } },
      }),
    };
    const use = (source: string) => setsOf({ vm: `[RULES]\nIN ACCEPT -source ${source}\n`, files: twins });
    expect(use('+net-all')).toEqual({ problems: [], sets: ['sdn/net-all-v4 a010000-a0100ff'] });
    expect(use('+sdn/NET-all')).toEqual({ problems: [], sets: ['sdn/NET-all-v4 a020000-a0200ff'] });
    const { diagnostics } = smallSite({ vm: '[RULES]\nIN ACCEPT -source +Net-all\n', files: twins });
    expect(diagnostics).toMatchObject([
      {
        code: 'name/unknown-set',
        help: 'names that differ by case only are told apart here: write net-all or NET-all',
      },
    ]);
  });

  it.each([
    ['host', 'ip saddr 10.0.0.2 counter accept'],
    ['HOST', 'ip saddr 10.0.0.2 counter accept'],
    ['guest/host', 'ip saddr 10.0.0.2 counter accept'],
    ['dc/host', 'ip saddr 10.0.0.1 counter accept'],
  ])('-source %s is an alias', (source, expected) => {
    const { problems, rules } = smallSite({
      cluster,
      vm: `[ALIASES]\nHost 10.0.0.2\n[RULES]\nIN ACCEPT -source ${source}\n`,
    });
    expect(problems).toEqual([]);
    expect(rules('bridge', 'guest-100-in')?.[0]).toBe(expected);
  });

  it.each([
    ['vm', '+sdn/web', 'name/unknown-set'],
    ['vm', '+guest/v1-all', 'name/unknown-set'],
    ['vm', '+constructor', 'name/unknown-set'],
    ['vm', 'guest/host', 'name/unknown-alias'],
    ['host', '+guest/web', 'name/unknown-set'],
    ['host', 'guest/host', 'name/unknown-alias'],
    ['cluster', '+guest/web', 'name/unknown-set'],
  ] as const)('%s: -source %s is nothing there', (file, source, code) => {
    const text = `[RULES]\nIN ACCEPT -source ${source}\n`;
    const { problems } = smallSite({
      cluster: file === 'cluster' ? text : cluster,
      ...(file === 'cluster' ? {} : { [file]: text }),
    });
    expect(problems.map((problem) => problem.split(' ').slice(1).join(' '))).toEqual([`error ${code}`]);
  });

  it('a group sees the names of the cluster, whatever its caller declares', () => {
    const { problems, sets } = setsOf({
      cluster: `${cluster}[group open]\nIN ACCEPT -source +web -dest host\n`,
      vm: '[ALIASES]\nhost 10.0.0.2\n[IPSET web]\n10.0.0.20\n[RULES]\nGROUP open\n',
    });
    expect(problems).toEqual([]);
    expect(sets).toEqual(['dc/web-v4 a00000a-a00000a']);
  });
});

it('sets whose names end like ours stay apart', () => {
  const { problems, sets } = setsOf({
    cluster: '[IPSET aa]\n10.0.0.1\n2001:db8::1\n[IPSET aa-v4]\n10.0.0.2\n[IPSET management-v4]\n10.0.0.3\n',
    vm: '[IPSET aa]\n10.0.0.4\n[IPSET in]\n10.0.0.5\n[RULES]\nIN ACCEPT -source +dc/aa\nIN ACCEPT -source +aa-v4\nIN ACCEPT -source +management-v4\nIN ACCEPT -source +aa\nIN ACCEPT -source +in\n',
  });
  expect(problems).toEqual([]);
  expect(sets.map((set) => set.split(' ')[0])).toEqual([
    'dc/aa-v4',
    'dc/aa-v4-v4',
    'dc/aa-v6',
    'dc/management-v4-v4',
    'guest-100/aa-v4',
    'guest-100/in-v4',
  ]);
});

/** RFC 4291, appendix A. */
it.each([
  [0xbc2411000001n, 'fe80::be24:11ff:fe00:1', 0xfe80000000000000be2411fffe000001n],
  [0x020000000000n, 'fe80::ff:fe00:0', 0xfe80000000000000000000fffe000000n],
  [0xffffffffffffn, 'fe80::fdff:ffff:feff:ffff', 0xfe80000000000000fdfffffffeffffffn],
])('the link-local address of a MAC address (%#)', (mac, _, address) => {
  expect(linkLocal(mac)).toBe(address);
});

/** Spec firewall.md 5.4. */
describe('the source filter', () => {
  const own = 'be2411fffe000100';
  it('is there by the option, with the link-local address', () => {
    const { problems, sets } = setsOf({ vm: 'ipfilter: 1\n' });
    expect(problems).toEqual([]);
    expect(sets).toEqual([
      `guest-100/net0/ipfilter-v6 fe80000000000000${own}-fe80000000000000${own}`,
      `guest-100/net1/ipfilter-v6 fe80000000000000be2411fffe000101-fe80000000000000be2411fffe000101`,
    ]);
  });

  it('is there by the set, for its NIC only; other link-local addresses are excluded', () => {
    const { problems, sets } = setsOf({ vm: '[IPSET ipfilter-net0]\n10.0.0.0/24\n!10.0.0.1\nfe80::/9\n' });
    expect(problems).toEqual([]);
    expect(sets).toEqual([
      'guest-100/net0/ipfilter-v4 a000000-a000000 a000002-a0000ff',
      `guest-100/net0/ipfilter-v6 fe80000000000000${own}-fe80000000000000${own} fec00000000000000000000000000000-feffffffffffffffffffffffffffffff`,
    ]);
  });

  it('of an empty set lets no IPv4 and no ARP out, but DHCP', () => {
    const { rules } = smallSite({ vm: '[IPSET ipfilter-net0]\n' });
    expect(rules('bridge', 'guest-100-net0-out')).toEqual([
      'ether saddr != bc:24:11:00:01:00 counter drop',
      'arp saddr ether != bc:24:11:00:01:00 counter drop',
      'icmpv6 type 135-136 @th,192,16 0x101-0x201 @th,208,48 != 0xbc2411000100 counter drop',
      'icmpv6 type nd-router-solicit @th,64,16 0x101 @th,80,48 != 0xbc2411000100 counter drop',
      'meta protocol ip udp sport 68 udp dport 67 counter accept',
      'meta protocol ip6 udp sport 546 udp dport 547 counter accept',
      'arp saddr ip 0.0.0.0 counter accept',
      'meta protocol arp counter drop',
      'meta protocol ip counter drop',
      'icmpv6 type nd-neighbor-advert @th,64,128 != 0xfe80000000000000be2411fffe000100 counter drop',
      'ip6 saddr :: icmpv6 type nd-neighbor-solicit @th,64,128 != 0xfe80000000000000be2411fffe000100 counter drop',
      'ip6 saddr :: icmpv6 type { nd-router-solicit, nd-neighbor-solicit } counter accept',
      'ip6 saddr != @guest-100/net0/ipfilter-v6 counter drop',
      'meta protocol != { ip, ip6 } counter goto not-ip',
      'ct state invalid counter drop',
      'ct state established,related counter accept',
      'ct mark set 0x00000064',
      'icmpv6 type nd-router-advert counter drop',
      'icmpv6 type 1-4 counter accept',
      'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } counter accept',
      'goto guest-100-out',
    ]);
  });

  it("of a container holds its configured addresses, not its network's", () => {
    const { problems, sets } = setsOf({
      container: 'ipfilter: 1\n',
      files: {
        'etc/pve/nodes/pve1/lxc/200.conf':
          'net0: name=eth0,hwaddr=BC:24:11:00:02:00,bridge=vmbr0,firewall=1,ip=10.0.0.5/24,ip6=2001:db8::5/64\n',
      },
    });
    expect(problems).toEqual([]);
    expect(sets).toEqual([
      'guest-200/net0/ipfilter-v4 a000005-a000005',
      'guest-200/net0/ipfilter-v6 20010db8000000000000000000000005-20010db8000000000000000000000005 fe80000000000000be2411fffe000200-fe80000000000000be2411fffe000200',
    ]);
  });

  it('as a source filter is another set than the one a rule names, whichever comes first', () => {
    const vm = '[IPSET ipfilter-net0]\n10.0.0.0/24\nfe80::/9\n[RULES]\nIN ACCEPT -source +ipfilter-net0\n';
    const { verdict } = smallSite({ vm });
    const from = (source: string) => verdict({ from: 'vm100i0', to: 'nfvm', source });
    const to = (source: string) => verdict({ from: 'nfvm', to: 'vm100i0', source });
    expect([from('fe80::be24:11ff:fe00:100'), from('fe80::1'), from('fec0::1')]).toEqual(['ACCEPT', 'DROP', 'ACCEPT']);
    expect([to('fe80::1'), to('2001:db8::1')]).toEqual(['ACCEPT', 'DROP']);
  });

  it('of the cluster is none', () => {
    const { sets } = setsOf({ cluster: '[IPSET ipfilter-net0]\n10.0.0.1\n', vm: '' });
    expect(sets).toEqual([]);
  });
});
