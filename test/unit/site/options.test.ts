import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../../../src/ports/index.js';
import type { SiteReading } from '../../../src/site/index.js';
import { readSite } from '../../../src/site/index.js';

const NOW = 1_800_000_000;
const paths = {
  cluster: '/etc/pve/firewall/cluster.fw',
  host: '/etc/pve/nodes/pve1/host.fw',
  guest: '/etc/pve/firewall/100.fw',
  vnet: '/etc/pve/sdn/firewall/v1.fw',
} as const;
type Scope = keyof typeof paths;

function readOption(scope: Scope, line: string): SiteReading {
  const files = memoryFiles({
    '/etc/pve/nodes/pve1/qemu-server/100.conf': '',
    '/etc/pve/firewall/100.fw': '',
    '/etc/pve/sdn/firewall/v1.fw': '',
    [paths[scope]]: `[OPTIONS]\n${line}\n`,
  });
  return readSite(files, { root: '/', hostname: 'pve1', now: NOW });
}

/** The value an option of the file has, and the codes of what was found. */
function settingOf(scope: Scope, line: string): { value: unknown; codes: string[] } {
  const { site, diagnostics } = readOption(scope, line);
  const options: Readonly<Record<Scope, Readonly<Record<string, { readonly value: unknown }>> | undefined>> = {
    cluster: site.cluster.options,
    host: site.host.options,
    guest: site.guests[0]?.firewall?.options,
    vnet: site.vnets[0]?.options,
  };
  const key = line.slice(0, line.indexOf(':')).toLowerCase();
  return { value: options[scope]?.[key]?.value, codes: diagnostics.map(({ code }) => code) };
}

const defaults: Readonly<Record<Scope, Readonly<Record<string, unknown>>>> = {
  cluster: {
    enable: 0,
    ebtables: true,
    policy_in: 'drop',
    policy_out: 'accept',
    policy_forward: 'accept',
    log_ratelimit: { rate: 1, unit: 'second', burst: 5 },
  },
  host: {
    enable: true,
    nftables: false,
    log_level_in: null,
    log_level_out: null,
    log_level_forward: null,
    nosmurfs: true,
    smurf_log_level: null,
    tcpflags: false,
    tcp_flags_log_level: null,
    ndp: true,
    nf_conntrack_allow_invalid: false,
    nf_conntrack_max: null,
    nf_conntrack_tcp_timeout_established: null,
    nf_conntrack_tcp_timeout_syn_recv: null,
    nf_conntrack_helpers: [],
    protection_synflood: false,
    protection_synflood_rate: 200,
    protection_synflood_burst: 1000,
    protection_limit: null,
    log_nf_conntrack: false,
  },
  guest: {
    enable: false,
    dhcp: true,
    ndp: true,
    radv: false,
    macfilter: true,
    ipfilter: false,
    policy_in: 'drop',
    policy_out: 'accept',
    policy_forward: 'accept',
    log_level_in: null,
    log_level_out: null,
    ips: false,
    ips_queues: { first: 0, last: 0 },
    layer2_protocols: null,
  },
  vnet: { enable: false, policy_forward: 'accept', log_level_forward: null },
};

const every = Object.entries(defaults).flatMap(([scope, options]) =>
  Object.entries(options).map(([key, value]) => [scope, key, value] as const),
);
const isScope = (name: string): name is Scope => Object.hasOwn(paths, name);

describe('every option', () => {
  it.each(every)('%s %s: default %j', (scope, key, fallback) => {
    if (!isScope(scope)) throw new Error(scope);
    const { site } = readOption(scope, '');
    const options = { cluster: site.cluster, host: site.host, guest: site.guests[0]?.firewall, vnet: site.vnets[0] };
    expect(Object.entries(options[scope]?.options ?? {}).map(([name, { value }]) => [name, value])).toContainEqual([
      key,
      fallback,
    ]);
  });

  it.each(every.filter(([, , fallback]) => typeof fallback === 'boolean'))('%s %s is a switch', (scope, key) => {
    if (!isScope(scope)) throw new Error(scope);
    for (const [text, value] of [
      ['1', true],
      ['yes', true],
      ['On', true],
      ['TRUE', true],
      ['0', false],
      ['no', false],
      ['oFF', false],
      ['false', false],
    ] as const) {
      expect(settingOf(scope, `${key.toUpperCase()}: ${text}`).value).toBe(value);
    }
    for (const text of ['2', '-1', 'maybe', 'constructor', '__proto__', '1 1']) {
      expect(settingOf(scope, `${key}: ${text}`).codes).toEqual(['value/bad-option']);
    }
  });

  it.each(every.filter(([, , fallback]) => fallback === 'accept' || fallback === 'drop'))(
    '%s %s is a policy',
    (scope, key) => {
      if (!isScope(scope)) throw new Error(scope);
      for (const text of ['ACCEPT', 'drop', 'Reject'])
        expect(settingOf(scope, `${key}: ${text}`).value).toBe(text.toLowerCase());
      for (const text of ['ALLOW', 'constructor', 'DROP REJECT']) {
        expect(settingOf(scope, `${key}: ${text}`)).toEqual({ value: 'drop', codes: ['value/bad-option'] });
      }
    },
  );

  it.each(every.filter(([, key]) => key.includes('log_level')))('%s %s is a level', (scope, key) => {
    if (!isScope(scope)) throw new Error(scope);
    for (const text of ['emerg', 'ALERT', 'crit', 'err', 'warning', 'notice', 'info', 'debug'])
      expect(settingOf(scope, `${key}: ${text}`)).toEqual({ value: text.toLowerCase(), codes: [] });
    expect(settingOf(scope, `${key}: warn`).value).toBe('warning');
    for (const text of ['', 'nolog', 'NOLOG']) expect(settingOf(scope, `${key}: ${text}`).value).toBeNull();
    for (const text of ['loud', '6', 'constructor'])
      expect(settingOf(scope, `${key}: ${text}`)).toEqual({ value: null, codes: ['value/bad-option'] });
  });
});

describe('what holds after an unreadable value filters more', () => {
  it.each([
    ['cluster', 'enable: x', 1],
    ['cluster', 'enable: constructor', 1],
    ['guest', 'enable: x', true],
    ['guest', 'ipfilter: x', true],
    ['guest', 'layer2_protocols: ARP,x', []],
    ['guest', 'macfilter: x', true],
    ['guest', 'radv: x', false],
    ['host', 'enable: x', true],
    ['host', 'nosmurfs: x', true],
    ['host', 'nf_conntrack_allow_invalid: x', false],
    ['host', 'nf_conntrack_max: many', null],
  ] as const)('%s %s', (scope, line, value) => {
    expect(settingOf(scope, line)).toEqual({ value, codes: ['value/bad-option'] });
  });
});

describe('conntrack settings', () => {
  const established = 'nf_conntrack_tcp_timeout_established';
  it.each([
    ['nf_conntrack_max', 32768, 2147483647],
    [established, 7875, 2147483],
    ['nf_conntrack_tcp_timeout_syn_recv', 30, 60],
  ])('%s is from %i to %i', (key, first, last) => {
    for (const value of [first, first + 1, last])
      expect(settingOf('host', `${key}: ${value}`)).toEqual({ value, codes: [] });
    for (const text of [`${first - 1}`, `${last + 1}`, '-1', '1e6', '0x9000', '99999999999999999999', 'many'])
      expect(settingOf('host', `${key}: ${text}`)).toEqual({ value: null, codes: ['value/bad-option'] });
  });
});

describe('ips_queues', () => {
  it.each([
    ['0', { first: 0, last: 0 }],
    ['65535', { first: 65535, last: 65535 }],
    ['2:5', { first: 2, last: 5 }],
    ['4:4', { first: 4, last: 4 }],
  ])('%s', (text, value) => {
    expect(settingOf('guest', `ips_queues: ${text}`)).toEqual({ value, codes: [] });
  });

  it.each(['65536', '5:2', '1:', ':1', '1-2', '1:2:3', '-1', '0:65536', 'all'])('%s is no queue', (text) => {
    const read = settingOf('guest', `ips_queues: ${text}`);
    expect(read).toEqual({ value: { first: 0, last: 0 }, codes: ['value/bad-option'] });
  });
});

describe('layer2_protocols', () => {
  it.each([
    ['ARP', [0x0806]],
    ['arp, LLDP', [0x0806, 0x88cc]],
    ['0x88cc,88B5', [0x88cc, 0x88b5]],
    ['802_1Q,S-TAG,NetBEUI', [0x8100, 0x88a8, 0x8191]],
    ['IPv4,IPv6', [0x0800, 0x86dd]],
  ])('%s', (text, value) => {
    expect(settingOf('guest', `layer2_protocols: ${text}`)).toEqual({ value, codes: [] });
  });

  it.each(['ARP,', ',ARP', 'ARP LLDP', 'constructor', '0x05ff', '806', '0x10806', 'ARP;LLDP'])(
    '`%s` is an error, and nothing but IP leaves the guest',
    (text) => {
      expect(settingOf('guest', `layer2_protocols: ${text}`)).toEqual({ value: [], codes: ['value/bad-option'] });
    },
  );
});

describe('log_ratelimit', () => {
  const usual = { rate: 1, unit: 'second', burst: 5 } as const;
  it.each([
    ['1', usual],
    ['enable=1', usual],
    ['yes', usual],
    ['0', null],
    ['enable=0', null],
    ['enable=0,rate=3/minute', null],
    ['enable=1,rate=3/minute,burst=7', { rate: 3, unit: 'minute', burst: 7 }],
    ['burst=7,rate=3/minute,enable=1', { rate: 3, unit: 'minute', burst: 7 }],
    ['1,rate=10/hour', { rate: 10, unit: 'hour', burst: 5 }],
    ['rate=2/day', { rate: 2, unit: 'day', burst: 5 }],
    ['rate=5', { rate: 5, unit: 'second', burst: 5 }],
    ['enable=1,burst=0', usual],
  ])('%s', (text, limit) => {
    expect(settingOf('cluster', `log_ratelimit: ${text}`)).toEqual({ value: limit, codes: [] });
  });

  it.each(
    [
      ['maybe', 'enable=2', 'enable=constructor', 'rate=0/second', 'rate=1/week', 'rate=1/constructor', 'rate=/second'],
      [
        'burst=-1',
        'burst=x',
        'burst=',
        'speed=1',
        '1,2',
        'enable=1,',
        'enable=1=0',
        'rate=1/second=5',
        'rate=1000000000/s',
      ],
    ].flat(),
  )('`%s` is an error, and the usual limit holds', (text) => {
    expect(settingOf('cluster', `log_ratelimit: ${text}`)).toEqual({ value: usual, codes: ['value/bad-option'] });
  });
});

describe('the cluster-wide enable', () => {
  it.each([
    ['0', false],
    ['1', true],
    ['no', false],
    ['yes', true],
    ['2', false],
    [`${NOW}`, true],
    [`${NOW - 60}`, true],
    [`${NOW - 61}`, false],
    [`${NOW + 5}`, true],
  ])('%s', (text, enabled) => {
    expect(readOption('cluster', `enable: ${text}`).site.enabled).toBe(enabled);
  });
});

describe('numbers have their range', () => {
  it.each([
    ['protection_synflood_rate: 1', 1, []],
    ['protection_synflood_rate: 1000000', 1_000_000, []],
    ['protection_synflood_rate: 0', 200, ['value/bad-option']],
    ['protection_synflood_rate: 1000001', 200, ['value/bad-option']],
    ['protection_synflood_rate: 10/second', 200, ['value/bad-option']],
    ['protection_synflood_burst: 5', 5, []],
    ['protection_synflood_burst: 0', 1000, ['value/bad-option']],
  ] as const)('%s', (line, value, codes) => {
    expect(settingOf('host', line)).toEqual({ value, codes });
  });
});

describe('helpers are a list of known names', () => {
  it.each([
    ['ftp', ['ftp'], []],
    ['tftp,ftp', ['ftp', 'tftp'], []],
    ['SIP; netbios-ns irc,', ['irc', 'netbios-ns', 'sip'], []],
    ['ftp,ftp', ['ftp'], []],
    ['ftp,http', [], ['value/bad-option']],
    ['constructor', [], ['value/bad-option']],
  ] as const)('%s', (text, value, codes) => {
    expect(settingOf('host', `nf_conntrack_helpers: ${text}`)).toEqual({ value, codes });
  });
});

describe('options without effect say so', () => {
  it.each([
    ['cluster', 'ebtables: 1', 'option/no-effect'],
    ['host', 'nftables: 1', 'option/no-effect'],
    ['host', 'protection_limit: 5', 'option/no-effect'],
    ['guest', 'policy_forward: DROP', 'option/no-effect'],
    ['host', 'log_nf_conntrack: 1', 'option/no-effect'],
  ] as const)('%s %s', (scope, line, code) => {
    expect(settingOf(scope, line).codes).toEqual([code]);
  });
});
