import type { Origin } from '../ruleset/index.js';
import { portsOf } from './links.js';
import type { Sides } from './sides.js';

/** Where a link belongs when all is done: null when we put it somewhere and nobody wants it there, undefined to leave it. */
export function masterGoal(name: string, { masters, mastersBefore, there }: Sides): string | null | undefined {
  const master = masters.get(name);
  if (master !== undefined) return master;
  const before = mastersBefore.get(name);
  return before !== undefined && there.get(name)?.master === before ? null : undefined;
}

/** The line that puts it there. */
export function masterOrigin(name: string, { masters, wanted }: Sides): Origin | undefined {
  const master = wanted.get(masters.get(name) ?? '');
  return master && portsOf(master).find((port) => port.name === name)?.origin;
}
