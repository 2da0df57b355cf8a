import { apply, type Change, HOST, INTERFACES, type Step } from './change.js';

const rules = (port: number): string => `[RULES]\nIN ACCEPT -p tcp -dport ${port}\nOUT DROP -p tcp -dport 6667\n`;
const settings = (seconds: number): string =>
  `[OPTIONS]\nnf_conntrack_tcp_timeout_established: ${seconds}\n\n${rules(8443)}`;
const bridge = (address: string): string => `auto lo
iface lo inet loopback

iface en0 inet manual

auto vmbr0
iface vmbr0 inet static
	address ${address}/24
	bridge-ports en0
	bridge-stp off
	bridge-fd 0
`;
const CLUSTER_ON = { 'etc/pve/firewall/cluster.fw': '[OPTIONS]\nenable: 1\n' };

/** Rules alone: nothing of links is said, then another rule. */
const rulesFirst = { ...CLUSTER_ON, [HOST]: rules(443) };
const rulesNext = { [HOST]: rules(8443) };
/** Rules, settings and links, all of which change. */
const wholeFirst = { ...CLUSTER_ON, [HOST]: rules(443), [INTERFACES]: bridge('192.0.2.10') };
const wholeNext = { [HOST]: settings(9000), [INTERFACES]: bridge('192.0.2.20') };
const wholeThird = { [HOST]: settings(8000), [INTERFACES]: bridge('192.0.2.30') };

const confirmable = (seconds: number): string[] => [...apply, '--confirm', String(seconds)];
/** Long enough for a campaign's longest run, and short enough to wait for. */
const LONG = 600;
const SHORT = 1;

const inForce = (files: Readonly<Record<string, string>>): Step[] => [{ files }, { ringwall: apply }];
/** The first generation is in force, and the second waits to be confirmed. */
const pending = (seconds: number): Step[] => [
  ...inForce(wholeFirst),
  { files: wholeNext },
  { ringwall: confirmable(seconds) },
];
const pendingRules = (seconds: number): Step[] => [
  ...inForce(rulesFirst),
  { files: rulesNext },
  { ringwall: confirmable(seconds) },
];
/** The second generation was to come, and its run was killed. */
const killed = (at: string, command: readonly string[] = apply): Step[] => [
  ...inForce(wholeFirst),
  { files: wholeNext },
  { killed: command, at },
];

const RULES = 'send rules';
const LINKS = 'send links, message 2';
const LAST = 'remove links-undo.json';

const withDeadline: readonly Change[] = [
  { name: 'apply --confirm of a rule', before: inForce(rulesFirst), edit: rulesNext, command: confirmable(LONG) },
  {
    name: 'apply --confirm of rules, settings and links',
    before: inForce(wholeFirst),
    edit: wholeNext,
    command: confirmable(LONG),
  },
  { name: 'apply --confirm, the first of all', before: [{ files: wholeFirst }], command: confirmable(LONG) },
  {
    name: 'apply --confirm --extend',
    before: pending(LONG),
    edit: wholeThird,
    command: [...confirmable(LONG), '--extend'],
    orElse: ['rollback'],
  },
  { name: 'confirm', before: pending(LONG), command: ['confirm'] },
  { name: 'confirm --extend', before: pending(LONG), command: ['confirm', '--extend', String(10 * LONG)] },
  {
    name: 'rollback of what is pending',
    before: pending(LONG),
    command: ['rollback', '--force'],
    orElse: ['rollback'],
  },
];

/** Nothing that is past its time, or half done, may stay so. */
const settling = (name: string, before: readonly Step[], command: readonly string[]): Change => ({
  name,
  before,
  command,
  halfDone: true,
});

const atTheDeadline: readonly Change[] = [
  settling('a watchman at the deadline', pending(SHORT), ['recover', '--await']),
  settling('a watchman at the deadline of a rule', pendingRules(SHORT), ['recover', '--await']),
  settling(
    'a watchman at the deadline of the first of all',
    [{ files: wholeFirst }, { ringwall: confirmable(SHORT) }],
    ['recover', '--await'],
  ),
  settling(
    'a watchman at the deadline, after somebody else’s commit',
    [...pending(SHORT), { nft: ['add', 'table', 'ip', 'theirs'] }],
    ['recover', '--await'],
  ),
  settling(
    'a watchman at the deadline, without a way back',
    [...pending(SHORT), { lost: 'way-back.json' }],
    ['recover', '--await'],
  ),
  settling(
    'a watchman at the deadline after --extend',
    [...pending(LONG), { files: wholeThird }, { ringwall: [...confirmable(SHORT), '--extend'] }],
    ['recover', '--await'],
  ),
  settling('a watchman after a run that was killed', killed(LINKS, confirmable(LONG)), ['recover', '--await']),
];

const afterAKill: readonly Change[] = [
  settling('recover before the rules', killed(RULES), ['recover']),
  settling('recover among the links', killed(LINKS), ['recover']),
  settling('recover behind the last step', killed(LAST), ['recover']),
  settling('recover of the first of all', [{ files: wholeFirst }, { killed: apply, at: LINKS }], ['recover']),
  settling(
    'recover of a rollback',
    [...inForce(wholeFirst), ...inForce(wholeNext), { killed: ['rollback', '--force'], at: LINKS }],
    ['recover'],
  ),
  settling('recover of a change to confirm', killed(LINKS, confirmable(LONG)), ['recover']),
  {
    ...settling('apply over a run that was killed', killed(LINKS), apply),
    edit: wholeThird,
    orElse: ['recover'],
  },
  {
    ...settling(
      'rollback over a run that was killed',
      [...inForce(rulesFirst), ...killed(LINKS)],
      ['rollback', '--force'],
    ),
    orElse: ['recover'],
  },
];

const restoring = (name: string, before: readonly Step[]): Change => ({
  ...settling(name, [...before, { boot: true }], ['recover', '--boot']),
  recovery: ['recover', '--boot'],
});

const atBoot: readonly Change[] = [
  restoring('recover --boot', [...inForce(wholeFirst), ...inForce(wholeNext)]),
  restoring('recover --boot of rules', inForce(rulesFirst)),
  restoring('recover --boot with a change pending', pending(LONG)),
  restoring('recover --boot after a run that was killed', killed(LINKS)),
  restoring('recover --boot without rules.batch', [...inForce(wholeFirst), { lost: 'generations/1/rules.batch' }]),
];

/** Changes that go back by themselves, and what settles those that were left behind. */
export const settlingChanges: readonly Change[] = [...withDeadline, ...atTheDeadline, ...afterAKill, ...atBoot];
