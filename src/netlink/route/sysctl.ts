import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** `mpls/input` of each link; none where the kernel does not route MPLS. What else ringwall sets is in a dump of links. */
export function readMplsInput(netns: string | undefined): Map<string, number> {
  return inNamespace(netns, () => {
    const found = new Map<string, number>();
    let links: readonly string[];
    try {
      links = readdirSync('/proc/sys/net/mpls/conf');
    } catch {
      return found;
    }
    for (const link of links) found.set(link, Number(readFileSync(pathOf(link, 'mpls/input'), 'utf8')));
    return found;
  });
}
