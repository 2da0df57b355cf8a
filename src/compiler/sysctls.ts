import { originOf } from '../ruleset/index.js';
import type { HostOptions, Setting, Site } from '../site/index.js';
import type { Sysctl, SysctlName } from '../sysctl/index.js';

/** The kernel settings the host's options ask for, none while the firewall of the cluster is off. */
export const sysctlsOf = ({ enabled, host }: Site): Sysctl[] =>
  enabled ? settings(host.options).flatMap(([name, setting]) => asked(name, setting)) : [];

const settings = (options: HostOptions): (readonly [SysctlName, Setting<number | null>])[] => [
  ['net.netfilter.nf_conntrack_max', options.nf_conntrack_max],
  ['net.netfilter.nf_conntrack_tcp_timeout_established', options.nf_conntrack_tcp_timeout_established],
  ['net.netfilter.nf_conntrack_tcp_timeout_syn_recv', options.nf_conntrack_tcp_timeout_syn_recv],
];

const asked = (name: SysctlName, { value, span }: Setting<number | null>): Sysctl[] =>
  value === null || span === null ? [] : [{ name, value, origin: originOf(span) }];
