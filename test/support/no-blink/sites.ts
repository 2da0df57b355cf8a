import { hostOnly } from '../cli.js';
import { OPEN } from './probes.js';

const CLUSTER = 'etc/pve/firewall/cluster.fw';
const [HOST] = Object.keys(hostOnly).filter((path) => path.endsWith('host.fw'));

/** Ways to let the open port in, for a sender at 192.0.2.1. */
const ways = [
  `IN ACCEPT -p udp -dport ${OPEN}`,
  `IN ACCEPT -source +dc/office -p udp -dport ${OPEN}`,
  'GROUP open',
  `IN ACCEPT -source sender -p udp -dport ${OPEN}`,
  `IN ACCEPT -i eth0 -p udp -dport 4998,${OPEN}`,
];

/**
 * Keeps the set of one of the ways in every ruleset. Linux 6.18 finds nothing in an interval set that its transaction makes, or
 * that it changes there, until the transaction is finished a moment later, whoever commits it: with libnftables, 117 of
 * 42,496 packets missed a set that came with its rule, and none did where the set has no intervals.
 */
const USES_OFFICE = 'IN ACCEPT -source +dc/office -p tcp -dport 4998';

/** The `n`th of a row of sites, each with other rules in another order, other sets, groups, policies and options. */
export function siteNumber(n: number): Readonly<Record<string, string>> {
  const others = Array.from({ length: 4 + (n % 9) }, (_, index) => [
    `IN ACCEPT -p tcp -dport ${6000 + ((n * 7 + index * 13) % 50)}`,
    `IN DROP -source 198.51.100.${(n + index) % 250} -p udp`,
    `IN REJECT -source +dc/changing -p tcp -dport ${(n + index) % 100}`,
    `OUT ACCEPT -dest 203.0.113.${(n * 3 + index) % 250} -log nolog`,
  ]).flat();
  const moved = [...others.slice(n % others.length), ...others.slice(0, n % others.length)];
  const at = n % (moved.length + 1);
  const way = ways[n % ways.length] ?? '';
  const host = [...moved.slice(0, at), way, ...moved.slice(at), USES_OFFICE];
  const elements = (first: number, count: number): string =>
    Array.from({ length: count }, (_, index) => `198.51.${first % 250}.${(index * 5) % 250}`).join('\n');
  const cluster = [
    '[OPTIONS]',
    'enable: 1',
    `policy_in: ${n % 3 === 0 ? 'REJECT' : 'DROP'}`,
    `policy_out: ACCEPT`,
    '',
    '[ALIASES]',
    'sender 192.0.2.1',
    '',
    '[IPSET office]',
    '192.0.2.0/24',
    elements(1, 30),
    '',
    '[IPSET changing]',
    elements(n + 1, 1 + (n % 40)),
    '',
    '[group open]',
    ...(n % 4 === 0 ? ['IN DROP -source 198.51.100.9'] : []),
    `IN ACCEPT -p udp -dport ${OPEN}`,
    '',
    ...(n % 5 === 0 ? [`[group extra${n % 15}]`, 'IN DROP -p tcp -dport 1'] : []),
  ];
  const options = ['[OPTIONS]', `tcpflags: ${n % 2}`, `nosmurfs: ${(n >> 1) % 2}`, ''];
  const group = n % 5 === 0 ? [`GROUP extra${n % 15}`] : [];
  return {
    [CLUSTER]: `${cluster.join('\n')}\n`,
    [HOST ?? '']: `${[...options, '[RULES]', ...group, ...host].join('\n')}\n`,
  };
}
