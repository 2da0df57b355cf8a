import type { Pair } from './compare.js';

/** How many pairs there were and how many agreed, by direction and protocol. */
export interface Tally {
  add(pairs: readonly Pair[]): void;
  readonly total: Cell;
  directions(): string[];
  protocols(): string[];
  /** As text: a row for each protocol, a column for each direction, `pairs` or `pairs (differing)` in the cells. */
  table(): string;
}

interface Cell {
  readonly pairs: number;
  readonly differing: number;
}

const NOTHING: Cell = { pairs: 0, differing: 0 };

export function makeTally(): Tally {
  const cells = new Map<string, Map<string, Cell>>();
  let total = NOTHING;
  const directions = (): string[] => [...new Set([...cells.values()].flatMap((row) => [...row.keys()]))].sort();
  const protocols = (): string[] => [...cells.keys()].sort();
  return {
    add(pairs) {
      for (const { direction, protocol, agrees } of pairs) {
        const row = cells.get(protocol) ?? new Map<string, Cell>();
        cells.set(protocol, row.set(direction, more(row.get(direction) ?? NOTHING, agrees)));
        total = more(total, agrees);
      }
    },
    get total() {
      return total;
    },
    directions,
    protocols,
    table() {
      const columns = directions();
      const rows = protocols().map((protocol) => [
        protocol,
        ...columns.map((direction) => spell(cells.get(protocol)?.get(direction) ?? NOTHING)),
      ]);
      const head = columns.map((direction, index) => `${letter(index)}  ${direction}`);
      return [...head, '', layOut([['', ...columns.map((_, index) => letter(index))], ...rows])].join('\n');
    },
  };
}

const more = ({ pairs, differing }: Cell, agrees: boolean): Cell => ({
  pairs: pairs + 1,
  differing: differing + (agrees ? 0 : 1),
});

const spell = ({ pairs, differing }: Cell): string =>
  pairs === 0 ? '-' : `${pairs}${differing === 0 ? '' : ` (${differing})`}`;

const letter = (index: number): string => String.fromCharCode(65 + index);

function layOut(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2)))
        .join(''),
    )
    .join('\n');
}
