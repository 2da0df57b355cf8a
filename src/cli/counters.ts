import { type Counters, counters as readCounters } from '../apply/index.js';
import { Failure, harmless } from '../diagnostics/index.js';
import type { LineCount, Origin } from '../ruleset/index.js';
import type { Site } from '../site/index.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';
import { loadForKernel, mentionErrors } from './load.js';

/** What the rules of one line have counted. */
interface Row {
  readonly file: string;
  readonly line: number;
  readonly packets: number;
  readonly bytes: number;
  /** The line as it is written. */
  readonly text: string;
  /** Not in the files any more, but in force: the line is that of the applied file. */
  readonly stale?: true;
}

/** Shows packets and bytes for each source line, or for those of one guest's file. */
export async function counters(context: Context, guest: number | undefined): Promise<number> {
  const loaded = loadForKernel(context);
  const { site, compiled, sources } = loaded;
  const file = guest === undefined ? null : fileOfGuest(site, guest);
  mentionErrors(context, loaded);
  const found = await withKernel(context, (world) => readCounters(world, compiled.ruleset));
  const rows = found.lines
    .filter(({ origin }) => file === null || origin.file === file)
    .map((count) => rowOf(count, count.stale ? found.sources : sources));
  answer(context, rows, () => renderRows(rows));
  return 0;
}

function fileOfGuest({ guests, node }: Site, id: number): string {
  if (guests.some((guest) => guest.id === id)) return `etc/pve/firewall/${id}.fw`;
  const known = guests.map((guest) => guest.id).sort((a, b) => a - b);
  throw new Failure('unknown-guest', `node ${node} has no guest ${id}`, {
    help: known.length === 0 ? 'it has none: leave the number out' : `name one of: ${known.join(', ')}`,
  });
}

const rowOf = ({ origin, stale, packets, bytes }: LineCount, sources: Counters['sources']): Row => ({
  file: origin.file,
  line: origin.line,
  packets: Number(packets),
  bytes: Number(bytes),
  text: textOf(origin, sources),
  ...(stale ? { stale } : {}),
});

function textOf({ file, line }: Origin, sources: Counters['sources']): string {
  const content = sources.get(file) ?? '';
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  return (text.split('\n')[line - 1] ?? '').trim();
}

function renderRows(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no rule in the kernel counts for a line\n';
  const cells = rows.map(({ file, line, packets, bytes, text, stale }) => [
    harmless(`${file}:${line}`),
    `${packets}`,
    `${bytes}`,
    harmless(`${text}${stale ? '  (as applied: the files say otherwise now)' : ''}`),
  ]);
  const table = [['line', 'packets', 'bytes', 'rule'], ...cells];
  const width = (column: number): number => Math.max(...table.map((row) => row[column]?.length ?? 0));
  const [place, packets, bytes] = [width(0), width(1), width(2)];
  return table
    .map(
      ([a = '', b = '', c = '', d = '']) => `${a.padEnd(place)}  ${b.padStart(packets)}  ${c.padStart(bytes)}  ${d}\n`,
    )
    .join('');
}
