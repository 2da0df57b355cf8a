import { Failure } from '../diagnostics/index.js';
import type { Origin } from '../ruleset/index.js';
import type { ClosedWay, Ending } from './closed.js';
import { spellWay } from './way.js';

/** The text of a source line; null where it is not known. */
export type LineText = (origin: Origin) => string | null;

/** More ways than this say nothing new. */
const SHOWN = 8;

/** What would close, a line for each way, with the line of a file that closes it. */
export function spellClosed(closed: readonly ClosedWay[], textOf: LineText): string[] {
  const more = closed.length - SHOWN;
  return [
    ...closed.slice(0, SHOWN).map(({ way, ending }) => `${spellWay(way)}: ${spellEnding(ending, textOf)}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

/** `DROP by host.fw:3: IN DROP -p tcp -dport 22` */
export function spellEnding(ending: Ending | null, textOf: LineText): string {
  if (ending === null) return 'no link that is up has the address, or no route leads back';
  const { verdict, origin, note, back } = ending;
  const what = back ? `${verdict} of the answer by` : `${verdict} by`;
  if (origin === null) return `${what} ${note === null ? 'an implied rule' : `${note}, which no line sets`}`;
  const text = textOf(origin)?.trim();
  return `${what} ${origin.file}:${origin.line}${text === undefined ? '' : `: ${text}`}`;
}

/** `this would close 2 ways by which you get in` */
export const summarizeClosed = (closed: readonly ClosedWay[]): string =>
  `this would close ${closed.length === 1 ? 'a way' : `${closed.length} ways`} by which administrators get in`;

/** Throws the failure `lock-out` (exit code 3) when there are any. */
export function refuseClosed(closed: readonly ClosedWay[], textOf: LineText): void {
  if (closed.length === 0) return;
  const lines = spellClosed(closed, textOf).map((line) => `\n  ${line}`);
  throw new Failure('lock-out', `${summarizeClosed(closed)}:${lines.join('')}`, {
    help: 'nothing was changed; correct what closes it, or use --force when you have another way in',
    exit: 3,
  });
}
