import { describe, expect, test } from 'vitest';
import { closedWays, readKeep, type Way } from '../../../src/guard/index.js';
import type { Ruleset } from '../../../src/ruleset/index.js';
import { CLUSTER, closing, HOST, links, rulesOf, type SiteFiles, spellWithText, VNET } from './world.js';

/** From outside of every network of the node: only lines and policies let it in. */
const session: Way = {
  by: 'session',
  protocol: 'tcp',
  remote: { family: 4, value: 0xc6336407n },
  remotePort: 50_000,
  own: { family: 4, value: 0xc000020an },
  port: 22,
};
const SESSION = 'your SSH session, 198.51.100.7 to port 22/tcp';
const session6: Way = { ...session, remote: { family: 6, value: 0x2001_0db8_0001n << 80n }, own: null };

const on = '[OPTIONS]\nenable: 1\n';
const open: SiteFiles = {
  [CLUSTER]: on,
  [HOST]: '[RULES]\nIN ACCEPT -source 198.51.100.0/24 -p tcp -dport 22\n',
};

describe('each way to lock oneself out', () => {
  const cases: readonly { name: string; before: SiteFiles | null; after: SiteFiles; closed: readonly string[] }[] = [
    {
      name: 'the firewall goes on, and only the management set gets in',
      before: { [CLUSTER]: '[OPTIONS]\nenable: 0\n' },
      after: { [CLUSTER]: on },
      closed: [`${SESSION}: DROP by policy_in, which no line sets`],
    },
    {
      name: 'the first rules of all',
      before: null,
      after: { [CLUSTER]: on },
      closed: [`${SESSION}: DROP by policy_in, which no line sets`],
    },
    {
      name: 'policy_in becomes DROP',
      before: { [CLUSTER]: `${on}policy_in: ACCEPT\n` },
      after: { [CLUSTER]: `${on}policy_in: DROP\n` },
      closed: [`${SESSION}: DROP by ${CLUSTER}:3: policy_in: DROP`],
    },
    {
      name: 'policy_in becomes REJECT',
      before: { [CLUSTER]: `${on}policy_in: ACCEPT\n` },
      after: { [CLUSTER]: `${on}policy_in: REJECT\n` },
      closed: [`${SESSION}: REJECT by ${CLUSTER}:3: policy_in: REJECT`],
    },
    {
      name: 'the line that lets it in goes',
      before: open,
      after: { ...open, [HOST]: '[RULES]\n|IN ACCEPT -source 198.51.100.0/24 -p tcp -dport 22\n' },
      closed: [`${SESSION}: DROP by policy_in, which no line sets`],
    },
    {
      name: 'the management set loses its address',
      before: { [CLUSTER]: `${on}[IPSET management]\n198.51.100.0/24\n` },
      after: { [CLUSTER]: on },
      closed: [`${SESSION}: DROP by policy_in, which no line sets`],
    },
    {
      name: 'a source that does not hold it any more',
      before: open,
      after: { ...open, [HOST]: '[RULES]\nIN ACCEPT -source 198.51.100.8 -p tcp -dport 22\n' },
      closed: [`${SESSION}: DROP by policy_in, which no line sets`],
    },
    {
      name: 'a line drops it by its source, an alias',
      before: open,
      after: {
        [CLUSTER]: `${on}[ALIASES]\noffice 198.51.100.0/25\n`,
        [HOST]: `[RULES]\nIN DROP -source office\n${open[HOST]?.replace('[RULES]\n', '')}`,
      },
      closed: [`${SESSION}: DROP by ${HOST}:2: IN DROP -source office`],
    },
    {
      name: 'the blacklist holds it',
      before: open,
      after: { ...open, [CLUSTER]: `${on}[IPSET blacklist]\n198.51.0.0/16\n` },
      closed: [`${SESSION}: DROP by ${CLUSTER}:3: [IPSET blacklist]`],
    },
    {
      name: 'a group in cluster.fw refuses it',
      before: { ...open, [CLUSTER]: `${on}policy_in: ACCEPT\n` },
      after: {
        [CLUSTER]: `${on}policy_in: ACCEPT\n[RULES]\nGROUP closed\n[group closed]\nIN REJECT -p tcp -dport 22\n`,
      },
      closed: [
        `${SESSION}: REJECT by ${CLUSTER}:7: IN REJECT -p tcp -dport 22`,
        `management, 192.0.2.0 to port 22/tcp: REJECT by ${CLUSTER}:7: IN REJECT -p tcp -dport 22`,
        `management, 192.0.2.255 to port 22/tcp: REJECT by ${CLUSTER}:7: IN REJECT -p tcp -dport 22`,
      ],
    },
    {
      name: 'the file of the bridge it comes over drops',
      before: open,
      after: {
        ...open,
        [VNET]: '[OPTIONS]\nenable: 1\npolicy_forward: DROP\n[RULES]\nFORWARD ACCEPT -p tcp -dport 8006\n',
      },
      closed: [
        `${SESSION}: DROP by ${VNET}:3: policy_forward: DROP`,
        `management, 192.0.2.0 to port 22/tcp: DROP by ${VNET}:3: policy_forward: DROP`,
        `management, 192.0.2.255 to port 22/tcp: DROP by ${VNET}:3: policy_forward: DROP`,
      ],
    },
    {
      name: 'enable of host.fw becomes 1',
      before: { [CLUSTER]: on, [HOST]: '[OPTIONS]\nenable: 0\n' },
      after: { [CLUSTER]: on, [HOST]: '[OPTIONS]\nenable: 1\n' },
      closed: [`${SESSION}: DROP by policy_in, which no line sets`],
    },
    {
      name: 'SSH closed to all, the management set included',
      before: open,
      after: { ...open, [HOST]: '[RULES]\nIN DROP -p tcp -dport 22\n' },
      closed: [
        `${SESSION}: DROP by ${HOST}:2: IN DROP -p tcp -dport 22`,
        `management, 192.0.2.0 to port 22/tcp: DROP by ${HOST}:2: IN DROP -p tcp -dport 22`,
        `management, 192.0.2.255 to port 22/tcp: DROP by ${HOST}:2: IN DROP -p tcp -dport 22`,
      ],
    },
    {
      name: 'the web interface closed by a line of cluster.fw, for half of the local network',
      before: open,
      after: { ...open, [CLUSTER]: `${on}[RULES]\nIN DROP -source 192.0.2.0/25 -p tcp -dport 8006\n` },
      closed: [
        `management, 192.0.2.0 to port 8006/tcp: DROP by ${CLUSTER}:4: IN DROP -source 192.0.2.0/25 -p tcp -dport 8006`,
      ],
    },
    {
      name: 'a line for the link it comes over',
      before: open,
      after: { ...open, [HOST]: `[RULES]\nIN DROP -i vmbr0 -p tcp -dport ssh -source 198.51.100.0/24\n` },
      closed: [`${SESSION}: DROP by ${HOST}:2: IN DROP -i vmbr0 -p tcp -dport ssh -source 198.51.100.0/24`],
    },
  ];
  test.each(cases)('$name', ({ before, after, closed }) => {
    expect(closing([session], before, after)).toEqual(closed);
    // What is closed already is no reason to refuse the next change.
    expect(closing([session], after, after)).toEqual([]);
    // The way back only opens.
    expect(closing([session], after, before)).toEqual([]);
  });
});

describe('what closes nothing', () => {
  const harmless: readonly [string, SiteFiles][] = [
    ['the same rules', open],
    [
      'SSH from the session’s address alone',
      { ...open, [HOST]: '[RULES]\nIN ACCEPT -source 198.51.100.7 -p tcp -dport 22\n' },
    ],
    ['a line for another link', { ...open, [HOST]: `${open[HOST]}IN DROP -i vmbr1 -p tcp -dport 22\n` }],
    [
      'one address of the local network on the blacklist',
      { ...open, [CLUSTER]: `${on}[IPSET blacklist]\n192.0.2.66\n` },
    ],
    ['a guest’s own rules', { ...open, 'etc/pve/firewall/100.fw': '[OPTIONS]\nenable: 1\n' }],
    // Answers of open connections go out before any line is asked.
    ['policy_out DROP', { ...open, [CLUSTER]: `${on}policy_out: DROP\n[RULES]\nOUT DROP -dest 198.51.100.7\n` }],
    ['policy_forward DROP', { ...open, [CLUSTER]: `${on}policy_forward: DROP\n` }],
    ['SYN floods are cut', { ...open, [HOST]: `[OPTIONS]\nprotection_synflood: 1\n${open[HOST]}` }],
  ];
  test.each(harmless)('%s', (_, after) => {
    expect(closing([session], open, after)).toEqual([]);
  });

  test('no rules at all', () => {
    expect(closing([session], open, null)).toEqual([]);
  });
});

test('an answer that would not get back is a closed way, too', () => {
  const silent: Ruleset = {
    tables: [
      {
        family: 'inet',
        name: 'ringwall',
        sets: [],
        maps: [],
        chains: [
          {
            name: 'output',
            base: { hook: 'output', priority: 0, policy: 'accept' },
            rules: [
              {
                matches: [{ kind: 'values', field: 'th sport', negated: false, values: [[22n, 22n]] }],
                statements: [{ kind: 'verdict', verdict: { kind: 'drop' } }],
                origin: { file: HOST, line: 2 },
              },
            ],
          },
        ],
      },
    ],
  };
  const outlook = { before: { ruleset: { tables: [] }, links }, after: { ruleset: silent, links } };
  expect(closedWays([session], outlook).map((closed) => spellWithText(closed, new Map()))).toEqual([
    `${SESSION}: DROP of the answer by ${HOST}:2`,
  ]);
});

describe('what is not known counts as open', () => {
  const unknown = { ruleset: null, links };
  test('rules of others in our tables', () => {
    const after = { ruleset: rulesOf({ [CLUSTER]: on }), links };
    expect(closedWays([session], { before: unknown, after })).toHaveLength(1);
    expect(closedWays([session], { before: after, after: unknown })).toEqual([]);
  });
});

describe('links', () => {
  const ruleset = rulesOf(open);
  const lost = (after: typeof links): number =>
    closedWays([session], { before: { ruleset, links }, after: { ruleset, links: after } }).filter(
      ({ way, ending }) => way.by === 'session' && ending === null,
    ).length;

  test('the node’s address goes, or its link goes down', () => {
    expect(lost({ ...links, addresses: links.addresses.filter(({ address }) => address !== '192.0.2.10') })).toBe(1);
    expect(
      lost({ ...links, links: links.links.map((link) => (link.name === 'vmbr0' ? { ...link, up: false } : link)) }),
    ).toBe(1);
    expect(lost(links)).toBe(0);
  });

  test('an address that moves to another link is judged there', () => {
    const moved = { ...links, addresses: links.addresses.map((address) => ({ ...address, link: 'vmbr1' })) };
    const before = rulesOf({ ...open, [HOST]: `${open[HOST]}IN DROP -i vmbr1\n` });
    const after = rulesOf({ ...open, [HOST]: `[RULES]\nIN DROP -i vmbr1\n${open[HOST]?.replace('[RULES]\n', '')}` });
    const outlook = { before: { ruleset: before, links }, after: { ruleset: after, links: moved } };
    expect(closedWays([session], outlook).map(({ way }) => way.by)).toContain('session');
    expect(closedWays([session], { ...outlook, after: { ruleset: before, links: moved } })).toEqual([]);
  });

  test('a route back that goes closes a way that names no address of the node', () => {
    const keep = readKeep('198.51.100.7:22/tcp');
    const after = { ...links, routes: links.routes.filter(({ destination }) => destination !== null) };
    const holding = { ruleset, links };
    expect(closedWays([keep], { before: holding, after: { ruleset, links: after } })).toEqual([
      { way: keep, ending: null },
    ]);
  });

  test('a way that comes over no link is no way now', () => {
    const nowhere = { links: [], addresses: [], routes: [], forwarding: [] };
    const after = { ruleset: rulesOf({ [CLUSTER]: on }), links };
    expect(closedWays([session], { before: { ruleset: null, links: nowhere }, after })).toEqual([]);
  });
});

describe('--keep and IPv6', () => {
  test('an address that has to get in to any port', () => {
    const after = { [CLUSTER]: on };
    expect(closing([readKeep('203.0.113.9:161/udp'), readKeep('[2001:db8:1::7]:22')], null, after)).toEqual([
      '--keep, 203.0.113.9 to port 161/udp: DROP by policy_in, which no line sets',
      '--keep, 2001:db8:1::7 to port 22/tcp: DROP by policy_in, which no line sets',
    ]);
  });

  test('an IPv6 session', () => {
    expect(closing([session6], null, { [CLUSTER]: on })).toHaveLength(1);
    const let6 = { [CLUSTER]: on, [HOST]: '[RULES]\nIN ACCEPT -source 2001:db8:1::/48 -p tcp -dport 22\n' };
    expect(closing([session6], null, let6)).toEqual([]);
  });

  test('from the node itself nothing closes: loopback is open', () => {
    expect(closing([{ ...session, remote: { family: 4, value: 0xc000020an } }], null, { [CLUSTER]: on })).toEqual([]);
  });
});

describe('the management set', () => {
  const wide = { [CLUSTER]: `${on}[IPSET management]\n10.1.0.0/16\n` };
  const narrow = { [CLUSTER]: `${on}[IPSET management]\n10.1.1.0/24\n` };

  test('may be narrowed by whoever still gets in', () => {
    expect(closing([readKeep('10.1.1.5:22/tcp')], wide, narrow)).toEqual([]);
  });

  test('of which nobody knows who is in it now, counts as it is in force', () => {
    expect(closing([], wide, narrow)).toEqual([
      'management, 10.1.0.0 to port 22/tcp: DROP by policy_in, which no line sets',
      'management, 10.1.0.0 to port 8006/tcp: DROP by policy_in, which no line sets',
      'management, 10.1.255.255 to port 22/tcp: DROP by policy_in, which no line sets',
      'management, 10.1.255.255 to port 8006/tcp: DROP by policy_in, which no line sets',
    ]);
  });

  test('of many members is looked at in 256 of them, the first and the last among these', () => {
    const members = Array.from({ length: 1000 }, (_, index) => `10.1.${index >> 8}.${(index & 127) * 2}/32`);
    const distinct = [...new Set(members)];
    expect(distinct.length).toBeGreaterThan(256);
    const many = { [CLUSTER]: `${on}[IPSET management]\n${distinct.join('\n')}\n` };
    const closed = { ...many, [HOST]: '[RULES]\nIN DROP -p tcp -dport 22\n' };
    const found = closing([], many, closed).map((line) => line.split(',')[1]?.trim().split(' ')[0]);
    // The last one is the local network, with two ends.
    expect(found).toHaveLength(255 + 2);
    expect(found[0]).toBe('10.1.0.0');
    expect(found.at(-1)).toBe('192.0.2.255');
    expect(new Set(found).size).toBe(found.length);
  });
});
