import { compareGenerations, type Difference, type FileDifference } from '../apply/index.js';
import { Failure } from '../diagnostics/index.js';
import { changeJson, paint, spell } from './changes.js';
import { answer, type Context } from './context.js';

/** Shows what leads from the first of two stored generations to the second: lines of their files, and what came of them. */
export async function historyDiff(context: Context, generations: readonly number[]): Promise<number> {
  const [from, to, ...more] = generations;
  if (from === undefined || to === undefined || more.length > 0) {
    throw new Failure('usage', '--diff names two generations', { help: 'for example `--diff 3 4`', exit: 64 });
  }
  const { files, options, out } = context;
  const found = compareGenerations({ files, path: options.state }, from, to);
  const json = { from, to, files: found.files, changes: found.changes.map(changeJson) };
  answer(context, json, () => {
    const lines = [
      ...found.files.flatMap((file) => renderFile(file, out.color)),
      ...renderRest(found.changes, out.color),
    ];
    return lines.length === 0 ? `generations ${from} and ${to} say the same\n` : lines.join('');
  });
  return 0;
}

const words = { create: 'new', update: 'changed', delete: 'gone' } as const;
const signs = { create: '+', delete: '-' } as const;

function renderFile({ action, file, lines }: FileDifference, color: boolean): string[] {
  const width = Math.max(...lines.map(({ line }) => `${line}`.length));
  return [
    paint('update', `${file}: ${words[action]}`, false),
    ...lines.map(({ action: what, line, text }) =>
      paint(what, `  ${signs[what]} ${`${line}`.padStart(width)}  ${text}`.trimEnd(), color),
    ),
  ];
}

const renderRest = (changes: readonly Difference[], color: boolean): string[] =>
  changes.map((change) => paint(change.action, spell(change), color));
