import type { Hook, TableFamily } from '../ruleset/index.js';

/** A packet's way through one hook: where it came in and where it goes out, null where the kernel does not know it. */
export interface Passage {
  readonly family: TableFamily;
  readonly hook: Hook;
  readonly iif: string | null;
  readonly oif: string | null;
  /** The bridge whose ports these are, in the bridge family. */
  readonly bridge: string | null;
}
