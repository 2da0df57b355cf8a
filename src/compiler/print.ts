import type { MapElement, Table } from '../ruleset/index.js';
import { printMapElement, printRuleset, printTable, TABLE_NAME } from '../ruleset/index.js';
import { GUEST_EARLY, GUEST_IN, GUEST_OUT, INSPECTED } from './bridge-base.js';
import type { Compiled } from './compile.js';

/** The shared part as text: loading it replaces both tables, guests and all. */
export const printHost = (compiled: Compiled): string => printRuleset(compiled.shared);

/** One guest as text, to be loaded after the shared part. */
export function printGuest({ units }: Compiled, id: number): string | undefined {
  const unit = units.get(id);
  if (unit === undefined) return undefined;
  const table: Table = { family: 'bridge', name: TABLE_NAME, sets: unit.sets, maps: [], chains: unit.chains };
  const publish = (map: string, elements: readonly MapElement[]): string[] =>
    elements.map((element) => `add element bridge ${TABLE_NAME} ${map} { ${printMapElement(element)} }\n`);
  const elements = [
    ...publish(GUEST_IN, unit.in),
    ...publish(GUEST_OUT, unit.out),
    ...publish(GUEST_EARLY, unit.early),
    ...publish(INSPECTED, unit.inspected),
  ];
  return `${printTable(table)}\n${elements.join('')}`;
}
