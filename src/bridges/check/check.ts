import type { GuestPort } from '../bridge.js';
import type { Findings } from '../findings.js';
import type { Link } from '../links.js';
import type { Places } from '../read/places.js';

/** What a check looks at beside the links. */
export interface Surroundings {
  readonly guestPorts: readonly GuestPort[];
  readonly places: Places;
  readonly findings: Findings;
}

/** Reports what is wrong with links, and gives them back without what must do nothing. */
export type Check = (links: readonly Link[], around: Surroundings) => readonly Link[];

export const byName = (links: readonly Link[]): ReadonlyMap<string, Link> =>
  new Map(links.map((link) => [link.name, link]));
