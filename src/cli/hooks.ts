import { type HookRun, spellHookRun } from '../bridges/index.js';
import { harmless } from '../diagnostics/index.js';
import type { Origin } from '../ruleset/index.js';

/** The commands of interfaces files that belong to a plan, a line each, and whether they run. */
export function renderHooks(hooks: readonly HookRun[], run: boolean): string {
  if (hooks.length === 0) return '';
  const lines = hooks.map((hook) => `${harmless(spellHookRun(hook))}\n`);
  const count = hooks.length === 1 ? '1 hook' : `${hooks.length} hooks`;
  return `${lines.join('')}${run ? `${count} to run` : `${count} not run: that takes \`apply --run-hooks\``}\n`;
}

interface HookJson {
  readonly link: string;
  readonly phase: string;
  readonly command: string;
  readonly origin: Origin;
}

export const hookJson = ({ link, hook: { phase, command, origin } }: HookRun): HookJson => ({
  link,
  phase,
  command,
  origin: { file: origin.file, line: origin.line },
});
