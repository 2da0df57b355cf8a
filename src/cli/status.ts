import { type PendingStatus, status as readStatus, type Status, spellWayBack } from '../apply/index.js';
import { harmless } from '../diagnostics/index.js';
import { answer, type Context } from './context.js';
import { withKernel } from './kernel.js';

/** Compares the kernel with what was applied; 2 if anything differs. */
export async function status(context: Context): Promise<number> {
  const found = await withKernel(context, (world) => readStatus(world, context.options.only));
  const { generation, drift, interrupted, pending } = found;
  const shown = pending === null ? null : { generation: pending.generation, back: pending.back, until: pending.until };
  answer(context, { generation, pending: shown, drift, interrupted }, () => renderStatus(found));
  return drift.length === 0 ? 0 : 2;
}

function renderStatus({ generation, drift, interrupted, pending }: Status): string {
  const cut =
    (interrupted === null ? '' : `a run that was going to generation ${interrupted} was cut short: apply again\n`) +
    (pending === null ? '' : renderPending(pending));
  if (drift.length === 0) return `${cut}generation ${generation}: the kernel holds what was applied\n`;
  const lines = drift.map((item) => `${harmless(spellDrift(item))}\n`);
  const count = drift.length === 1 ? '1 thing differs' : `${drift.length} things differ`;
  return `${lines.join('')}${cut}generation ${generation}: ${count} from what was applied; \`ringwall apply\` repairs it\n`;
}

const spellDrift = ({ kind, name, problem, by }: Status['drift'][number]): string =>
  [kind, name, problem, ...(by === undefined ? [] : [`by ${by.process} (pid ${by.pid}), ${by.time}`])].join('  ');

function renderPending(pending: PendingStatus): string {
  if (pending.left === 0) return `${spellWayBack(pending)} now: \`ringwall recover\` does it\n`;
  return `${spellWayBack(pending)} in ${Math.ceil(pending.left / 1000)} s: \`ringwall confirm\` keeps it\n`;
}
