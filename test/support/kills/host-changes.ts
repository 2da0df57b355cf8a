import { apply, type Change, CLUSTER, cluster, type Files, HOST, INTERFACES, type Step } from './change.js';

const host = `[RULES]
IN ACCEPT -p tcp -dport 443
GROUP web
IN ACCEPT -source +office -p tcp -dport 25
IN DROP -source mail -p udp -dport 53
OUT DROP -p tcp -dport 6667
`;
const settings = `[OPTIONS]
nf_conntrack_tcp_timeout_established: 9000
nf_conntrack_tcp_timeout_syn_recv: 45

${host}`;

const site: Files = { [CLUSTER]: cluster, [HOST]: host };
const inForce: readonly Step[] = [{ files: site }, { ringwall: apply }];

/** The text with one part replaced, which must be there. */
function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`there is no ${from} in ${text}`);
  return text.replace(from, to);
}
const clusterWith = (from: string, to: string): Files => ({ [CLUSTER]: changed(cluster, from, to) });
const hostWith = (from: string, to: string): Files => ({ [HOST]: changed(host, from, to) });

const edited = (name: string, edit: Files, before: readonly Step[] = inForce): Change => ({
  name,
  before,
  edit,
  command: apply,
});

/** More bytes than are sent in one piece on the thread that reads the answers. */
const manyAddresses = Array.from({ length: 1500 }, (_, at) => `10.0.${at >> 7}.${(at & 127) * 2}\n`).join('');

const firewallChanges: readonly Change[] = [
  edited('a rule added', hostWith('GROUP web\n', 'GROUP web\nIN ACCEPT -p tcp -dport 22\n')),
  edited('a rule removed', hostWith('IN ACCEPT -p tcp -dport 443\n', '')),
  edited('a rule moved', {
    [HOST]: changed(changed(host, 'IN ACCEPT -p tcp -dport 443\n', ''), 'OUT', 'IN ACCEPT -p tcp -dport 443\nOUT'),
  }),
  edited('a rule changed', hostWith('443', '8443')),
  edited('a rule switched off', hostWith('IN ACCEPT -p tcp', '|IN ACCEPT -p tcp')),
  edited('all rules removed', { [HOST]: '[RULES]\n' }),
  edited('a set element added', clusterWith('198.51.100.7\n', '198.51.100.7\n198.51.100.8\n')),
  edited('a set element removed', clusterWith('198.51.100.7\n', '')),
  edited('a set element replaced', clusterWith('/24', '/25')),
  edited('a set made and used', {
    ...clusterWith('[group', '[IPSET lab]\n203.0.113.0/24\n\n[group'),
    ...hostWith('mail', '+lab'),
  }),
  edited('a set no rule uses any more', hostWith('IN ACCEPT -source +office -p tcp -dport 25\n', '')),
  edited('1,500 set elements', clusterWith('198.51.100.7\n', manyAddresses)),
  edited('an alias changed', clusterWith('192.0.2.25', '192.0.2.26')),
  edited('a group changed', clusterWith('8080', '8081')),
  edited('a group taken out of the rules', hostWith('GROUP web\n', '')),
  edited('a group made and used', {
    ...clusterWith('[group web]', '[group dns]\nIN ACCEPT -p udp -dport 53\n\n[group web]'),
    ...hostWith('GROUP web', 'GROUP web\nGROUP dns'),
  }),
  edited('the policy of input', clusterWith('enable: 1', 'enable: 1\npolicy_in: ACCEPT')),
  edited('the policy of output', clusterWith('enable: 1', 'enable: 1\npolicy_out: REJECT')),
  edited('an option of the host', { [HOST]: `[OPTIONS]\nnosmurfs: 0\n\n${host}` }),
  edited('the first apply', {}, [{ files: site }]),
  edited('the first apply, with settings', {}, [{ files: { ...site, [HOST]: settings } }]),
  edited('settings for the first time', { [HOST]: settings }),
  edited('settings changed', { [HOST]: changed(settings, '9000', '8000') }, [
    { files: { ...site, [HOST]: settings } },
    { ringwall: apply },
  ]),
  edited('settings given back, and a rule', { [HOST]: changed(host, '443', '8443') }, [
    { files: { ...site, [HOST]: settings } },
    { ringwall: apply },
  ]),
  edited('the firewall switched off', clusterWith('enable: 1', 'enable: 0')),
  edited('the firewall switched on', {}, [
    { files: { ...site, ...clusterWith('enable: 1', 'enable: 0') } },
    { ringwall: apply },
    { files: site },
  ]),
  { name: 'clear', before: inForce, command: ['clear'] },
  {
    name: 'clear with settings',
    before: [{ files: { ...site, [HOST]: settings } }, { ringwall: apply }],
    command: ['clear'],
  },
  {
    name: 'rollback',
    before: [...inForce, { files: hostWith('443', '8443') }, { ringwall: apply }],
    command: ['rollback', '--force'],
  },
  {
    name: 'rollback over two generations, with settings',
    before: [
      ...inForce,
      { files: { [HOST]: settings } },
      { ringwall: apply },
      { files: { [HOST]: changed(settings, '9000', '8000') } },
      { ringwall: apply },
    ],
    command: ['rollback', '1', '--force'],
  },
  { name: 'rollback after clear', before: [...inForce, { ringwall: ['clear'] }], command: ['rollback', '--force'] },
  {
    name: 'repair of a rule others deleted',
    before: [...inForce, { nft: ['flush', 'chain', 'inet', 'ringwall', 'host-in'] }],
    command: apply,
  },
  {
    name: 'repair of what others added',
    before: [...inForce, { nft: ['add', 'chain', 'inet', 'ringwall', 'extra'] }],
    command: apply,
  },
];

const bridge = `auto vmbr0
iface vmbr0 inet static
	address 192.0.2.10/24
	gateway 192.0.2.1
	bridge-ports en0
	bridge-stp off
	bridge-fd 0
`;
const cardsLine = 'iface en0 inet manual\n\niface en1 inet manual\n\n';
const interfaces = `auto lo\niface lo inet loopback\n\n${cardsLine}${bridge}`;
const second =
  'auto vmbr1\niface vmbr1 inet static\n\taddress 203.0.113.1/24\n\tbridge-ports en1\n\tbridge-stp off\n\tbridge-fd 0\n';

const links: Files = { ...site, [INTERFACES]: interfaces };
const linksInForce: readonly Step[] = [{ files: links }, { ringwall: apply }];
const interfacesWith = (from: string, to: string): Files => ({ [INTERFACES]: changed(interfaces, from, to) });
const relinked = (name: string, from: string, to: string): Change =>
  edited(name, interfacesWith(from, to), linksInForce);
const twoBridges: Files = { [INTERFACES]: `${interfaces}\n${second}` };

const linkChanges: readonly Change[] = [
  edited('the first links', {}, [{ files: links }]),
  edited('links beside rules that are in force', { [INTERFACES]: interfaces }, [{ files: site }, { ringwall: apply }]),
  edited('a bridge made', twoBridges, linksInForce),
  edited('a bridge removed', { [INTERFACES]: interfaces }, [
    { files: { ...links, ...twoBridges } },
    { ringwall: apply },
  ]),
  relinked('an address added', '/24\n', '/24\n\taddress 192.0.2.11/24\n'),
  relinked('an address changed', '192.0.2.10', '192.0.2.20'),
  relinked(
    'an IPv6 address and gateway added',
    'bridge-fd 0\n',
    'bridge-fd 0\n\niface vmbr0 inet6 static\n\taddress 2001:db8:1::10/64\n\tgateway 2001:db8:1::1\n',
  ),
  relinked('the gateway changed', 'gateway 192.0.2.1\n', 'gateway 192.0.2.254\n'),
  relinked('the gateway removed', '\tgateway 192.0.2.1\n', ''),
  relinked('an MTU', 'bridge-fd 0\n', 'bridge-fd 0\n\tmtu 1400\n'),
  relinked('a port added', 'bridge-ports en0', 'bridge-ports en0 en1'),
  relinked('a port replaced', 'bridge-ports en0', 'bridge-ports en1'),
  relinked('options of a bridge', 'bridge-fd 0\n', 'bridge-fd 4\n\tbridge-ageing 100\n'),
  edited(
    'a port and an address moved from bridge to bridge',
    {
      [INTERFACES]: changed(
        changed(`${interfaces}\n${second}`, 'bridge-ports en0', 'bridge-ports none'),
        'bridge-ports en1',
        'bridge-ports en1 en0',
      )
        .replace('192.0.2.10/24', '198.18.0.1/24')
        .replace('\tgateway 192.0.2.1\n', ''),
    },
    [{ files: { ...links, ...twoBridges } }, { ringwall: apply }],
  ),
  edited('a bridge and a rule', { ...twoBridges, ...hostWith('443', '8443') }, linksInForce),
  edited(
    'an address, settings and a set',
    {
      ...interfacesWith('192.0.2.10', '192.0.2.20'),
      ...clusterWith('/24', '/25'),
      [HOST]: settings,
    },
    linksInForce,
  ),
  edited('everything at once, for the first time', {}, [{ files: { ...links, ...twoBridges, [HOST]: settings } }]),
  {
    ...edited('--only firewall', { ...twoBridges, ...hostWith('443', '8443') }, linksInForce),
    command: [...apply, '--only', 'firewall'],
  },
  {
    ...edited('--only network', { ...twoBridges, ...hostWith('443', '8443') }, linksInForce),
    command: [...apply, '--only', 'network'],
  },
  { ...edited('--only network, for the first time', {}, [{ files: links }]), command: [...apply, '--only', 'network'] },
  {
    name: 'rollback of links and rules',
    before: [...linksInForce, { files: { ...twoBridges, ...hostWith('443', '8443') } }, { ringwall: apply }],
    command: ['rollback', '--force'],
  },
  {
    name: 'rollback --only network',
    before: [...linksInForce, { files: { ...twoBridges, ...hostWith('443', '8443') } }, { ringwall: apply }],
    command: ['rollback', '--force', '--only', 'network'],
  },
  {
    name: 'repair of a link others changed',
    before: [...linksInForce, { ip: ['address', 'delete', '192.0.2.10/24', 'dev', 'vmbr0'] }],
    command: apply,
  },
  {
    name: 'repair of rules and links others changed',
    before: [
      ...linksInForce,
      { ip: ['address', 'delete', '192.0.2.10/24', 'dev', 'vmbr0'] },
      { nft: ['flush', 'chain', 'inet', 'ringwall', 'host-in'] },
    ],
    command: apply,
    tampered: true,
  },
  {
    ...relinked('links that are refused, after rules and settings', 'bridge-fd 0\n', 'bridge-fd 0\n\tmtu 65536\n'),
    edit: { ...interfacesWith('bridge-fd 0\n', 'bridge-fd 0\n\tmtu 65536\n'), [HOST]: settings },
    code: 1,
  },
];

/** Changes every kernel can make. */
export const hostChanges: readonly Change[] = [...firewallChanges, ...linkChanges];
