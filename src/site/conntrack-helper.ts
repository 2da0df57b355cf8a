/** The helpers `nf_conntrack_helpers` may name (spec firewall.md 7.6), as the kernel names them too. */
export const conntrackHelpers = ['amanda', 'ftp', 'irc', 'netbios-ns', 'pptp', 'sane', 'sip', 'snmp', 'tftp'] as const;

export type ConntrackHelper = (typeof conntrackHelpers)[number];

/** Names between commas, semicolons or blanks; undefined when one of them is no helper. In the order of `conntrackHelpers`. */
export function parseConntrackHelpers(text: string): readonly ConntrackHelper[] | undefined {
  const words = new Set(
    text
      .toLowerCase()
      .split(/[\s,;]+/)
      .filter((word) => word !== ''),
  );
  const known = conntrackHelpers.filter((name) => words.has(name));
  return known.length === words.size ? known : undefined;
}
