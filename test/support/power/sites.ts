import { CLUSTER, cluster, type Files, HOST, INTERFACES } from '../kills/change.js';

/** One of two parts of a site that change apart from each other. */
export interface Half {
  readonly name: string;
  readonly files: Files;
}

export interface Site {
  readonly firewall: Half;
  readonly links: Half;
}

export const filesOf = ({ firewall, links }: Site): Files => ({
  ...firewall.files,
  ...links.files,
  'etc/hosts': '192.0.2.10 pve1\n',
});

/** Null is no site. */
export const spellSite = (site: Site | null): string =>
  site === null ? 'nothing' : `${site.firewall.name}, ${site.links.name}`;

const rules = '[RULES]\nIN ACCEPT -p tcp -dport 443\nGROUP web\nIN ACCEPT -source +office -p tcp -dport 25\n';
const manyAddresses = Array.from({ length: 800 }, (_, at) => `10.0.${at >> 7}.${(at & 127) * 2}\n`).join('');
const manyRules = Array.from({ length: 150 }, (_, at) => `IN ACCEPT -p udp -dport ${1000 + at}\n`).join('');

export const firewalls: readonly Half[] = [
  { name: 'a few rules', files: { [CLUSTER]: cluster, [HOST]: rules } },
  {
    name: 'rules and settings',
    files: {
      [CLUSTER]: cluster.replace('8080', '8081'),
      [HOST]: `[OPTIONS]\nnf_conntrack_tcp_timeout_established: 9000\nnf_conntrack_tcp_timeout_syn_recv: 45\n\n${rules}`,
    },
  },
  {
    name: 'many rules and addresses',
    files: { [CLUSTER]: cluster.replace('198.51.100.7\n', manyAddresses), [HOST]: `${rules}${manyRules}` },
  },
  {
    name: 'a guest',
    files: {
      [CLUSTER]: cluster,
      [HOST]: `[OPTIONS]\nnf_conntrack_tcp_timeout_established: 8100\n\n${rules}`,
      'etc/pve/nodes/pve1/qemu-server/100.conf': 'net0: virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1\n',
      'etc/pve/firewall/100.fw':
        '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p tcp -dport 22\nGROUP web\nIN REJECT -p tcp -dport 113\nOUT DROP -p tcp -dport 6667\n',
    },
  },
];

const loopback = 'auto lo\niface lo inet loopback\n';
const bridge = (name: string, ports: string, address: string, more = ''): string =>
  `\nauto ${name}\niface ${name} inet static\n\taddress ${address}\n\tbridge-ports ${ports}\n\tbridge-stp off\n\tbridge-fd 0\n${more}`;

const half = (name: string, text: string): Half => ({ name, files: { [INTERFACES]: `${loopback}${text}` } });

export const linkSets: readonly Half[] = [
  half('a bridge', bridge('vmbr0', 'en0', '192.0.2.10/24', '\tgateway 192.0.2.1\n')),
  half('two bridges', bridge('vmbr0', 'en1', '192.0.2.10/24') + bridge('vmbr1', 'en0 en2', '203.0.113.1/24')),
  half(
    'VLANs',
    `${bridge('vmbr0', 'en0 en1', '192.0.2.11/24', '\tbridge-vlan-aware yes\n\tbridge-vids 2-100\n\tmtu 1400\n')}
auto vmbr0.5
iface vmbr0.5 inet static
	address 198.18.5.1/24
	mtu 1400
`,
  ),
  half(
    'a bond',
    `
auto bond0
iface bond0 inet manual
	bond-slaves en1 en2
	bond-mode active-backup
	bond-miimon 100
${bridge('vmbr0', 'bond0', '192.0.2.12/24')}
iface vmbr0 inet6 static
	address 2001:db8:1::10/64
	gateway 2001:db8:1::1
`,
  ),
];
