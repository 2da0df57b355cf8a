import type { Report } from '../diagnostics/index.js';
import type { Guest, GuestConfig, HostOptions, LogLimit } from '../site/index.js';
import type { Callee, EarlyPlace } from './early.js';
import type { GroupUse } from './group.js';
import type { Names } from './names.js';

/** All that one guest's chains depend on. */
export interface GuestInput {
  readonly guest: Guest;
  readonly firewall: GuestConfig;
  readonly host: HostOptions;
  readonly logLimit: LogLimit;
  readonly names: Names;
  /** The security groups of the bridge table; they belong to no guest. */
  readonly groups: GroupUse;
  /** The chains of the bridge table that guests' chains call. */
  readonly callee: Callee;
  /** Where frames to the guest's NICs can be answered, by port. */
  readonly earlyPlaces: ReadonlyMap<string, EarlyPlace>;
  readonly report: Report;
}
