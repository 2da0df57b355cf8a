#!/usr/bin/env node
// Writes a synthetic Proxmox-style site: DIR/etc/pve/... and DIR/etc/network/interfaces.
// The same arguments always give the same bytes, so two programs can be measured on one workload.
//
//   node make-site.mjs DIR [--guests 1000] [--rules 100] [--groups 50] [--ipsets 100]
//                          [--entries 200] [--aliases 200] [--bridges 4] [--vlans 200] [--seed 1]
//
// --guests   guests; odd VMIDs are containers (lxc), even ones virtual machines (qemu)
// --rules    rules in each guest's .fw file
// --entries  entries in each ip set
// --vlans    VLAN sub-interfaces of bond0, each with its own address
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(
    Object.entries({
      guests: 1000,
      rules: 100,
      groups: 50,
      ipsets: 100,
      entries: 200,
      aliases: 200,
      bridges: 4,
      vlans: 200,
      seed: 1,
    }).map(([name, value]) => [name, { type: 'string', default: String(value) }]),
  ),
});
const [dir] = positionals;
if (!dir) {
  console.error('usage: make-site.mjs DIR [--guests N] ...');
  process.exit(2);
}
const n = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));

// mulberry32: small, seeded, good enough to spread a workload
let state = n.seed >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const hex = (count) =>
  Array.from({ length: count }, () => below(16).toString(16))
    .join('')
    .toUpperCase();

const v4 = () => `10.${below(256)}.${below(256)}.${1 + below(254)}`;
const v4net = () => {
  const bits = pick([16, 20, 24, 28]);
  const size = 2 ** (32 - bits);
  const host = below(2 ** (bits - 8)) * size;
  return `10.${(host >>> 16) & 255}.${(host >>> 8) & 255}.${host & 255}/${bits}`;
};
const v6net = () => `2001:db8:${below(65536).toString(16)}:${below(65536).toString(16)}::/64`;
const mac = () => `BC:24:11:${hex(2)}:${hex(2)}:${hex(2)}`;
const macros = [
  'SSH',
  'HTTP',
  'HTTPS',
  'DNS',
  'Ping',
  'NTP',
  'SMTP',
  'IMAPS',
  'PostgreSQL',
  'MySQL',
  'Syslog',
  'LDAP',
  'Web',
];
const port = () => 1024 + below(60000);
const ports = () =>
  pick([
    () => `${port()}`,
    () => {
      const a = 1024 + below(30000);
      return `${a}:${a + 1 + below(500)}`;
    },
    () => Array.from({ length: 2 + below(5) }, port).join(','),
  ])();

const aliases = Array.from({ length: n.aliases }, (_, i) => `alias${i}`);
const ipsets = Array.from({ length: n.ipsets }, (_, i) => `set${i}`);
const groups = Array.from({ length: n.groups }, (_, i) => `group${i}`);
const address = () =>
  pick([
    v4,
    v4net,
    v4net,
    v6net,
    () => `dc/${pick(aliases)}`,
    () => `+dc/${pick(ipsets)}`,
    () => `+dc/${pick(ipsets)}`,
    () => `${v4()},${v4net()}`,
  ])();

function rule(direction) {
  const action = pick(['ACCEPT', 'ACCEPT', 'ACCEPT', 'DROP', 'REJECT']);
  const words = [];
  if (random() < 0.3) words.push(`${direction} ${pick(macros)}(${action})`);
  else words.push(`${direction} ${action}`);
  if (random() < 0.6) words.push(`-source ${address()}`);
  else if (random() < 0.3) words.push(`-dest ${address()}`);
  if (!words[0].includes('('))
    words.push(random() < 0.9 ? `-p ${pick(['tcp', 'tcp', 'udp'])} -dport ${ports()}` : '-p icmp');
  words.push(`-log ${pick(['nolog', 'nolog', 'nolog', 'info'])}`);
  const line = words.join(' ');
  return (random() < 0.05 ? '|' : '') + line + (random() < 0.2 ? ` # ticket ${below(10000)}` : '');
}
const rules = (count) => Array.from({ length: count }, () => rule(random() < 0.75 ? 'IN' : 'OUT'));

function write(path, lines) {
  const file = join(dir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, lines.join('\n') + '\n');
}

write('etc/pve/firewall/cluster.fw', [
  '[OPTIONS]',
  '',
  'enable: 1',
  'policy_in: DROP',
  'policy_out: ACCEPT',
  '',
  '[ALIASES]',
  '',
  ...aliases.map((name) => `${name} ${random() < 0.8 ? v4net() : v6net()} # ${name}`),
  '',
  '[IPSET management]',
  '',
  '10.0.0.0/8',
  '',
  '[IPSET blacklist]',
  '',
  '203.0.113.0/24',
  '198.51.100.7',
  '',
  ...ipsets.flatMap((name) => [
    `[IPSET ${name}] # ${name}`,
    '',
    ...new Set(Array.from({ length: n.entries }, () => (random() < 0.8 ? v4() : v4net()))),
    '',
  ]),
  '[RULES]',
  '',
  'IN SSH(ACCEPT) -source +dc/management -log nolog',
  'IN Ping(ACCEPT) -log nolog',
  ...rules(20),
  '',
  ...groups.flatMap((name) => [`[group ${name}] # ${name}`, '', ...rules(10), '']),
]);
write('etc/pve/nodes/pve1/host.fw', [
  '[OPTIONS]',
  '',
  'enable: 1',
  'nftables: 1',
  'log_level_in: info',
  '',
  '[RULES]',
  '',
  ...rules(20),
]);
for (let i = 0; i < n.guests; i += 1) {
  const id = 100 + i;
  const container = id % 2 === 1;
  const nics = 1 + (id % 3 === 0 ? 1 : 0);
  const net = (k) => {
    const tag = n.vlans > 0 && random() < 0.5 ? `,tag=${2 + below(n.vlans)}` : '';
    return container
      ? `net${k}: name=eth${k},bridge=vmbr${below(n.bridges)},firewall=1,hwaddr=${mac()},ip=10.${(i >> 8) & 255}.${i & 255}.${10 + k}/24${tag},type=veth`
      : `net${k}: virtio=${mac()},bridge=vmbr${below(n.bridges)},firewall=1${tag}`;
  };
  const nets = Array.from({ length: nics }, (_, k) => net(k));
  write(
    `etc/pve/nodes/pve1/${container ? 'lxc' : 'qemu-server'}/${id}.conf`,
    container
      ? ['arch: amd64', 'cores: 1', `hostname: ct${id}`, 'memory: 512', ...nets, 'ostype: debian']
      : ['boot: order=scsi0', 'cores: 2', 'memory: 2048', `name: vm${id}`, ...nets, 'ostype: l26'],
  );
  write(`etc/pve/firewall/${id}.fw`, [
    '[OPTIONS]',
    '',
    'enable: 1',
    'policy_in: DROP',
    'policy_out: ACCEPT',
    'dhcp: 1',
    'macfilter: 1',
    `ipfilter: ${id % 4 === 0 ? 1 : 0}`,
    `log_level_in: ${pick(['nolog', 'info'])}`,
    '',
    '[ALIASES]',
    '',
    `self 10.${(i >> 8) & 255}.${i & 255}.10`,
    '',
    ...(id % 4 === 0 ? ['[IPSET ipfilter-net0]', '', `10.${(i >> 8) & 255}.${i & 255}.10`, ''] : []),
    '[RULES]',
    '',
    `GROUP ${pick(groups)}`,
    `GROUP ${pick(groups)} -i net0`,
    ...rules(n.rules),
  ]);
}
write('etc/network/interfaces', [
  'auto lo',
  'iface lo inet loopback',
  '',
  'iface eth0 inet manual',
  '',
  'iface eth1 inet manual',
  '',
  'auto bond0',
  'iface bond0 inet manual',
  '\tbond-slaves eth0 eth1',
  '\tbond-miimon 100',
  '\tbond-mode 802.3ad',
  '\tbond-xmit-hash-policy layer2+3',
  '',
  ...Array.from({ length: n.vlans }, (_, i) => [
    `auto bond0.${2 + i}`,
    `iface bond0.${2 + i} inet static`,
    `\taddress 172.${16 + (i >> 8)}.${i & 255}.1/24`,
    '',
  ]).flat(),
  'auto vmbr0',
  'iface vmbr0 inet static',
  '\taddress 192.0.2.10/24',
  '\tgateway 192.0.2.1',
  '\tbridge-ports bond0',
  '\tbridge-stp off',
  '\tbridge-fd 0',
  '\tbridge-vlan-aware yes',
  '\tbridge-vids 2-4094',
  '',
  ...Array.from({ length: Math.max(0, n.bridges - 1) }, (_, i) => [
    `auto vmbr${i + 1}`,
    `iface vmbr${i + 1} inet manual`,
    '\tbridge-ports none',
    '\tbridge-stp off',
    '\tbridge-fd 0',
    '\tbridge-vlan-aware yes',
    '\tbridge-vids 2-4094',
    '',
  ]).flat(),
  'source /etc/network/interfaces.d/*',
]);
