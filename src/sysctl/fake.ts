import { Failure } from '../diagnostics/index.js';
import type { CurrentSysctl, SysctlPort } from './port.js';
import { type SysctlName, sysctlNames } from './sysctl.js';

/** Settings in memory, with the values of a fresh kernel. */
export class FakeSysctls implements SysctlPort {
  /** Without an entry the kernel has no such setting. */
  readonly values = new Map<SysctlName, number>([
    ['net.netfilter.nf_conntrack_max', 65536],
    ['net.netfilter.nf_conntrack_tcp_timeout_established', 432000],
    ['net.netfilter.nf_conntrack_tcp_timeout_syn_recv', 60],
  ]);
  readonly readOnly = new Set<SysctlName>();
  /** What the kernel answers to a write of these: EINVAL. */
  readonly stubborn = new Set<SysctlName>();

  read(name: SysctlName): CurrentSysctl | null {
    const value = this.values.get(name);
    return value === undefined ? null : { value, writable: !this.readOnly.has(name) };
  }

  write(name: SysctlName, value: number): void {
    const errno = !this.values.has(name) ? 'ENOENT' : this.readOnly.has(name) ? 'EACCES' : 'EINVAL';
    if (errno !== 'EINVAL' || this.stubborn.has(name)) {
      throw new Failure('setting-refused', `the kernel refused ${value} for ${name}: ${errno}`);
    }
    this.values.set(name, value);
  }

  /** In the order of the list of names. */
  dump(): (number | null)[] {
    return sysctlNames.map((name) => this.values.get(name) ?? null);
  }
}
