import { libc } from '../libc.js';
import { namespaceFile } from '../namespace.js';
import { linkName } from './address.js';
import { changeLink } from './changes.js';
import type { RouteWorld } from './perform.js';
import type { LinkNamespace } from './types.js';

export function rename({ requests, indexes }: RouteWorld, link: string, name: string): void {
  requests.perform(changeLink(indexes, link, 'renaming', { name: linkName(name) }));
  indexes.forget(link);
}

export function move({ requests, indexes }: RouteWorld, link: string, to: LinkNamespace): void {
  if ('pid' in to) requests.perform(changeLink(indexes, link, 'moving', { namespacePid: to.pid }));
  else {
    const fd = namespaceFile(to.name);
    try {
      requests.perform(changeLink(indexes, link, 'moving', { namespaceFd: fd }));
    } finally {
      libc.close(fd);
    }
  }
  indexes.forget(link);
}
