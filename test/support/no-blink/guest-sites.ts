import { CLOSED, OPEN } from './probes.js';

/** What of a site changes, each by a number of its own. */
export const dials = ['rules', 'group', 'set', 'alias', 'options', 'policy', 'way', 'cards'] as const;
export type Dial = (typeof dials)[number];
export type Setting = Readonly<Record<Dial, number>>;

const CLUSTER = 'etc/pve/firewall/cluster.fw';
const GUEST = 'etc/pve/firewall/100.fw';
const CONFIG = 'etc/pve/nodes/pve1/qemu-server/100.conf';

/** Rules that let the open port through, to the guest and from it. */
const ways: readonly (readonly string[])[] = [
  [`IN ACCEPT -p udp -dport ${OPEN}`, `OUT ACCEPT -p udp -dport ${OPEN}`],
  [`IN ACCEPT -source +dc/office -p udp -dport ${OPEN}`, `OUT ACCEPT -dest +dc/office -p udp -dport ${OPEN}`],
  ['GROUP open'],
  ['sender4', 'sender6'].flatMap((name) => [
    `IN ACCEPT -source ${name} -p udp -dport ${OPEN}`,
    `OUT ACCEPT -dest ${name} -p udp -dport ${OPEN}`,
  ]),
];

const closed = CLOSED.join(',');
const policies: readonly (readonly [string, string, readonly string[]])[] = [
  ['policy_in: DROP', 'policy_out: DROP', []],
  ['policy_in: REJECT', 'policy_out: REJECT', []],
  ['policy_in: DROP', 'policy_out: ACCEPT', [`OUT DROP -p udp -dport ${closed}`, `OUT REJECT -p tcp -dport ${closed}`]],
];

function pick<T>(from: readonly T[], n: number): T {
  const [picked] = from.slice(n % from.length);
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}
const others = (count: number, line: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => line(index));

const file = (...sections: readonly (readonly string[])[]): string =>
  sections.map((lines) => `${lines.join('\n')}\n`).join('\n');

/** A guest, 100, whose cards on vmbr0 have these MAC addresses; its second card is there at odd numbers of `cards`. */
export function guestSite(at: Setting, macs: readonly [string, string]): Readonly<Record<string, string>> {
  const [policyIn, policyOut, forbidding] = pick(policies, at.policy);
  const cards = macs.slice(0, 1 + (at.cards % 2));
  return {
    [CLUSTER]: file(
      ['[OPTIONS]', 'enable: 1'],
      [
        '[ALIASES]',
        `sender4 ${pick(['192.0.2.1', '192.0.2.0/24'], at.alias)}`,
        `sender6 ${pick(['2001:db8::1', '2001:db8::/64'], at.alias)}`,
      ],
      [
        '[IPSET office]',
        pick(['192.0.2.0/24', '192.0.2.1'], at.set),
        pick(['2001:db8::/64', '2001:db8::1'], at.set),
        ...others(at.set % 30, (n) => `198.51.100.${n * 5 + (at.set % 4)}`),
      ],
      [
        '[group open]',
        ...others(at.group % 4, (n) => `IN DROP -source 198.51.100.${n + at.group} -p udp`),
        `IN ACCEPT -p udp -dport ${OPEN}`,
        `OUT ACCEPT -p udp -dport ${OPEN}`,
      ],
    ),
    [GUEST]: file(
      [
        '[OPTIONS]',
        'enable: 1',
        policyIn,
        policyOut,
        `macfilter: ${at.options % 2}`,
        `ipfilter: ${(at.options >> 1) % 2}`,
        `dhcp: ${(at.options >> 2) % 2}`,
      ],
      ...[0, 1].map((card) => [`[IPSET ipfilter-net${card}]`, `192.0.2.${100 + card}`, `2001:db8::${100 + card}`]),
      [
        '[RULES]',
        ...others(at.rules % 12, (n) => `IN ACCEPT -p tcp -dport ${6000 + ((at.rules * 7 + n * 13) % 50)}`),
        ...forbidding,
        ...pick(ways, at.way),
        ...others((at.rules * 5) % 7, (n) => `OUT REJECT -dest 203.0.113.${n + (at.rules % 100)}`),
      ],
    ),
    [CONFIG]: file(cards.map((mac, card) => `net${card}: virtio=${mac},bridge=vmbr0,firewall=1`)),
  };
}
