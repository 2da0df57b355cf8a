import { type HookRun, hookEnvironment } from '../bridges/index.js';
import { type Processes, spellEnd } from '../ports/index.js';
import { spellOrigin } from '../ruleset/index.js';

/** What Debian's ifupdown gives its commands. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Milliseconds. */
const LIMIT = 60_000;

/**
 * Runs commands of interfaces files one after the other, and says which failed: as for ifupdown2, that is a warning.
 * The line goes to `sh` whole, because that is what the file format makes of it (interfaces(5)): nothing is put into it,
 * except that the reader of the file has replaced `$IFACE`, by a name that `isLinkName` allows.
 */
export async function runHooks(processes: Processes, runs: readonly HookRun[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { link, hook } of runs) {
    const { phase, command, environment, origin } = hook;
    const end = await processes.run({
      program: '/bin/sh',
      args: ['-c', command],
      environment: { ...environment, IFACE: link, LOGICAL: link, ...hookEnvironment[phase], VERBOSITY: '0', PATH },
      limit: LIMIT,
    });
    if (end.kind === 'exited' && end.code === 0) continue;
    warnings.push(`${spellOrigin(origin)}: ${phase} of ${link} failed, \`${command}\`: ${spellEnd(end)}`);
  }
  return warnings;
}
