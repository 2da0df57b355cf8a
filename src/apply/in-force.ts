import { noLinks } from '../bridges/index.js';
import { findGeneration, nothingDesired } from './generation.js';
import type { Desired, Earlier } from './plan.js';
import type { Position } from './position.js';
import type { StateDirectory } from './state-directory.js';

/** What the current generation says; nothing before the first, or when it cannot be read. */
export const desiredInForce = (state: StateDirectory, { current }: Position): Desired =>
  (current === null ? null : findGeneration(state, current)) ?? nothingDesired;

/** What a plan from the current generation must know of it. */
export const earlierOf = ({ replaced }: Position, { links }: Desired): Earlier => ({
  replaced,
  links: links ?? noLinks,
});
