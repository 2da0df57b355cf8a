import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../../src/ports/index.js';
import { spellInterval } from '../../../src/ruleset/spelling.js';
import { readSite } from '../../../src/site/index.js';

const CONFIG = '/etc/pve/sdn/.running-config';
const IPAM = '/etc/pve/sdn/pve-ipam-state.json';
const OLD_IPAM = '/etc/pve/priv/ipam.db';

/** The generated sets as `name member …`, exclusions behind `!`, and the codes of what was found with their files. */
function read(files: Readonly<Record<string, unknown>>): { sets: string[]; problems: string[] } {
  const texts = Object.entries(files).map(([path, content]) => [
    path,
    typeof content === 'string' ? content : JSON.stringify(content),
  ]);
  const { site, diagnostics } = readSite(memoryFiles(Object.fromEntries(texts)), {
    root: '/',
    hostname: 'pve1',
    now: 0,
  });
  return {
    sets: site.sdnSets.map(({ spelling, entries }) =>
      [
        spelling,
        ...entries.map(({ nomatch, member }) => {
          if ('kind' in member) throw new Error('no generated set names an alias');
          const [type, width] = member.family === 4 ? (['ipv4_addr', 32] as const) : (['ipv6_addr', 128] as const);
          return `${nomatch ? '!' : ''}${spellInterval(type, width, member.interval)}`;
        }),
      ].join(' '),
    ),
    problems: diagnostics.map(({ code, span }) => `${span.file} ${code}`),
  };
}

const config = (subnets: Readonly<Record<string, unknown>>, vnets: readonly string[] = ['v1']) => ({
  zones: { ids: { z1: { type: 'simple' } } },
  vnets: { ids: Object.fromEntries(vnets.map((name) => [name, { zone: 'z1' }])) },
  subnets: { ids: subnets },
});
const ipam = (ips: unknown) => ({ zones: { z1: { subnets: { '10.0.0.0/24': { ips } } } } });

/** Spec firewall.md 5.7. */
describe('the sets of a vnet', () => {
  it('both families, several subnets, several ranges', () => {
    const { sets, problems } = read({
      [CONFIG]: config({
        'z1-10.0.0.0-24': {
          vnet: 'v1',
          gateway: '10.0.0.1',
          'dhcp-range': [
            'start-address=10.0.0.5,end-address=10.0.0.9',
            'start-address=10.0.0.64,end-address=10.0.0.95',
          ],
        },
        'z1-10.1.0.0-16': { vnet: 'v1' },
        'z1-2001:db8::-64': {
          vnet: 'v1',
          gateway: '2001:db8::1',
          'dhcp-range': 'end-address=2001:db8::9,start-address=2001:db8::5',
        },
        'z1-10.9.0.0-24': { vnet: 'elsewhere', gateway: '10.9.0.1' },
      }),
    });
    expect(problems).toEqual([]);
    expect(sets).toEqual([
      'v1-all 10.0.0.0/24 10.1.0.0/16 2001:db8::/64',
      'v1-gateway 10.0.0.1 2001:db8::1',
      'v1-no-gateway 10.0.0.0/24 10.1.0.0/16 2001:db8::/64 !10.0.0.1 !2001:db8::1',
      'v1-dhcp 10.0.0.5-10.0.0.9 10.0.0.64/27 2001:db8::5-2001:db8::9',
    ]);
  });

  it('are there and empty where a vnet has no subnet', () => {
    expect(read({ [CONFIG]: config({}) }).sets).toEqual(['v1-all', 'v1-gateway', 'v1-no-gateway', 'v1-dhcp']);
  });

  it('what cannot be read is left out alone, and with a gateway its whole subnet from no-gateway', () => {
    const { sets, problems } = read({
      [CONFIG]: config({
        'z1-10.0.0.0-24': {
          vnet: 'v1',
          gateway: 'nobody',
          'dhcp-range': ['start-address=10.0.0.9,end-address=10.0.0.5'],
        },
        'z1-10.1.0.0-24': { vnet: 'v1', gateway: '10.1.0.1' },
        'z1-10.2.0.0-99': { vnet: 'v1' },
        'z1-10.3.0.0-24': { vnet: 'v1', gateway: 42 },
        'z1-10.4.0.0-24': { vnet: 'v1', gateway: null },
        // Holds the subnet of the gateway that nobody knows.
        'z1-10.0.0.0-15': { vnet: 'v1' },
      }),
    });
    expect(problems).toEqual([
      'etc/pve/sdn/.running-config json/shape',
      ...Array(3).fill('etc/pve/sdn/.running-config value/bad-address'),
    ]);
    expect(sets).toEqual([
      'v1-all 10.0.0.0/24 10.1.0.0/24 10.3.0.0/24 10.4.0.0/24 10.0.0.0/15',
      'v1-gateway 10.1.0.1',
      'v1-no-gateway !10.0.0.0/24 10.1.0.0/24 !10.3.0.0/24 10.4.0.0/24 10.0.0.0/15 !10.1.0.1',
      'v1-dhcp',
    ]);
  });
});

describe('the set of a guest in IPAM', () => {
  const ips = {
    '10.0.0.1': { gateway: 1 },
    '10.0.0.7': { vmid: 100, mac: 'BC:24:11:00:01:00', hostname: 'a' },
    '10.0.0.8': { vmid: '101' },
    '10.0.0.9': { mac: 'BC:24:11:00:01:09' },
    '2001:db8::7': { vmid: '100' },
  };

  it.each([IPAM, OLD_IPAM])('holds all its addresses, read from %s', (path) => {
    expect(read({ [path]: ipam(ips) })).toEqual({
      sets: ['guest-ipam-100 10.0.0.7 2001:db8::7', 'guest-ipam-101 10.0.0.8'],
      problems: [],
    });
  });

  it('the older file is not read beside the newer one', () => {
    const both = { [IPAM]: ipam({ '10.0.0.7': { vmid: 100 } }), [OLD_IPAM]: ipam({ '10.0.0.66': { vmid: 100 } }) };
    expect(read(both).sets).toEqual(['guest-ipam-100 10.0.0.7']);
  });
});

describe('a file that is no JSON takes nothing else with it', () => {
  const subnets = { 'z1-10.0.0.0-24': { vnet: 'v1' } };

  it('the configuration', () => {
    expect(read({ [CONFIG]: '{"vnets":', [IPAM]: ipam({ '10.0.0.7': { vmid: 100 } }) })).toEqual({
      sets: ['guest-ipam-100 10.0.0.7'],
      problems: ['etc/pve/sdn/.running-config json/syntax'],
    });
  });

  it('the state of IPAM', () => {
    const { sets, problems } = read({ [CONFIG]: config(subnets), [IPAM]: 'no' });
    expect(sets[0]).toBe('v1-all 10.0.0.0/24');
    expect(problems).toEqual(['etc/pve/sdn/pve-ipam-state.json json/syntax']);
  });

  it('one address of it', () => {
    const bad = read({ [IPAM]: ipam({ 'ten.0.0.7': { vmid: 100 }, '10.0.0.8': { vmid: 100 }, '10.0.0.9': 'x' }) });
    expect(bad.sets).toEqual(['guest-ipam-100 10.0.0.8']);
    expect(bad.problems.toSorted()).toEqual([
      'etc/pve/sdn/pve-ipam-state.json json/shape',
      'etc/pve/sdn/pve-ipam-state.json value/bad-address',
    ]);
  });
});
