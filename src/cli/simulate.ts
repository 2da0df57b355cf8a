import { harmless } from '../diagnostics/index.js';
import { spellOrigin } from '../ruleset/index.js';
import { type Query, type Simulation, simulate as simulatePacket, type TraceEntry } from '../simulate/index.js';
import { answer, type Context } from './context.js';
import { load, mentionErrors } from './load.js';

/** Shows what happens to one packet and which line decides; with `trace` every rule that is asked on the way. */
export async function simulate(
  context: Context,
  query: Query,
  { trace }: { readonly trace: boolean },
): Promise<number> {
  const loaded = load(context);
  mentionErrors(context, loaded);
  const found = simulatePacket(loaded.compiled.ruleset, loaded.site, query, { everyRule: trace });
  answer(context, found, () => render(found, trace));
  return 0;
}

function render({ verdict, answer, origin, reason, trace }: Simulation, withTrace: boolean): string {
  const line = origin === null ? '' : `  ${origin.file}:${origin.line}`;
  const told = verdict === 'REJECT' ? (answer === null ? ', without an answer' : `, with ${answer}`) : '';
  const steps = withTrace ? trace.map(renderStep).join('') : '';
  return `${steps}${harmless(`${verdict}${told}${line}`)}\n  ${harmless(reason)}\n`;
}

function renderStep({ hook, chain, rule, origin, note, matched }: TraceEntry): string {
  const why = [origin === null ? '' : spellOrigin(origin), note ?? ''].filter((part) => part !== '').join(' ');
  return `${harmless(`${matched ? '*' : ' '} ${hook}/${chain}  ${rule}${why === '' ? '' : `  # ${why}`}`)}\n`;
}
