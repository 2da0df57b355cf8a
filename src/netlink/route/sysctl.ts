import { writeFileSync } from 'node:fs';
import type { LinkSysctlName } from '../../bridges/index.js';
import { inNamespace } from '../namespace.js';
import { linkName } from './address.js';
import { RouteError } from './types.js';

// /proc/sys/net shows the namespace of the thread that looks, and every call here is synchronous (see inNamespace).

const pathOf = (link: string, name: LinkSysctlName): string => {
  const [family, setting] = name.split('/');
  return `/proc/sys/net/${family}/conf/${linkName(link)}/${setting}`;
};

export function writeSysctl(netns: string | undefined, link: string, name: LinkSysctlName, value: number): void {
  const path = pathOf(link, name);
  try {
    inNamespace(netns, () => writeFileSync(path, `${value}\n`));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
    throw new RouteError(`writing ${value} to ${path}`, error.code, null);
  }
}
