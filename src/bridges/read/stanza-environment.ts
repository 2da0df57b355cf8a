import type { Stanza } from '../../site/index.js';
import { hookPhases } from '../links.js';

const HOOKS: ReadonlySet<string> = new Set(hookPhases);

/**
 * What commands of a stanza find of it in their environment (interfaces(5)): ADDRFAM and METHOD where it has them, and
 * for each option IF_ with its name, of which only letters, digits and `_` are left. Of a repeated option it is the first. No
 * environment has values with a zero byte.
 */
export function stanzaEnvironment({ family, method, options }: Stanza): Readonly<Record<string, string>> {
  const values = options
    .filter(({ key, value }) => !HOOKS.has(key.value) && !value.value.includes('\0'))
    .map(({ key, value }) => [
      `IF_${key.value
        .toUpperCase()
        .replace(/-/g, '_')
        .replace(/[^A-Z0-9_]/g, '')}`,
      value.value,
    ]);
  return {
    ...(family === null ? {} : { ADDRFAM: family.value }),
    ...(method === null ? {} : { METHOD: method.value }),
    ...Object.fromEntries(values.reverse()),
  };
}
