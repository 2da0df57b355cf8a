import type { Severity } from './diagnostic.js';

interface CodeEntry {
  readonly severity: Severity;
  /** One line for the list of all diagnostics, without a final stop. */
  readonly title: string;
}

/**
 * Every diagnostic there is, by room. A code is stable: documented in `docs/diagnostics.md`, never reused for another
 * meaning. An `error` makes its line inert; a `warning` or `hint` leaves the line in force.
 */
export const diagnosticCodes = {
  // parser: any file
  'syntax/encoding': { severity: 'hint', title: 'The file is not valid UTF-8' },
  'syntax/character': { severity: 'error', title: 'A character that may stand in comments only' },

  // parser: firewall files
  'syntax/unknown-section': { severity: 'error', title: 'A section header no firewall file has' },
  'syntax/section-not-allowed': { severity: 'error', title: 'A section that does not belong in this kind of file' },
  'syntax/malformed-header': { severity: 'error', title: 'A section header that is not of the form [KIND name]' },
  'syntax/no-section': { severity: 'error', title: 'Content before the first section header' },
  'syntax/bad-name': { severity: 'error', title: 'A name with forbidden characters or of a forbidden length' },
  'syntax/malformed-option': { severity: 'error', title: 'An option line that is not of the form key: value' },
  'syntax/unknown-option': { severity: 'error', title: 'An option this kind of file does not have' },
  'syntax/repeated-option': { severity: 'warning', title: 'An option that is set twice: the last one counts' },
  'syntax/missing-value': { severity: 'error', title: 'A name without the value it needs' },
  'syntax/unexpected-text': { severity: 'error', title: 'Text after the end of what the line can say' },
  'syntax/unknown-direction': { severity: 'error', title: 'A rule that starts with no known direction' },
  'syntax/unknown-verdict': { severity: 'error', title: 'A rule whose action is not ACCEPT, DROP or REJECT' },
  'syntax/missing-verdict': { severity: 'error', title: 'A rule without an action' },
  'syntax/unknown-rule-option': { severity: 'error', title: 'A match option that rules do not have' },
  'syntax/repeated-rule-option': { severity: 'error', title: 'A match option given twice in one rule' },
  'syntax/misplaced-rule': { severity: 'error', title: 'A kind of rule that does not belong in this section' },
  'syntax/misplaced-rule-option': { severity: 'error', title: 'A match option that does not belong in this rule' },
  'syntax/proxmox-differs': { severity: 'hint', title: 'A line that Proxmox VE skips or reads differently' },

  // parser: guest configurations
  'guest/unreadable-line': { severity: 'warning', title: 'A line of a guest configuration that cannot be read' },
  'guest/nic-index': { severity: 'error', title: 'A network device outside net0 to net31' },
  'guest/repeated-nic': { severity: 'error', title: 'A network device that is set again further down' },
  'guest/nic-property': {
    severity: 'warning',
    title: 'A part of a network device that is not key=value, or is repeated',
  },

  // parser: /etc/network/interfaces
  'interfaces/unknown-keyword': { severity: 'error', title: 'A line outside every iface stanza that starts no stanza' },
  'interfaces/unsupported-stanza': { severity: 'warning', title: 'A keyword that ringwall does not act on' },
  'interfaces/template': { severity: 'warning', title: 'A line of a template, which is not rendered' },
  'interfaces/comment': { severity: 'warning', title: 'A comment that reaches into a value, or takes in a line' },
  'interfaces/dialect': { severity: 'hint', title: 'A line that programs read differently' },
  'interfaces/missing-name': { severity: 'error', title: 'auto, allow- or iface without an interface name' },
  'interfaces/missing-value': { severity: 'error', title: 'An option or source line without a value' },
  'interfaces/ignored-words': { severity: 'warning', title: 'Words behind the end of what a line can say' },

  // site: /etc/network/interfaces
  'interfaces/source': { severity: 'warning', title: 'A source line that leads nowhere, or back to its own file' },
  'interfaces/inherits': { severity: 'error', title: 'A stanza that inherits from one that does not stand above it' },
  'interfaces/range': { severity: 'error', title: 'A range of names that stands for none, or for too many' },
  'interfaces/no-stanza': { severity: 'warning', title: 'An interface that is started and has no stanza' },

  // parser: corosync.conf
  'corosync/unreadable-line': { severity: 'warning', title: 'A line that is no section, key or end of section' },
  'corosync/unbalanced': { severity: 'warning', title: 'A section that is not closed, or closed twice' },

  // parser: JSON files
  'json/syntax': { severity: 'error', title: 'A file that is not JSON' },
  'json/shape': { severity: 'error', title: 'A JSON value of another shape than expected: it is left out' },

  // site: values
  'value/bad-address': { severity: 'error', title: 'A word that is no address, network or range' },
  'value/bad-reference': { severity: 'error', title: 'A word that cannot name an alias or an IP set' },
  'value/host-bits': { severity: 'warning', title: 'A network written with host bits: the whole network is meant' },
  'value/dotted-mask': { severity: 'hint', title: 'A network written with a dotted mask' },
  'value/mixed-families': { severity: 'error', title: 'IPv4 and IPv6 in one rule or list' },
  'value/bad-protocol': { severity: 'error', title: 'A word that is no IP protocol' },
  'value/bad-port': { severity: 'error', title: 'A word that is no port, port range or service' },
  'value/bad-icmp-type': { severity: 'error', title: 'A word that is no ICMP type of the protocol' },
  'value/bad-level': { severity: 'error', title: 'A word that is no log level' },
  'value/bad-option': { severity: 'error', title: 'An option with a value it cannot have' },

  // site: rules and declarations
  'rule/iface-not-allowed': { severity: 'error', title: 'An interface in a FORWARD rule' },
  'rule/bad-interface': { severity: 'error', title: 'A word that cannot name an interface' },
  'rule/ports-need-protocol': { severity: 'error', title: 'Ports without a protocol' },
  'rule/protocol-without-ports': { severity: 'error', title: 'Ports beside a protocol that has none' },
  'rule/icmp-needs-protocol': { severity: 'error', title: 'An ICMP type without an ICMP protocol' },
  'rule/icmp-type-twice': { severity: 'error', title: 'An ICMP type given by -dport and by -icmp-type' },
  'name/declared-twice': { severity: 'error', title: 'A name that is declared twice: the first one counts' },
  'option/no-effect': { severity: 'hint', title: 'An option that steers another implementation only' },

  // site: guests
  'guest/bad-mac': { severity: 'error', title: 'A MAC address of a network device that is none' },
  'guest/bad-tag': { severity: 'error', title: 'A VLAN tag outside 1 to 4094' },
  'guest/port-name': { severity: 'error', title: 'A network device whose end on the host cannot have its name' },
  'guest/bad-address': { severity: 'error', title: "A container's address that is none" },

  // site: vnets
  'vnet/bad-name': { severity: 'error', title: 'The firewall file of a vnet with a name no bridge can have' },

  // compiler
  'name/unknown-alias': { severity: 'error', title: 'An alias nobody declares' },
  'name/unknown-set': { severity: 'error', title: 'An IP set nobody declares' },
  'name/unclear-set': {
    severity: 'warning',
    title: 'An IP set that leaves out something unreadable: nobody is let pass for being in it',
  },
  'name/unknown-group': { severity: 'error', title: 'A security group nobody declares' },
  'name/unknown-macro': { severity: 'error', title: 'A macro that does not exist' },
  'name/no-nic': {
    severity: 'warning',
    title: 'A rule or source filter for a network device that is not there or not filtered',
  },
  'rule/macro-conflict': { severity: 'error', title: 'An option that contradicts the macro of its rule' },
  'rule/group-not-forwarded': { severity: 'warning', title: 'FORWARD rules of a group that is called for one link' },
  'rule/reject-unanswered': { severity: 'hint', title: 'A REJECT that the kernel cannot always answer' },
  'rule/never-matches': { severity: 'warning', title: 'Conditions no packet can meet together' },
  'guest/no-config': { severity: 'warning', title: 'A guest of this node without a configuration' },
  'guest/ovs-bridge': { severity: 'error', title: 'A filtered network device on an Open vSwitch bridge' },
  'guest/no-mac': { severity: 'error', title: 'A filtered network device whose MAC address is not known' },
  'option/no-arp': { severity: 'warning', title: 'A list of ethertypes without ARP' },
  'vnet/ovs-bridge': { severity: 'error', title: 'The firewall file of a vnet that is an Open vSwitch bridge' },
  'vnet/no-bridge': { severity: 'hint', title: 'The firewall file of a vnet this node has no bridge for' },
  'firewall/off': { severity: 'hint', title: 'The cluster-wide switch is off' },

  // bridges
  'interfaces/proxmox-save': { severity: 'hint', title: "What Proxmox VE's network editor changes when it saves" },
  'links/bad-name': { severity: 'error', title: 'A name no interface can have' },
  'links/bad-value': { severity: 'error', title: 'An option of an interface with a value it cannot have' },
  'links/bad-method': { severity: 'error', title: 'A word that is no address family, or no method of its family' },
  'links/no-effect': { severity: 'warning', title: 'An option that means nothing on this interface' },
  'links/unknown-option': { severity: 'warning', title: 'An option that looks like a misspelt one' },
  'links/unmanaged-kind': { severity: 'warning', title: 'An interface of a kind that is not managed' },
  'links/unknown-link': { severity: 'error', title: 'A name of a link that nothing makes' },
  'links/bad-port': { severity: 'error', title: 'A link that cannot be a port of a bridge or bond' },
  'links/two-masters': { severity: 'error', title: 'A link in two bridges, bonds or VRFs' },
  'links/cycle': { severity: 'error', title: 'Interfaces that each need another one first' },
  'links/port-address': { severity: 'warning', title: 'Addresses of a port' },
  'links/bridge-delay': { severity: 'error', title: 'A forward delay that a bridge with STP cannot have' },
  'links/bond-option': { severity: 'error', title: 'An option that does not go with the others of its bond' },
  'links/bond-delay': { severity: 'warning', title: 'A delay of a bond that is no multiple of its `bond-miimon`' },
  'links/vlan-twice': { severity: 'error', title: 'Two devices for one VLAN of a link' },
  'links/vlan-below-bridge': { severity: 'warning', title: 'A VLAN device that takes frames from a bridge' },
  'links/vxlan': { severity: 'error', title: 'A VXLAN device that cannot be made' },
  'links/mtu': { severity: 'warning', title: 'An MTU above that of a link below' },
  'links/address-twice': { severity: 'warning', title: 'An address that is given twice' },
  'links/gateway': { severity: 'warning', title: 'A gateway outside every network of its interface' },
  'links/two-defaults': { severity: 'error', title: 'Two default routes with the same metric' },
  'links/guest-trunks': { severity: 'warning', title: 'Trunks on a bridge that is not VLAN-aware' },
  'links/unknown-bridge': { severity: 'hint', title: 'A network device on a bridge that no file configures' },
  'links/nothing-to-do': { severity: 'hint', title: 'An option of interfaces that nothing has to be done for' },
  'links/not-managed': { severity: 'hint', title: 'Options of interfaces that ringwall reads but does not manage' },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type DiagnosticCode = keyof typeof diagnosticCodes;
