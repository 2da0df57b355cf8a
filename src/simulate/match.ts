import type { Field, Interval, Match } from '../ruleset/index.js';
import { includes } from '../ruleset/index.js';
import type { Sighting } from './fields.js';
import { fieldValue, flagsOf, interfaceName } from './fields.js';
import type { TableIndex } from './table-index.js';

/** Does the packet meet this condition? `table` holds the named sets. */
export function matches(match: Match, sighting: Sighting, table: TableIndex): boolean {
  switch (match.kind) {
    case 'values':
      return holds(match.field, match.values, match.negated, sighting);
    case 'set':
      return holds(match.field, table.set(match.set), match.negated, sighting);
    case 'names': {
      const name = interfaceName(match.field, sighting);
      return match.names.some((pattern) => fits(name, pattern)) !== match.negated;
    }
    case 'flags': {
      const flags = flagsOf(match.field, sighting);
      if (flags === null) return false;
      if (match.test === 'any') return (flags & match.mask) !== 0;
      return ((flags & match.mask) === match.value) !== match.negated;
    }
  }
}

function holds(field: Field, values: readonly Interval[], negated: boolean, sighting: Sighting): boolean {
  const value = fieldValue(field, sighting);
  return value !== null && includes(values, value) !== negated;
}

const fits = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
