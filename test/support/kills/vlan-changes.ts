import { apply, type Change, CLUSTER, HOST, INTERFACES } from './change.js';

const firewall = { [CLUSTER]: '[OPTIONS]\nenable: 1\n', [HOST]: '[RULES]\nIN ACCEPT -p tcp -dport 443\n' };
const cardLines = 'iface en0 inet manual\n\niface en1 inet manual\n\niface en2 inet manual\n\n';

const bridge = (ports: string, more = ''): string =>
  `auto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tbridge-ports ${ports}\n\tbridge-stp off\n\tbridge-fd 0\n${more}\n`;
const AWARE = '\tbridge-vlan-aware yes\n\tbridge-vids 2-10 20\n';
const vlan = (tag: number): string =>
  `auto vmbr0.${tag}\niface vmbr0.${tag} inet static\n\taddress 198.51.100.1/24\n\n`;
const bond = (members: string, mode: string): string =>
  `auto bond0\niface bond0 inet manual\n\tbond-slaves ${members}\n\tbond-mode ${mode}\n\tbond-miimon 100\n\n`;

/** From one text of links to another, with rules that are in force. */
const relinked = (name: string, from: string, to: string): Change => ({
  name,
  before: [{ files: { ...firewall, [INTERFACES]: cardLines + from } }, { ringwall: apply }],
  edit: { [INTERFACES]: cardLines + to },
  command: apply,
});

const bonded = (members: string, mode: string): string => bond(members, mode) + bridge('bond0');

/** Changes of VLANs and bonds, for a kernel that has them. */
export const vlanChanges: readonly Change[] = [
  relinked('a bridge that becomes aware of VLANs', bridge('en0'), bridge('en0', AWARE)),
  relinked('other VLANs on a bridge', bridge('en0', AWARE), bridge('en0', AWARE.replace('20', '30-32'))),
  relinked('a VLAN with an address', bridge('en0', AWARE), bridge('en0', AWARE) + vlan(7)),
  relinked('another VLAN in its place', bridge('en0', AWARE) + vlan(7), bridge('en0', AWARE) + vlan(8)),
  relinked('a bond under a bridge', bridge('en0'), bonded('en0 en1', 'active-backup')),
  relinked('another mode of a bond', bonded('en0 en1', 'active-backup'), bonded('en0 en1', 'balance-xor')),
  relinked('another card in a bond', bonded('en0 en1', 'active-backup'), bonded('en0 en2', 'active-backup')),
];
