import type { Chain, Interval, MapElement, MapKey, Table } from '../ruleset/index.js';

/** A table's parts by name. Asking for one that is not there is an error of whoever made the table. */
export interface TableIndex {
  readonly table: Table;
  chain(name: string): Chain;
  set(name: string): readonly Interval[];
  /** The element with this key, if the map has one. */
  element(map: string, key: MapKey): MapElement | undefined;
}

const known = new WeakMap<Table, TableIndex>();

/** Tables are values that never change, so an index is made once for each. */
export function indexOf(table: Table): TableIndex {
  const index = known.get(table) ?? makeIndex(table);
  known.set(table, index);
  return index;
}

function makeIndex(table: Table): TableIndex {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain]));
  const sets = new Map(table.sets.map(({ name, elements }) => [name, elements]));
  const maps = new Map(
    table.maps.map(({ name, elements }) => [
      name,
      new Map<MapKey, MapElement>(elements.map((element) => [element.key, element])),
    ]),
  );
  const required = <T>(kind: string, name: string, found: T | undefined): T => {
    if (found === undefined) throw new Error(`table ${table.family} ${table.name} has no ${kind} ${name}`);
    return found;
  };
  return {
    table,
    chain: (name) => required('chain', name, chains.get(name)),
    set: (name) => required('set', name, sets.get(name)),
    element: (map, key) => required('map', map, maps.get(map)).get(key),
  };
}
