import type { Origin } from '../../ruleset/index.js';
import type { LinkOperation } from '../operation.js';

/** What a step does to the traffic of its link; `session` cuts the connection the plan was asked for over. */
export type Disruption = 'none' | 'flap' | 'recreate' | 'session';

export interface LinkStep {
  readonly operation: LinkOperation;
  /** What undoes it, in this order. */
  readonly inverse: readonly LinkOperation[];
  readonly disruption: Disruption;
  /** The line that asks for it; null for what goes because no line does. */
  readonly origin: Origin | null;
}
