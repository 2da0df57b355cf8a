import { type HistoryEntry, history as readHistory } from '../apply/index.js';
import { harmless } from '../diagnostics/index.js';
import { answer, type Context } from './context.js';

/** Lists the stored generations, newest first. */
export async function history(context: Context): Promise<number> {
  const { files, options, err } = context;
  const { entries, damaged } = readHistory({ files, path: options.state });
  for (const { message } of damaged) err.write(`ringwall: ${harmless(message)}\n`);
  answer(context, entries, () => renderHistory(entries, options.state));
  return damaged.length === 0 ? 0 : 1;
}

function renderHistory(entries: readonly HistoryEntry[], state: string): string {
  if (entries.length === 0) return `nothing was applied yet, as far as ${harmless(state)} knows\n`;
  const rows = entries.map(({ generation, current, time, user, summary, confirmed }) => [
    `${current ? '*' : ' '} ${generation}`,
    ...[time, user, confirmed ? summary : `${summary}  (not confirmed)`].map(harmless),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
