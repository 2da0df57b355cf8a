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
  'interfaces/unsupported-stanza': { severity: 'error', title: 'A stanza that ringwall does not read' },
  'interfaces/missing-name': { severity: 'error', title: 'auto, allow- or iface without an interface name' },
  'interfaces/missing-value': { severity: 'error', title: 'An option or source line without a value' },
  'interfaces/ignored-words': { severity: 'warning', title: 'Words after the method of an iface line' },

  // parser: corosync.conf
  'corosync/unreadable-line': { severity: 'warning', title: 'A line that is no section, key or end of section' },
  'corosync/unbalanced': { severity: 'warning', title: 'A section that is not closed, or closed twice' },

  // parser: JSON files
  'json/syntax': { severity: 'error', title: 'A file that is not JSON' },
  'json/shape': { severity: 'error', title: 'A JSON value of another shape than expected: it is left out' },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type DiagnosticCode = keyof typeof diagnosticCodes;
