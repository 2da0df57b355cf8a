import { spellOrigin } from '../ruleset/index.js';
import type { Sysctl } from './sysctl.js';

/** The text `sysctl -p FILE` loads, with the line that asks above each value. */
export const printSysctls = (sysctls: readonly Sysctl[]): string =>
  sysctls.map(({ name, value, origin }) => `# ${spellOrigin(origin)}\n${name} = ${value}\n`).join('');
