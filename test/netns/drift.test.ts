import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSite, type TestSite } from '../support/cli.js';
import { runHere } from '../support/in-process.js';
import { makeNamespace, type TestNamespace } from '../support/netns.js';
import { expectRepair, type Tampering } from '../support/tampering.js';

const files = {
  'etc/pve/firewall/cluster.fw':
    '[OPTIONS]\nenable: 1\n\n[IPSET office]\n192.0.2.0/24\n198.51.100.7\n\n[IPSET lab]\n2001:db8::/64\n',
  'etc/pve/nodes/pve1/host.fw': `[OPTIONS]
protection_synflood: 1
nf_conntrack_tcp_timeout_established: 10000

[RULES]
IN ACCEPT -p tcp -dport 80
IN ACCEPT -p tcp -dport 443
IN ACCEPT -source +office -p tcp -dport 25
IN ACCEPT -source +lab -p tcp -dport 587
`,
  'etc/network/interfaces': `auto vmbr0
iface vmbr0 inet static
  address 203.0.113.1/24
  bridge-ports none
  bridge-stp off
  bridge-fd 0
  mtu 1400

iface vmbr0 inet6 static
  address 2001:db8:1::1/64
  up true
  post-up true

auto vmbr1
iface vmbr1 inet manual
  bridge-ports eth0
  bridge-stp off
  bridge-fd 0
  bridge-ageing 100
`,
} as const;

const IP = '/usr/sbin/ip';

let site: TestSite;
let netns: TestNamespace;
beforeAll(async () => {
  site = makeSite(files);
  netns = makeNamespace();
  netns.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0-far');
  netns.ip('link', 'add', 'other', 'type', 'veth', 'peer', 'name', 'other-far');
  const applied = await runHere(['apply', '--yes', '--root', site.root, '--state', site.state, '--netns', netns.name]);
  expect(applied).toMatchObject({ code: 0 });
  // Refused at once, by nobody listening: the packets pass rules that count.
  const knock = "require('node:net').connect(9, '127.0.0.1').on('error', () => {})";
  execFileSync('/usr/sbin/ip', ['netns', 'exec', netns.name, process.execPath, '-e', knock]);
}, 120_000);
afterAll(() => {
  netns.remove();
  site.remove();
});

/** The handle of the first rule of a chain whose text holds this. */
function handleOf(chain: string, text: string): string {
  const line = netns
    .nft('-a', 'list', 'chain', 'inet', 'ringwall', chain)
    .split('\n')
    .find((candidate) => candidate.includes(text));
  const handle = /# handle (\d+)$/.exec(line ?? '')?.[1];
  if (handle === undefined) throw new Error(`no rule ${text}`);
  return handle;
}

const tamperings: readonly (Omit<Tampering, 'act'> & { readonly act: Tampering['act'] | (() => Tampering['act']) })[] =
  [
    {
      what: 'a foreign rule at the end of a chain',
      act: 'add rule inet ringwall host-in accept comment "let me in"',
      found: ['rule  inet/host-in  does not belong here: let me in'],
      rewritten: 0,
    },
    {
      what: 'a foreign rule at the head of a base chain',
      act: 'insert rule inet ringwall input tcp dport 4444 accept',
      found: ['rule  inet/input  does not belong here: foreign rule, handle '],
      rewritten: 0,
    },
    {
      what: 'a foreign rule in the middle, in the words of one of ours',
      act: () => `add rule inet ringwall host-in position ${handleOf('host-in', '443')} tcp dport 443 counter accept`,
      found: ['rule  inet/host-in  does not belong here: foreign rule'],
      rewritten: 0,
    },
    {
      what: 'a foreign rule with a chain inside',
      act: 'add rule inet ringwall host-in jump { tcp dport 22 accept; }',
      found: ['rule  inet/host-in  does not belong here: foreign rule'],
      rewritten: 0,
    },
    {
      what: 'a rule deleted',
      act: () => `delete rule inet ringwall host-in handle ${handleOf('host-in', '443')}`,
      found: ['rule  inet/host-in  is missing: tcp dport 443 counter accept'],
      rewritten: 1,
    },
    {
      what: 'a rule replaced',
      act: () => `replace rule inet ringwall host-in handle ${handleOf('host-in', '443')} tcp dport 444 counter accept`,
      found: ['rule  inet/host-in  was changed: tcp dport 443 counter accept'],
      rewritten: 1,
    },
    {
      what: 'a rule replaced by what it was: it has none of our marks',
      act: () => {
        const handle = handleOf('host-in', '443');
        return `replace rule inet ringwall host-in handle ${handle} tcp dport 443 counter accept comment "host.fw:7"`;
      },
      found: ['rule  inet/host-in  was changed: tcp dport 443 counter accept'],
      rewritten: 1,
    },
    {
      what: 'the policy rule deleted',
      act: () => `delete rule inet ringwall input handle ${handleOf('input', 'policy_in')}`,
      found: ['rule  inet/input  is missing: counter drop  # policy_in'],
      rewritten: 1,
    },
    {
      what: 'a chain flushed',
      act: 'flush chain inet ringwall host-in',
      found: ['80', '443', 'dc/office-v4 tcp dport 25', 'dc/lab-v6 tcp dport 587'].map(
        (text) => `${text} counter accept`,
      ),
      rewritten: 4,
    },
    {
      what: 'a jump deleted',
      act: () => `delete rule inet ringwall input handle ${handleOf('input', 'jump host-in')}`,
      found: ['rule  inet/input  is missing: jump host-in'],
      rewritten: 1,
    },
    {
      what: 'a chain deleted, with the jump to it',
      act: () =>
        `delete rule inet ringwall input handle ${handleOf('input', 'jump host-in')}; delete chain inet ringwall host-in`,
      found: [
        'rule  inet/input  is missing: jump host-in',
        'chain  inet/host-in  is missing',
        ...['80', '443', '25', '587'].map(() => 'rule  inet/host-in  is missing'),
      ],
      rewritten: 6,
    },
    {
      what: 'a chain renamed',
      act: 'rename chain inet ringwall refuse refused',
      found: [
        'chain  inet/refused  does not belong here: 6 rules',
        'rule  inet/noise-drop  was changed: ',
        'chain  inet/refuse  is missing',
        ...Array.from({ length: 6 }, () => 'rule  inet/refuse  is missing'),
      ],
      rewritten: 8,
    },
    {
      what: 'a foreign chain',
      act: 'add chain inet ringwall extra',
      found: ['chain  inet/extra  does not belong here'],
      rewritten: 0,
    },
    {
      what: 'a foreign chain on a hook of its own',
      act: 'add chain inet ringwall early { type filter hook prerouting priority -400; policy accept; }; add rule inet ringwall early accept',
      found: ['chain  inet/early  does not belong here: 1 rule'],
      rewritten: 0,
    },
    {
      what: 'a foreign chain that translates addresses',
      act: 'add chain inet ringwall nat { type nat hook postrouting priority 100; }; add rule inet ringwall nat masquerade',
      found: ['chain  inet/nat  does not belong here: 1 rule'],
      rewritten: 0,
    },
    {
      what: 'foreign chains that call each other, called from ours',
      act: `add chain inet ringwall a; add chain inet ringwall b; add rule inet ringwall a jump b
          add rule inet ringwall b accept; insert rule inet ringwall host-in jump a`,
      found: [
        'chain  inet/a  does not belong here',
        'chain  inet/b  does not belong here',
        'rule  inet/host-in  does not belong here',
      ],
      rewritten: 0,
    },
    {
      what: 'the policy of a base chain',
      act: 'add chain inet ringwall input { policy drop; }',
      found: ['chain  inet/input  was changed: hook input priority 0 policy accept'],
      rewritten: 0,
    },
    {
      what: 'an element added',
      act: 'add element inet ringwall dc/office-v4 { 203.0.113.7 }',
      found: ['element  inet/dc/office-v4  does not belong here: 203.0.113.7'],
      rewritten: 0,
    },
    {
      what: 'an element deleted',
      act: 'delete element inet ringwall dc/office-v4 { 198.51.100.7 }',
      found: ['element  inet/dc/office-v4  is missing: 198.51.100.7'],
      rewritten: 0,
    },
    {
      what: 'an element made wider',
      act: 'delete element inet ringwall dc/office-v4 { 192.0.2.0/24 }; add element inet ringwall dc/office-v4 { 192.0.0.0/16 }',
      found: [
        'element  inet/dc/office-v4  does not belong here: 192.0.0.0/16',
        'element  inet/dc/office-v4  is missing: 192.0.2.0/24',
      ],
      rewritten: 0,
    },
    {
      what: 'a set flushed',
      act: 'flush set inet ringwall dc/lab-v6',
      found: ['element  inet/dc/lab-v6  is missing: 2001:db8::/64'],
      rewritten: 0,
    },
    {
      what: 'a set deleted, with the rule that names it',
      act: () =>
        `delete rule inet ringwall host-in handle ${handleOf('host-in', 'lab-v6')}; delete set inet ringwall dc/lab-v6`,
      found: ['set  inet/dc/lab-v6  is missing', 'rule  inet/host-in  is missing: ip6 saddr @dc/lab-v6'],
      rewritten: 2,
    },
    {
      what: 'a foreign set',
      act: 'add set inet ringwall things { type ifname; }',
      found: ['set  inet/things  does not belong here: foreign'],
      rewritten: 0,
    },
    {
      what: 'a foreign set of a kind of ours',
      act: 'add set inet ringwall friends { type ipv4_addr; flags interval; elements = { 203.0.113.0/24 } }; insert rule inet ringwall host-in ip saddr @friends accept',
      found: ['set  inet/friends  does not belong here', 'rule  inet/host-in  does not belong here'],
      rewritten: 0,
    },
    {
      what: 'a foreign set that rules fill',
      act: 'add set inet ringwall seen { type ipv4_addr; flags dynamic,timeout; timeout 1m; size 9; }',
      found: ['set  inet/seen  does not belong here'],
      rewritten: 0,
    },
    {
      what: 'a foreign map of verdicts, asked from our chain',
      act: 'add map inet ringwall doors { type ifname : verdict; elements = { "eth0" : accept } }; insert rule inet ringwall input iifname vmap @doors',
      found: ['map  inet/doors  does not belong here', 'rule  inet/input  does not belong here'],
      rewritten: 0,
    },
    {
      what: 'a foreign map of addresses',
      act: 'add map inet ringwall moves { type ipv4_addr : ipv4_addr; }',
      found: ['set  inet/moves  does not belong here: foreign'],
      rewritten: 0,
    },
    {
      what: 'a foreign counter',
      act: 'add counter inet ringwall visits',
      found: ['object  inet/visits  does not belong here: foreign counter'],
      rewritten: 0,
    },
    {
      what: 'a foreign counter that a rule of theirs counts with',
      act: 'add counter inet ringwall visits; add rule inet ringwall host-in counter name "visits" accept',
      found: ['rule  inet/host-in  does not belong here', 'object  inet/visits  does not belong here: foreign counter'],
      rewritten: 0,
    },
    {
      what: 'a foreign quota, in a map',
      act: 'add quota inet ringwall budget { over 10 mbytes }; add map inet ringwall budgets { type ipv4_addr : quota; elements = { 203.0.113.7 : "budget" } }',
      found: [
        'set  inet/budgets  does not belong here: foreign',
        'object  inet/budget  does not belong here: foreign quota',
      ],
      rewritten: 0,
    },
    {
      what: 'a foreign limit',
      act: 'add limit inet ringwall slow { rate 1/second }',
      found: ['object  inet/slow  does not belong here: foreign limit'],
      rewritten: 0,
    },
    {
      what: 'a foreign connection timeout, expectation and synproxy',
      act: `add ct timeout inet ringwall short { protocol tcp; policy = { established: 10 }; }
          add ct expectation inet ringwall data { protocol tcp; dport 20; timeout 1h; size 1; l3proto ip; }
          add synproxy inet ringwall shield { mss 1460; wscale 7; }`,
      found: ['foreign ct timeout', 'foreign ct expectation', 'foreign synproxy'],
      rewritten: 0,
    },
    {
      what: 'a foreign helper of connection tracking',
      act: 'add ct helper inet ringwall files { type "ftp" protocol tcp; }',
      found: ['helper  inet/files  does not belong here'],
      rewritten: 0,
    },
    {
      what: 'a table switched off',
      act: 'add table bridge ringwall { flags dormant; }',
      found: ['table  bridge ringwall  was changed: switched off (flags dormant)'],
      rewritten: 1,
    },
    {
      what: 'a table deleted',
      act: 'delete table bridge ringwall',
      found: [
        'table  bridge ringwall  is missing',
        'set  bridge/synflood-v4  is missing',
        'set  bridge/synflood-v6  is missing',
        'map  bridge/guest-in  is missing',
        'map  bridge/guest-out  is missing',
        'chain  bridge/synflood  is missing',
        'rule  bridge/synflood  is missing',
        'rule  bridge/synflood  is missing',
        'chain  bridge/prerouting  is missing',
        'rule  bridge/prerouting  is missing',
        'rule  bridge/prerouting  is missing',
        'rule  bridge/prerouting  is missing',
        'chain  bridge/postrouting  is missing',
        'rule  bridge/postrouting  is missing',
        'rule  bridge/postrouting  is missing',
        'rule  bridge/postrouting  is missing',
        'chain  bridge/late-out  is missing',
        'rule  bridge/late-out  is missing',
        'chain  bridge/late-in  is missing',
        'rule  bridge/late-in  is missing',
      ],
      rewritten: 1,
    },
    {
      what: 'a setting',
      act: ['/bin/sh', '-c', 'echo 777 > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established'],
      found: ['setting  net.netfilter.nf_conntrack_tcp_timeout_established  was changed: 777 and not 10000'],
      rewritten: 0,
    },
    {
      what: 'an address taken away',
      act: [IP, 'addr', 'del', '203.0.113.1/24', 'dev', 'vmbr0'],
      found: ['vmbr0  is missing: '],
      rewritten: 0,
    },
    {
      what: 'an IPv6 address taken away',
      act: [IP, '-6', 'addr', 'del', '2001:db8:1::1/64', 'dev', 'vmbr0'],
      found: ['vmbr0  is missing: '],
      rewritten: 0,
    },
    {
      what: 'the MTU of a bridge',
      act: [IP, 'link', 'set', 'vmbr0', 'mtu', '1300'],
      found: ['vmbr0  was changed: '],
      rewritten: 0,
    },
    {
      what: 'the ageing time of a bridge',
      act: [IP, 'link', 'set', 'vmbr1', 'type', 'bridge', 'ageing_time', '500'],
      found: ['vmbr1  was changed: '],
      rewritten: 0,
    },
    {
      what: 'spanning tree of a bridge switched on',
      act: [IP, 'link', 'set', 'vmbr1', 'type', 'bridge', 'stp_state', '1'],
      // The kernel gives the bridge a forward delay that spanning tree can work with.
      found: ['vmbr1  was changed: ip link set dev vmbr1 type bridge stp_state 0', 'vmbr1  was changed: '],
      rewritten: 0,
    },
    {
      what: 'a port taken off its bridge',
      act: [IP, 'link', 'set', 'eth0', 'nomaster'],
      // A bridge has the address of a port until it is given one of its own.
      found: [
        'link  vmbr1  was changed: ip link set dev vmbr1 address ',
        'port  eth0  is missing: ip link set dev eth0 master vmbr1',
      ],
      rewritten: 0,
    },
    {
      what: 'a bridge down',
      act: [IP, 'link', 'set', 'vmbr1', 'down'],
      found: ['vmbr1  was changed: ip link set dev vmbr1 up'],
      rewritten: 0,
    },
    {
      what: 'a bridge deleted',
      act: [IP, 'link', 'delete', 'vmbr1'],
      found: ['vmbr1  is missing: ', 'eth0  is missing: ', 'vmbr1  was changed: ip link set dev vmbr1 up'],
      rewritten: 0,
    },
  ];

test.each(tamperings)('$what: found, named, and repaired alone', async ({ act, ...rest }) => {
  await expectRepair({ ...rest, act: typeof act === 'function' ? act() : act }, site, netns);
});

test('what the rules counted before all this is still counted', () => {
  expect(netns.nft('list', 'chain', 'inet', 'ringwall', 'input')).toMatch(/iifname "lo" counter packets [1-9]/);
});
