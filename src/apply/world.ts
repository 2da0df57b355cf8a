import type { NftablesPort, RoutePort } from '../netlink/index.js';
import type { Clock, Processes } from '../ports/index.js';
import type { SysctlPort } from '../sysctl/index.js';
import type { StateDirectory } from './state-directory.js';

/** The parts of a kernel that ringwall changes, itself and by programs of the host. */
export interface Kernel {
  readonly nftables: NftablesPort;
  readonly sysctls: SysctlPort;
  readonly route: RoutePort;
  readonly processes: Processes;
}

/** Everything outside that applying needs. */
export interface World extends Kernel {
  readonly state: StateDirectory;
  readonly clock: Clock;
}
