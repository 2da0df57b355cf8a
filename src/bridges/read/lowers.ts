import { isPortPattern, namedPorts } from '../../site/index.js';
import type { Lower } from '../bridge.js';
import type { Options } from './options.js';

/** Each option of the list counts: a bridge with a stanza for each address family may name its ports in both. */
export function readLowers(options: Options, ...keys: readonly string[]): Lower[] {
  const lowers = options.takeAll(...keys).flatMap((option) => {
    if (option.value.value.split(/\s+/).some(isPortPattern)) options.leave(option, 'not yet');
    return options.lowers(option, namedPorts(option.value.value));
  });
  return lowers.filter(({ name }, at) => lowers.findIndex((lower) => lower.name === name) === at);
}
