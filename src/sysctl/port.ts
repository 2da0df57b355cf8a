import type { SysctlName } from './sysctl.js';

export interface CurrentSysctl {
  readonly value: number;
  /** The kernel shows some settings of the whole machine in every network namespace, but lets only the first change them. */
  readonly writable: boolean;
}

/** The kernel's settings in one network namespace. */
export interface SysctlPort {
  /** Null where the kernel has no such setting, as long as the module it belongs to is not loaded. */
  read(name: SysctlName): CurrentSysctl | null;
  /** Throws a `setting-refused` Failure when the kernel does not take the value. */
  write(name: SysctlName, value: number): void;
}
