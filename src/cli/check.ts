import { type Summary, toJson } from '../diagnostics/index.js';
import { answer, type Context } from './context.js';
import { load, showDiagnostics } from './load.js';

/** Parses and resolves everything and shows what was found; 1 if there is an error, with `strict` also a warning. */
export async function check(context: Context, { strict }: { readonly strict: boolean }): Promise<number> {
  const { diagnostics, summary, sources } = load(context);
  if (!context.options.json) showDiagnostics(context.out, diagnostics, sources);
  answer(context, toJson(diagnostics), () => `${count(sources.size, 'file')} read: ${describe(summary)}\n`);
  return summary.errors > 0 || (strict && summary.warnings > 0) ? 1 : 0;
}

const describe = ({ errors, warnings, hints }: Summary): string =>
  [count(errors, 'error'), count(warnings, 'warning'), count(hints, 'hint')].join(', ');

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
