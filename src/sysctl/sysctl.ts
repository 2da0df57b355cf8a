import type { Origin } from '../ruleset/index.js';

/** The kernel settings a site can ask for, by the names sysctl(8) gives them. All are whole numbers. */
export const sysctlNames = [
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_tcp_timeout_established',
  'net.netfilter.nf_conntrack_tcp_timeout_syn_recv',
] as const;

export type SysctlName = (typeof sysctlNames)[number];

/** A value that a line asks for; timeouts are in seconds. */
export interface Sysctl {
  readonly name: SysctlName;
  readonly value: number;
  readonly origin: Origin;
}

/** Values that others gave before ours took their place: what the kernel gets back when no line asks any more. */
export type Replaced = ReadonlyMap<SysctlName, number>;
