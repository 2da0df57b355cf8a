/** A field of an input file, as the text around it; `@` is where the crafted text goes. */
export interface CraftedField {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** A value nobody would wonder about. */
  readonly harmless: string;
  /**
   * What must come out: `kept` is free text, and leaves everything as the harmless value does; `refused` leaves everything
   * as a value does that is merely wrong, and a diagnostic names the line. Of a list each word is either.
   */
  readonly outcome: 'kept' | 'refused' | 'read word by word';
}

const CLUSTER = 'etc/pve/firewall/cluster.fw';
const HOST = 'etc/pve/nodes/pve1/host.fw';
const GUEST = 'etc/pve/firewall/100.fw';
const MACHINE = 'etc/pve/nodes/pve1/qemu-server/100.conf';
const CONTAINER = 'etc/pve/nodes/pve1/lxc/200.conf';
const VNET = 'etc/pve/sdn/firewall/vmbr0.fw';
const INTERFACES = 'etc/network/interfaces';

/** A value that is wrong and nothing else. */
export const WRONG = '?';

/** A site with everything a crafted field may be beside; `file` of a case takes the place of one of these. */
export const aroundThem: Readonly<Record<string, string>> = {
  [CLUSTER]:
    '[OPTIONS]\nenable: 1\n\n[ALIASES]\ngw 192.0.2.1\n\n[IPSET office]\n198.51.100.0/24\n\n[group web]\nIN HTTP(ACCEPT)\n\n[RULES]\nGROUP web\nIN ACCEPT -source +office -log info\n',
  [HOST]: '[OPTIONS]\nlog_level_in: info\n\n[RULES]\nIN SSH(ACCEPT) -source 192.0.2.1\n',
  [GUEST]:
    '[OPTIONS]\nenable: 1\n\n[IPSET own]\n203.0.113.0/24\n\n[RULES]\nIN ACCEPT -source +own -p tcp -dport 22 -log info\n',
  [MACHINE]: 'name: web\nnet0: virtio=02:00:00:00:01:00,bridge=vmbr0,firewall=1\n',
  'etc/pve/firewall/200.fw': '[OPTIONS]\nenable: 1\n\n[RULES]\nIN Ping(ACCEPT)\n',
  [CONTAINER]: 'hostname: db\nnet0: name=eth0,hwaddr=02:00:00:00:02:00,bridge=vmbr0,firewall=1\n',
  [VNET]: '[OPTIONS]\nenable: 1\n\n[RULES]\nFORWARD ACCEPT -p tcp -dport 80\n',
  [INTERFACES]:
    'auto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n\tgateway 192.0.2.1\n\tbridge-ports eth0\n\tbridge-stp off\n\tbridge-fd 0\n\niface eth0 inet manual\n',
  'etc/network/interfaces.d/more': 'auto vmbr9\niface vmbr9 inet manual\n\tbridge-ports none\n',
};

const rule = (words: string): string => `[OPTIONS]\nenable: 1\n\n[RULES]\n${words}\nIN ACCEPT -p udp -dport 53\n`;

const wanted = (name: string, file: string, text: string, harmless: string): CraftedField => ({
  name,
  file,
  text,
  harmless,
  outcome: 'refused',
});
const list = (name: string, file: string, text: string, harmless: string): CraftedField => ({
  name,
  file,
  text,
  harmless,
  outcome: 'read word by word',
});
const free = (name: string, file: string, text: string): CraftedField => ({
  name,
  file,
  text,
  harmless: 'words',
  outcome: 'kept',
});

export const firewallFields: readonly CraftedField[] = [
  free('the comment of a rule', CLUSTER, rule('IN ACCEPT -p tcp -dport 22 -log info # @')),
  free('a line of comment', CLUSTER, rule('# @')),
  free('the comment of a header', CLUSTER, '[OPTIONS] # @\nenable: 1\n'),
  free('the comment of an alias', CLUSTER, '[OPTIONS]\nenable: 1\n[ALIASES]\ngw 192.0.2.1 # @\n'),
  free('the comment of a set', CLUSTER, '[IPSET office] # @\n192.0.2.0/24\n[RULES]\nIN ACCEPT -source +office\n'),
  free('the comment of an entry', CLUSTER, '[IPSET office]\n192.0.2.0/24 # @\n[RULES]\nIN ACCEPT -source +office\n'),
  free('the comment of a group', CLUSTER, '[group web] # @\nIN ACCEPT\n[RULES]\nGROUP web\n'),
  wanted('the direction of a rule', CLUSTER, rule('@ ACCEPT -p tcp'), 'IN'),
  wanted('the action of a rule', CLUSTER, rule('IN @ -p tcp'), 'DROP'),
  wanted('the macro of a rule', CLUSTER, rule('IN @(ACCEPT)'), 'SSH'),
  wanted('the source of a rule', CLUSTER, rule('IN ACCEPT -source @'), '192.0.2.9'),
  wanted('the set of a rule', CLUSTER, `[IPSET office]\n192.0.2.0/24\n${rule('IN ACCEPT -source +@')}`, 'office'),
  wanted('the destination of a rule', CLUSTER, rule('IN ACCEPT -dest @'), '192.0.2.9'),
  wanted('the protocol of a rule', CLUSTER, rule('IN ACCEPT -p @'), 'tcp'),
  wanted('the port of a rule', CLUSTER, rule('IN ACCEPT -p tcp -dport @'), '22'),
  wanted('the source port of a rule', CLUSTER, rule('IN ACCEPT -p tcp -sport @'), '22'),
  wanted('the ICMP type of a rule', CLUSTER, rule('IN ACCEPT -p icmp -icmp-type @'), 'echo-request'),
  wanted('the interface of a rule', HOST, rule('IN ACCEPT -i @ -p tcp'), 'eth0'),
  wanted('the log level of a rule', CLUSTER, rule('IN ACCEPT -log @'), 'info'),
  wanted('a word at the end of a rule', CLUSTER, rule('IN ACCEPT @'), '-p tcp'),
  wanted('the group of a rule', CLUSTER, `[group web]\nIN ACCEPT\n${rule('GROUP @')}`, 'web'),
  wanted('the name of a group', CLUSTER, `[group @]\nIN ACCEPT -p tcp\n${rule('GROUP web')}`, 'web'),
  wanted('the name of a set', CLUSTER, `[IPSET @]\n192.0.2.0/24\n${rule('IN ACCEPT -source +office')}`, 'office'),
  wanted('the kind of a section', CLUSTER, `[@ office]\n192.0.2.0/24\n${rule('IN ACCEPT -source +office')}`, 'IPSET'),
  wanted('an entry of a set', CLUSTER, `[IPSET office]\n@\n${rule('IN ACCEPT -source +office')}`, '192.0.2.1'),
  wanted('the name of an alias', CLUSTER, `[ALIASES]\n@ 192.0.2.1\n${rule('IN ACCEPT -source gw')}`, 'gw'),
  wanted('the address of an alias', CLUSTER, `[ALIASES]\ngw @\n${rule('IN ACCEPT -source gw')}`, '192.0.2.1'),
  wanted('the name of an option', CLUSTER, '[OPTIONS]\nenable: 1\n@: REJECT\n', 'policy_in'),
  wanted('a policy', CLUSTER, '[OPTIONS]\nenable: 1\npolicy_in: @\n', 'REJECT'),
  wanted('a rate of the log', CLUSTER, '[OPTIONS]\nenable: 1\nlog_ratelimit: enable=1,rate=@\n', '7/minute'),
  wanted('a level of the host', HOST, '[OPTIONS]\nlog_level_in: @\n', 'info'),
  wanted('a setting of the kernel', HOST, '[OPTIONS]\nnf_conntrack_max: @\n', '65537'),
  wanted('the helpers of the kernel', HOST, '[OPTIONS]\nnf_conntrack_helpers: @\n', 'ftp'),
  free('the comment of a guest’s rule', GUEST, rule('IN ACCEPT -p tcp -dport 22 -log info # @')),
  wanted('a guest’s NIC in a rule', GUEST, rule('IN ACCEPT -i @ -p tcp'), 'net0'),
  wanted('a guest’s option', GUEST, '[OPTIONS]\nenable: 1\npolicy_out: @\n', 'REJECT'),
  free('the name of a guest', MACHINE, 'name: @\nnet0: virtio=02:00:00:00:01:00,bridge=vmbr0,firewall=1\n'),
  free('the description of a guest', MACHINE, '#@\nnet0: virtio=02:00:00:00:01:00,bridge=vmbr0,firewall=1\n'),
  free('an argument of a guest', MACHINE, 'args: @\nnet0: virtio=02:00:00:00:01:00,bridge=vmbr0,firewall=1\n'),
  wanted('the address of a NIC', MACHINE, 'net0: virtio=@,bridge=vmbr0,firewall=1\n', '02:00:00:00:01:00'),
  wanted(
    'the address of a container’s NIC',
    CONTAINER,
    'net0: name=eth0,hwaddr=@,bridge=vmbr0,firewall=1\n',
    '02:00:00:00:02:00',
  ),
  wanted('a rule of a vnet', VNET, '[OPTIONS]\nenable: 1\n\n[RULES]\nFORWARD ACCEPT @\n', '-p tcp'),
];

const bridge = (words: string): string => `auto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.10/24\n${words}\n`;

export const linkFields: readonly CraftedField[] = [
  wanted('the bridge of a NIC', MACHINE, 'net0: virtio=02:00:00:00:01:00,bridge=@,firewall=1\n', 'vmbr0'),
  wanted('the tag of a NIC', MACHINE, 'net0: virtio=02:00:00:00:01:00,bridge=vmbr0,firewall=1,tag=@\n', '7'),
  wanted('the name of an interface', INTERFACES, 'auto vmbr0\niface @ inet static\n\taddress 192.0.2.10/24\n', 'vmbr0'),
  list('an interface that comes up', INTERFACES, 'auto @\niface vmbr0 inet manual\n', 'vmbr0'),
  list('the ports of a bridge', INTERFACES, bridge('\tbridge-ports @'), 'eth0'),
  wanted('a number of a bridge', INTERFACES, bridge('\tbridge-ports none\n\tbridge-fd @'), '0'),
  wanted(
    'an address',
    INTERFACES,
    'auto vmbr0\niface vmbr0 inet static\n\taddress @\n\tbridge-ports none\n',
    '192.0.2.10/24',
  ),
  wanted('a gateway', INTERFACES, bridge('\tgateway @'), '192.0.2.1'),
  wanted('the size of a packet', INTERFACES, bridge('\tmtu @'), '1400'),
  wanted('a MAC address', INTERFACES, bridge('\thwaddress @'), '02:00:00:00:00:01'),
  wanted(
    'the device of a VLAN',
    INTERFACES,
    'auto v7\niface v7 inet manual\n\tvlan-raw-device @\n\tvlan-id 7\n',
    'eth0',
  ),
  list(
    'the slaves of a bond',
    INTERFACES,
    'auto bond0\niface bond0 inet manual\n\tbond-slaves @\n\tbond-mode 802.3ad\n',
    'eth0',
  ),
  wanted(
    'an address of a tunnel',
    INTERFACES,
    'auto vx1\niface vx1 inet manual\n\tvxlan-id 1\n\tvxlan-local-tunnelip @\n',
    '192.0.2.10',
  ),
  list('a sourced file', INTERFACES, `${bridge('\tbridge-ports none')}source @\n`, '/etc/network/interfaces.d/*'),
  list(
    'a sourced folder',
    INTERFACES,
    `${bridge('\tbridge-ports none')}source-directory @\n`,
    '/etc/network/interfaces.d',
  ),
];
